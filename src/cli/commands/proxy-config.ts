import { type Command, Option } from 'commander';
import type { Side } from '../../control/simulate/diff/side.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { collectValues } from '../collect-values.ts';
import { openSide } from '../open-side.ts';
import { printTable, stdout } from '../output.ts';
import { clusterRows, listenerRows, policyRows, type Rows, routeRows } from '../proxy-config-rows.ts';
import { printStructured } from '../structured-output.ts';

interface ProxyConfigOptions {
  readonly filename?: readonly string[];
  readonly store?: string;
  readonly envoy?: string;
  readonly meshConfigFile?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly output: 'short' | 'json' | 'yaml';
}

const KINDS = {
  route: routeRows,
  cluster: clusterRows,
  listener: listenerRows,
  policy: policyRows,
} as const;

const HELP = `
The compiled configuration of the edge: what requests are decided by. From a folder (-f), or as it was published
(--store PATH[@VERSION], or kv[@VERSION]). Or what an Envoy holds now (--envoy: its admin address, or the file of a
config_dump): there also endpoint, secret and bootstrap. The columns are istioctl's.

Examples:
  foresail proxy-config route -f mesh/
  foresail proxy-config cluster --store published@41
  foresail proxy-config route -f mesh/ --name shop.example.com -o json
  foresail proxy-config endpoint --envoy 127.0.0.1:15000 --name outbound
  kubectl exec web-0 -c istio-proxy -- curl -s localhost:15000/config_dump > dump.json
  foresail proxy-config secret --envoy dump.json`;

export function configure(command: Command): void {
  command
    .argument('<kind>', 'route, cluster, listener, policy; of an Envoy also endpoint, secret, bootstrap')
    .option('-f, --filename <path>', 'folder or file of YAML (default: here)', collectValues)
    .option('--store <path>', 'published configuration: PATH[@VERSION] of a folder store, or kv[@VERSION]')
    .option('--envoy <address or file>', 'what an Envoy holds: its admin address, or a config_dump')
    .option('--meshConfigFile <file>', 'mesh configuration, instead of the ConfigMap `istio` in `istio-system`')
    .option('-n, --namespace <name>', 'namespace of objects that name none')
    .option('--name <text>', 'only rows in which this text occurs')
    .addOption(new Option('-o, --output <format>', 'what to print').choices(['short', 'json', 'yaml']).default('short'))
    .addHelpText('after', HELP)
    .action(checkingInput(runProxyConfig));
}

async function runProxyConfig(kind: string, options: ProxyConfigOptions): Promise<void> {
  const { head, rows } = await rowsOf(kind, options);
  const { name } = options;
  const shown = rows.filter(({ cells }) => name === undefined || cells.some((cell) => cell.includes(name)));
  if (options.output !== 'short') {
    await printStructured(
      shown.map(({ value }) => value),
      options.output,
      stdout,
    );
    return;
  }
  printTable([head, ...shown.map(({ cells }) => cells)], stdout);
}

/** istioctl's other names for a kind. */
const ALIASES: Readonly<Record<string, string>> = {
  routes: 'route',
  clusters: 'cluster',
  listeners: 'listener',
  policies: 'policy',
  endpoints: 'endpoint',
  eds: 'endpoint',
  secrets: 'secret',
};

async function rowsOf(kind: string, options: ProxyConfigOptions): Promise<Rows> {
  const singular = ALIASES[kind] ?? kind;
  if (options.envoy !== undefined) {
    const [{ ENVOY_KINDS }, { openEnvoyDump }] = await Promise.all([
      import('../envoy-config-rows.ts'),
      import('../envoy-dump.ts'),
    ]);
    const build = Object.hasOwn(ENVOY_KINDS, singular) ? ENVOY_KINDS[singular] : undefined;
    if (build !== undefined) return build(await openEnvoyDump(options.envoy));
    const fix = `Choose ${Object.keys(ENVOY_KINDS).join(', ')}.`;
    throw new BadInput(`there is no ${kind} in the configuration of an Envoy`, { fix });
  }
  if (Object.hasOwn(KINDS, singular)) return KINDS[singular as keyof typeof KINDS](await open(options));
  throw new BadInput(`there is no ${kind} in the configuration of an edge`, {
    fix: 'Choose route, cluster, listener or policy; for an Envoy add --envoy ADDRESS.',
  });
}

async function open(options: ProxyConfigOptions): Promise<Side> {
  if (options.store !== undefined) {
    if (options.filename !== undefined)
      throw new BadInput('-f and --store exclude each other', { fix: 'Leave one out.' });
    return openSide(`store:${options.store.replace(/^folder:/, '')}`, options);
  }
  const [path = '.', ...more] = options.filename ?? [];
  if (more.length > 0) throw new BadInput('one folder at a time', { fix: 'Name the folder that holds both.' });
  return openSide(path, options);
}
