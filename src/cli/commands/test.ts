import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { createCaseTokens, withCaseKeys } from '../../control/simulate/case-tokens.ts';
import { type CaseResult, runCaseFile } from '../../control/simulate/run-case-file.ts';
import { servingConfigOf } from '../../control/simulate/serving.ts';
import { checkingInput } from '../bad-input.ts';
import { EXIT_FINDINGS } from '../cli-error.ts';
import { type CaseSuite, junitXml } from '../junit.ts';
import { addMeshOptions, loadMesh, type MeshSourceOptions } from '../load-mesh.ts';
import { paint, plural, printLine, stdout } from '../output.ts';
import { readCases } from '../read-cases.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';

interface TestOptions extends MeshSourceOptions {
  readonly junit?: string;
  readonly output: OutputFormat;
}

const HELP = `
A case file is YAML:

  options: { gatewayPort: 80, namespace: default }   # both may be left out
  findings: []                                       # \`CODE Kind ns/name\` of every error and warning; checked if given
  requests:
    - name: members see their page                   # a sentence
      request: GET http://shop.example.com/me        # or the long form:
      # request: { method: GET, url: http://…, headers: { x-a: b }, from: 203.0.113.7, gatewayPort: 443,
      #            token: { iss: https://issuer.example, sub: me } }
      expect:
        status: 200                                  # 200 stands for whatever the service says
        service: frontend                            # also: destination, subset, path, authority
        headers: { x-user: me, authorization: null } # what the service receives; null: absent
        responseHeaders: { x-frame-options: DENY }   # also: body, delayMs, timeoutMs, mirrors, flag, details
    - name: a tenth goes to v2
      request: GET http://shop.example.com/
      times: 10000
      expect: { distribution: { frontend/v1: 90, frontend/v2: 10 } }

\`token\` is signed with a key of this run; \${CASE_JWKS} in the resources stands for the key set that verifies it:
  jwtRules: [{ issuer: https://issuer.example, jwks: '\${CASE_JWKS}' }]

Examples:
  foresail test requests.yaml                        # resources are those beside the file
  foresail test tests/*.yaml -f mesh/ --junit report.xml

Exit code: 0 when all pass, 1 when a case fails or its file makes no sense, 2 when the resources cannot be read.`;

export function configure(command: Command): void {
  addMeshOptions(command.argument('<cases...>', 'files of cases'))
    .option('--junit <file>', 'write a JUnit report too')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runTest));
}

async function runTest(files: readonly string[], options: TestOptions): Promise<void> {
  const startedAtMs = performance.now();
  const tokens = await createCaseTokens();
  const suites: CaseSuite[] = [];
  for (const file of files) {
    const cases = await readCases(file);
    const namespace = cases.options?.namespace ?? options.namespace;
    const loaded = await loadMesh(
      { ...options, ...(namespace === undefined ? {} : { namespace }) },
      { edit: (text) => withCaseKeys(text, tokens.jwks), except: files, defaultPaths: [dirname(file)] },
    );
    const subject = { serving: servingConfigOf(loaded.mesh.edge), findings: loaded.findings, tokens };
    const suite = { file, results: await runCaseFile(cases, subject) };
    if (options.output === 'text') printSuite(suite);
    suites.push(suite);
  }
  const all = suites.flatMap(({ results }) => results);
  const failed = all.filter(({ problems }) => problems.length > 0).length;
  if (failed > 0) process.exitCode = EXIT_FINDINGS;
  if (options.junit !== undefined) await writeFile(options.junit, junitXml(suites));
  const tookMs = performance.now() - startedAtMs;
  if (options.output !== 'text') {
    await printStructured(
      { passed: all.length - failed, failed, tookMs: Math.round(tookMs), suites },
      options.output,
      stdout,
    );
    return;
  }
  const passed = paint(stdout, 'green', `${all.length - failed} passed`);
  const count = failed === 0 ? passed : `${paint(stdout, 'red', `${failed} failed`)}, ${passed}`;
  printLine(stdout, `\n${count} in ${plural(suites.length, 'file')} (${tookMs.toFixed(0)} ms)`);
}

function printSuite({ file, results }: CaseSuite): void {
  printLine(stdout, paint(stdout, 'bold', file));
  for (const result of results) printResult(result);
}

function printResult({ name, problems, tookMs, request }: CaseResult): void {
  const time = paint(stdout, 'dim', ` (${tookMs.toFixed(1)} ms)`);
  const sign = problems.length === 0 ? paint(stdout, 'green', '✓') : paint(stdout, 'red', '✗');
  printLine(stdout, `  ${sign} ${name}${time}`);
  if (problems.length === 0) return;
  for (const problem of problems) printLine(stdout, `      ${problem}`);
  if (request !== undefined) printLine(stdout, paint(stdout, 'dim', `      why: foresail explain ${request}`));
}
