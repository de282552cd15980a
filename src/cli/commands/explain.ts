import type { Command } from 'commander';
import { explain } from '../../control/explain/explain.ts';
import { certainEnvironment } from '../../control/simulate/environment.ts';
import { servingConfigOf } from '../../control/simulate/serving.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import type { ExplainOptions, Told } from '../explain-options.ts';
import { printExplanation } from '../explain-output.ts';
import { addMeshOptions, loadMesh } from '../load-mesh.ts';
import { paint, plural, printLine, stderr, stdout } from '../output.ts';
import { addRequestOptions, describeRequest } from '../request-options.ts';
import { outputOption, printStructured } from '../structured-output.ts';
import { withProgress } from '../with-progress.ts';

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

  # A request that was, from its line in the access log, by the version that was published then
  foresail explain --log access.log --id 8d3f7c52-… --by store:published
  kubectl logs deploy/istio-ingressgateway | foresail explain --log - --id 8d3f7c52-… -f mesh/

Exit code: 0 when the decision is explained, whatever it is; 1 when the request or the option makes no sense;
2 when the resources cannot be read or the edge does not answer.`;

export function configure(command: Command): void {
  addMeshOptions(
    addRequestOptions(command.argument('[method]', 'GET, POST …').argument('[url]', 'http://host/path, or a path')),
  )
    .option('--live [edge]', 'ask a running edge: its URL, or none where the request itself leads there')
    .option('--debug-key <file>', 'private key that opens it (env FORESAIL_DEBUG_TOKEN: a token instead)')
    .option('--mesh <name>', "with --live: the edge's variable MESH", 'foresail')
    .option('--log <file>', 'take the request from an access log; `-` is standard input')
    .option('--id <id>', "with --log: the request's x-request-id")
    .option('--by <side>', 'with --log: PATH, git:REVISION[:PATH] or store:PATH[@VERSION] (see `foresail diff --help`)')
    .option('--all', 'show every rule that was tried, however many there are')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runExplain));
}

async function runExplain(method: string | undefined, url: string | undefined, options: ExplainOptions): Promise<void> {
  const { explanation, more, notes, findings } = await tellOf(method, url, options);
  if (options.output !== 'text') return printStructured({ ...explanation, ...more }, options.output, stdout);
  for (const note of notes) printLine(stderr, paint(stderr, 'dim', note));
  printExplanation(explanation, stdout, { showsAll: options.all === true });
  const errors = findings.filter(({ level }) => level === 'Error').length;
  if (errors > 0) {
    const text = `${plural(errors, 'error')} in the resources: what they concern takes no part (see \`foresail analyze\`)`;
    printLine(stderr, paint(stderr, 'yellow', text));
  }
}

/** What only some explanations need is loaded only for them: most are of YAML, and have to come at once. */
async function tellOf(method: string | undefined, url: string | undefined, options: ExplainOptions): Promise<Told> {
  const { log, live } = options;
  if (log !== undefined) {
    if (method !== undefined || live !== undefined) {
      throw new BadInput('--log brings its own request', { fix: 'Leave out method, URL and --live.' });
    }
    return (await import('../explain-logged.ts')).explainLogged(log, options);
  }
  if (method === undefined || url === undefined) {
    throw new BadInput('which request is to be explained?', {
      fix: 'Write `foresail explain GET http://shop.example.com/`, or take one from a log with --log FILE --id ID.',
    });
  }
  if (options.by !== undefined) throw new BadInput('--by goes with --log', { fix: 'Name the configuration with -f.' });
  if (live !== undefined) return (await import('../explain-live-edge.ts')).explainLiveEdge(method, url, options);
  return explainFolder(method, url, options);
}

async function explainFolder(method: string, url: string, options: ExplainOptions): Promise<Told> {
  const hasToken = options.jwt !== undefined || (options.header ?? []).length > 0 || url.includes('?');
  const { mesh, findings } = await withProgress('reading', loadMesh(options, { fetchKeys: hasToken }));
  const { description, assumed } = await describeRequest(method, url, options, mesh);
  const input = { serving: servingConfigOf(mesh.edge), hosts: [...mesh.edge.domains.keys()], mesh, findings };
  const explanation = await explain(input, description, certainEnvironment({ nowMs: Date.now() }));
  return {
    explanation,
    more: assumed === undefined ? {} : { assumed },
    notes: assumed === undefined ? [] : [assumed],
    findings,
  };
}
