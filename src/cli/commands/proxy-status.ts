import type { Command } from 'commander';
import { type EdgeReport, edgeStatuses } from '../../control/proxies/edge-status.ts';
import type { ProxyStatus } from '../../control/proxies/proxy-status.ts';
import { ROOT_KEY } from '../../snapshot/format.ts';
import type { ReaderStatus } from '../../snapshot/reader-status.ts';
import { readRoot } from '../../snapshot/root.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { CliError, EXIT_FINDINGS } from '../cli-error.ts';
import { collectValues } from '../collect-values.ts';
import { fetchStatus } from '../fetch-status.ts';
import { stdout } from '../output.ts';
import { type MeshStatus, printMeshStatus } from '../proxy-status-output.ts';
import { addStoreOptions, openStore, type StoreOptions } from '../store-options.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';
import { withProgress } from '../with-progress.ts';

interface ProxyStatusOptions extends StoreOptions {
  readonly controlPlane?: string;
  readonly edge?: readonly string[];
  readonly adminToken?: string;
  readonly adminPrefix: string;
  readonly output: OutputFormat;
}

const DEFAULT_CONTROL_PLANE = 'http://127.0.0.1:8080';

const HELP = `
Whether every edge and every Envoy has what it should have:
  SYNCED       it serves the newest configuration
  STALE        something newer is on its way to it
  REFUSED      it will not take what is newer, and why; it goes on with what it had
  UNREADY      an edge without any configuration        UNREACHABLE   an edge that does not answer

Envoys are told by the control plane, edges tell of themselves on their admin path. What is published is read from the
store, or told by the control plane; without both, the newest version that an edge knows counts.

Examples:
  foresail proxy-status                                          # the Envoys of a foresaild on this machine
  foresail proxy-status web-7d9f.shop                            # one of them
  foresail proxy-status --edge https://shop.example.com --store kv --namespace-id <id>

Exit code: 0 when all are synced, 1 when one is not, 2 when the control plane or the store cannot be asked.`;

export function configure(command: Command): void {
  addStoreOptions(command)
    .argument('[name]', 'only this proxy: POD, POD.NAMESPACE, or the URL of an edge')
    .option(
      '--control-plane <url>',
      `status address of foresaild (env FORESAIL_CONTROL_PLANE; default ${DEFAULT_CONTROL_PLANE} unless edges are named)`,
      process.env.FORESAIL_CONTROL_PLANE,
    )
    .option('--edge <url>', 'an edge; may be given several times', collectValues)
    .option('--admin-token <token>', "the edges' ADMIN_TOKEN (better by env ADMIN_TOKEN)", process.env.ADMIN_TOKEN)
    .option('--admin-prefix <path>', "the edges' ADMIN_PREFIX", '/_foresail')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runProxyStatus));
}

async function runProxyStatus(name: string | undefined, options: ProxyStatusOptions): Promise<void> {
  const all = await withProgress('asking', meshStatus(options));
  const status = name === undefined ? all : only(name, all);
  const isWell = [...status.edges, ...status.proxies].every(({ state }) => state === 'synced');
  if (!isWell) process.exitCode = EXIT_FINDINGS;
  if (options.output !== 'text') return printStructured(status, options.output, stdout);
  printMeshStatus(status, stdout);
}

async function meshStatus(options: ProxyStatusOptions): Promise<MeshStatus> {
  const { edge = [], adminToken, adminPrefix } = options;
  const controlPlane = options.controlPlane ?? (edge.length === 0 ? DEFAULT_CONTROL_PLANE : undefined);
  const [reports, told, stored] = await Promise.all([
    Promise.all(edge.map((url) => askEdge(url, adminPrefix, adminToken))),
    controlPlane === undefined ? undefined : askControlPlane(controlPlane),
    options.store === undefined && options.namespaceId === undefined ? undefined : storedVersion(options),
  ]);
  const published = stored ?? told?.version;
  const edges = edgeStatuses(reports, published);
  return { published: published ?? edges[0]?.published, edges, proxies: told?.proxies ?? [] };
}

async function askEdge(url: string, prefix: string, token: string | undefined): Promise<EdgeReport> {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw new BadInput(`${JSON.stringify(url)} is no address of an edge`, { fix: 'Write --edge https://HOST.' });
  }
  if (token === undefined || token === '') {
    throw new BadInput('edges tell of themselves only to who knows their admin token', {
      fix: "Set ADMIN_TOKEN to the edge's own.",
    });
  }
  const target = new URL(`${prefix.replace(/\/+$/, '')}/snapshot`, url).href;
  try {
    return { edge: url, report: (await fetchStatus(target, token)) as ReaderStatus };
  } catch (error) {
    return { edge: url, report: error instanceof Error ? error.message : String(error) };
  }
}

interface ControlPlaneTold {
  readonly version: number | undefined;
  readonly proxies: readonly ProxyStatus[];
}

async function askControlPlane(base: string): Promise<ControlPlaneTold> {
  const at = (path: string): string => new URL(path, base).href;
  try {
    const [sync, proxies] = await Promise.all([fetchStatus(at('/api/v1/status')), fetchStatus(at('/api/v1/proxies'))]);
    const { version } = sync as { readonly version?: number };
    return { version, proxies: proxies as readonly ProxyStatus[] };
  } catch (cause) {
    throw new CliError('the control plane cannot be asked', {
      why: cause instanceof Error ? cause.message : String(cause),
      fix: 'Give its status address with --control-plane, or name edges with --edge.',
      cause,
    });
  }
}

async function storedVersion(options: StoreOptions): Promise<number | undefined> {
  const text = await openStore(options).get(ROOT_KEY);
  return text === undefined ? undefined : (await readRoot(text, [])).version;
}

function only(name: string, { published, edges, proxies }: MeshStatus): MeshStatus {
  const found = {
    published,
    edges: edges.filter(({ edge }) => edge === name),
    proxies: proxies.filter(({ id, pod, namespace }) => [id, pod, `${pod}.${namespace}`].includes(name)),
  };
  if (found.edges.length + found.proxies.length > 0) return found;
  throw new BadInput(`no proxy ${name} is known`, {
    why: 'only proxies that are connected now are known',
    fix: 'Run `foresail proxy-status` for all of them.',
  });
}
