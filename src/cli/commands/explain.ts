import type { Command } from 'commander';
import { explain } from '../../control/explain/explain.ts';
import { certainEnvironment } from '../../control/simulate/environment.ts';
import { servingConfigOf } from '../../control/simulate/serving.ts';
import { checkingInput } from '../bad-input.ts';
import { printExplanation } from '../explain-output.ts';
import { addMeshOptions, loadMesh, type MeshSourceOptions } from '../load-mesh.ts';
import { paint, plural, printLine, stderr, stdout } from '../output.ts';
import { addRequestOptions, describeRequest, type RequestOptions } from '../request-options.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';
import { withProgress } from '../with-progress.ts';

interface ExplainOptions extends MeshSourceOptions, RequestOptions {
  readonly all?: boolean;
  readonly output: OutputFormat;
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

Exit code: 0 when the decision is explained, whatever it is; 1 when the request or the option makes no sense.`;

export function configure(command: Command): void {
  addMeshOptions(
    addRequestOptions(command.argument('<method>', 'GET, POST …').argument('<url>', 'http://host/path, or a path')),
  )
    .option('--all', 'show every rule that was tried, however many there are')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runExplain));
}

async function runExplain(method: string, url: string, options: ExplainOptions): Promise<void> {
  const hasToken = options.jwt !== undefined || (options.header ?? []).length > 0 || url.includes('?');
  const { mesh, findings } = await withProgress('reading', loadMesh(options, { fetchKeys: hasToken }));
  const { description, assumed } = await describeRequest(method, url, options, mesh);
  const input = { serving: servingConfigOf(mesh.edge), hosts: [...mesh.edge.domains.keys()], mesh, findings };
  const explanation = await explain(input, description, certainEnvironment({ nowMs: Date.now() }));
  if (options.output !== 'text') {
    await printStructured({ ...explanation, ...(assumed === undefined ? {} : { assumed }) }, options.output, stdout);
    return;
  }
  if (assumed !== undefined) printLine(stderr, paint(stderr, 'dim', assumed));
  printExplanation(explanation, stdout, { showsAll: options.all === true });
  const errors = findings.filter(({ level }) => level === 'Error').length;
  if (errors > 0) {
    const text = `${plural(errors, 'error')} in the resources: what they concern takes no part (see \`foresail analyze\`)`;
    printLine(stderr, paint(stderr, 'yellow', text));
  }
}
