import type { Command } from 'commander';
import { explain } from '../../control/explain/explain.ts';
import type { Explanation } from '../../control/explain/node.ts';
import { certainEnvironment } from '../../control/simulate/environment.ts';
import { servingConfigOf } from '../../control/simulate/serving.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { printExplanation } from '../explain-output.ts';
import { addMeshOptions, loadMesh, type MeshSourceOptions } from '../load-mesh.ts';
import { paint, plural, printLine, stderr, stdout } from '../output.ts';
import { addRequestOptions, describeRequest, type RequestOptions } from '../request-options.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';
import { withProgress } from '../with-progress.ts';

interface ExplainOptions extends MeshSourceOptions, RequestOptions {
  readonly all?: boolean;
  /** True: the edge is where the URL points. */
  readonly live?: string | true;
  readonly debugKey?: string;
  readonly mesh: string;
  readonly output: OutputFormat;
}

/** Beside the explanation itself: what had to be guessed, and which version it is about. */
interface Context {
  readonly assumed?: string;
  readonly version?: number;
  readonly snapshotHash?: string;
}

const HELP = `
The decision is that of the engine that serves requests, with every candidate it tried:
  ✓ fits   ✗ does not fit   ≈ comes nearest   ■ ends the request   · told
What names no other does the edge itself; [cluster gateway] and [sidecar] do the rest.
Dice are not rolled: outcomes are shown with their shares. External authorizers are not asked, but taken to allow.

Examples:
  # Why does this request get 404?
  foresail explain GET http://shop.example.com/api/items -f mesh/

  # As a caller with a token, from an address, with headers
  foresail explain POST https://shop.example.com/cart --jwt token.txt --from 203.0.113.7 -H 'x-tenant: blue' -f mesh/

  # A path is enough where one host is served; for programs as JSON
  foresail explain GET /v2/items -f mesh/ -o json

  # By what an edge serves now; its DEBUG_PUBLIC_KEY is the public half (see \`foresail debug-token\`)
  foresail explain GET https://shop.example.com/cart --live --debug-key debug.pem
  foresail explain GET http://shop.example.com/cart --live http://127.0.0.1:8787 --debug-key debug.pem

Exit code: 0 when the decision is explained, whatever it is; 1 when the request or the option makes no sense;
2 when the resources cannot be read or the edge does not answer.`;

export function configure(command: Command): void {
  addMeshOptions(
    addRequestOptions(command.argument('<method>', 'GET, POST …').argument('<url>', 'http://host/path, or a path')),
  )
    .option('--live [edge]', 'ask a running edge: its URL, or none where the request itself leads there')
    .option('--debug-key <file>', 'private key that opens it (env FORESAIL_DEBUG_TOKEN: a token instead)')
    .option('--mesh <name>', "with --live: the edge's variable MESH", 'foresail')
    .option('--all', 'show every rule that was tried, however many there are')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runExplain));
}

async function runExplain(method: string, url: string, options: ExplainOptions): Promise<void> {
  if (options.live !== undefined) return explainLiveEdge(method, url, options, options.live);
  const hasToken = options.jwt !== undefined || (options.header ?? []).length > 0 || url.includes('?');
  const { mesh, findings } = await withProgress('reading', loadMesh(options, { fetchKeys: hasToken }));
  const { description, assumed } = await describeRequest(method, url, options, mesh);
  const input = { serving: servingConfigOf(mesh.edge), hosts: [...mesh.edge.domains.keys()], mesh, findings };
  const explanation = await explain(input, description, certainEnvironment({ nowMs: Date.now() }));
  await print(explanation, assumed === undefined ? {} : { assumed }, options);
  const errors = findings.filter(({ level }) => level === 'Error').length;
  if (errors > 0 && options.output === 'text') {
    const text = `${plural(errors, 'error')} in the resources: what they concern takes no part (see \`foresail analyze\`)`;
    printLine(stderr, paint(stderr, 'yellow', text));
  }
}

async function explainLiveEdge(
  method: string,
  url: string,
  options: ExplainOptions,
  live: string | true,
): Promise<void> {
  if (options.filename !== undefined) {
    throw new BadInput('--live and -f do not go together', {
      fix: 'Leave out one: the edge has its own configuration.',
    });
  }
  const edge = live === true ? url : live;
  if (!/^https?:$/.test(URL.parse(edge)?.protocol ?? '')) {
    throw new BadInput(`${JSON.stringify(edge)} is no address of an edge`, { fix: 'Write --live https://HOST.' });
  }
  const token = process.env.FORESAIL_DEBUG_TOKEN?.trim() ?? '';
  if (options.debugKey === undefined && token === '') {
    throw new BadInput('a live edge explains only to who holds a debug token', {
      fix: 'Add --debug-key FILE, or set FORESAIL_DEBUG_TOKEN (see `foresail debug-token --help`).',
    });
  }
  const { description, assumed } = await describeRequest(method, url, options, edge);
  const { askEdge, explainLive, makeDebugToken } = await liveParts();
  const { debugKey, mesh } = options;
  const given = debugKey === undefined ? token : await makeDebugToken({ debugKey, mesh }, LIVE_TOKEN_LIFETIME_S);
  const answer = await withProgress('asking', askEdge(edge, given, description));
  const { version, snapshotHash } = answer;
  const context = { ...(assumed === undefined ? {} : { assumed }), version, snapshotHash };
  await print(explainLive(answer, description), context, options);
}

const LIVE_TOKEN_LIFETIME_S = 60;

/** Loaded only when they are needed: most explanations are of YAML, and have to come at once. */
async function liveParts() {
  const [{ askEdge }, { explainLive }, { makeDebugToken }] = await Promise.all([
    import('../live-edge.ts'),
    import('../../control/explain/explain-live.ts'),
    import('../debug-token.ts'),
  ]);
  return { askEdge, explainLive, makeDebugToken };
}

async function print(explanation: Explanation, context: Context, options: ExplainOptions): Promise<void> {
  if (options.output !== 'text') return printStructured({ ...explanation, ...context }, options.output, stdout);
  const { assumed, version, snapshotHash } = context;
  if (assumed !== undefined) printLine(stderr, paint(stderr, 'dim', assumed));
  if (version !== undefined) {
    printLine(
      stderr,
      paint(stderr, 'dim', `by version ${version} (${snapshotHash?.slice(0, 12)}), which this edge serves`),
    );
  }
  printExplanation(explanation, stdout, { showsAll: options.all === true });
}
