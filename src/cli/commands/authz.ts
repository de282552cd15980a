import type { Command } from 'commander';
import { checkRequest } from '../../control/explain/check-request.ts';
import { enforcementMap } from '../../control/explain/enforcement-map.ts';
import { fuzzPath } from '../../control/explain/fuzz-path.ts';
import { workloadScope } from '../../control/explain/policy-scope.ts';
import { certainEnvironment } from '../../control/simulate/environment.ts';
import { factsOf } from '../../control/simulate/request.ts';
import { servingConfigOf } from '../../control/simulate/serving.ts';
import type { PolicyScope } from '../../engine/policy-config.ts';
import { secretHider } from '../../engine/secrets/secret-hider.ts';
import { chooseServer } from '../../engine/server.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { MeshWorkload } from '../../mesh/registry.ts';
import { printCheck, printEnforcement, printFlips, printRefused } from '../authz-output.ts';
import { BadInput, checkingInput } from '../bad-input.ts';
import { readCaller } from '../caller-option.ts';
import { EXIT_FINDINGS } from '../cli-error.ts';
import { findWorkloads } from '../find-workload.ts';
import { addMeshOptions, loadMesh, type MeshSourceOptions } from '../load-mesh.ts';
import { printLine, stderr, stdout } from '../output.ts';
import { addRequestOptions, describeRequest, type RequestOptions } from '../request-options.ts';
import { type OutputFormat, outputOption, printStructured } from '../structured-output.ts';

interface CheckOptions extends MeshSourceOptions, RequestOptions {
  readonly as?: string;
  readonly fuzz?: boolean;
  readonly output: OutputFormat;
}

const HELP = `
Without arguments: every AuthorizationPolicy in evaluation order, and where it is enforced: edge, sidecar, both, or
nowhere, with the reason. With a workload, those that apply to it. With a method and a URL, the verdict on a request
and the clause that decided.

A workload is NAME[.NAMESPACE], deploy/NAME, pod/NAME, svc/NAME (what is behind it), or \`edge\`.
A caller (--as) is a principal (cluster.local/ns/shop/sa/web, or shop/web) or jwt:FILE, where FILE holds a token, or
claims as JSON, which are then taken as verified.

Examples:
  foresail authz check -f mesh/
  foresail authz check deploy/reviews.shop -f mesh/
  foresail authz check GET http://shop.example.com/admin -f mesh/ --as jwt:token.txt --from 203.0.113.7
  foresail authz check deploy/reviews.shop DELETE /api/1 --as shop/frontend -f mesh/

  # Is there a spelling of the path that gets through?
  foresail authz check GET http://shop.example.com/admin -f mesh/ --fuzz

Exit code: 0 whatever the verdict; 1 when --fuzz finds a way around a refusal, or the input makes no sense.`;

export function configure(command: Command): void {
  const check = command.command('check').description('which policies apply, where, and what they say of a request');
  addMeshOptions(addRequestOptions(check.argument('[words...]', '[WORKLOAD] [METHOD URL]')))
    .option('--as <caller>', 'who asks: a principal, or jwt:FILE')
    .option('--fuzz', 'try other spellings of the path, and report each on which the verdict flips')
    .addOption(outputOption())
    .addHelpText('after', HELP)
    .action(checkingInput(runCheck));
}

async function runCheck(words: readonly string[], options: CheckOptions): Promise<void> {
  const { target, method, url } = readWords(words);
  const isToken = options.jwt !== undefined || options.as?.startsWith('jwt:') === true;
  const { mesh, findings } = await loadMesh(options, { fetchKeys: isToken });
  const workloads = target === undefined ? undefined : findWorkloads(mesh, target, options.namespace);
  if (method !== undefined && url !== undefined) {
    return checkOne(mesh, workloads ?? 'edge', method, url, options);
  }
  if (options.fuzz)
    throw new BadInput('--fuzz needs a request', { fix: 'Add a method and a URL: GET http://host/path.' });
  const targets = workloads === undefined ? [undefined] : workloads === 'edge' ? ['edge' as const] : workloads;
  if (options.output !== 'text') {
    const rows = targets
      .flatMap((one) => enforcementMap(mesh, one))
      .map(({ policy, ...rest }) => {
        return { policy: `${policy.metadata.name}.${policy.metadata.namespace}`, ...rest };
      });
    return printStructured(rows, options.output, stdout);
  }
  for (const one of targets) printEnforcement(enforcementMap(mesh, one), one, stdout);
  printRefused(findings, stderr);
}

/** `[WORKLOAD] [METHOD URL]`: a method is a word in capitals. */
function readWords(words: readonly string[]): { target?: string; method?: string; url?: string } {
  const at = words.findIndex((word) => /^[A-Z]+$/.test(word));
  if (at === -1 && words.length <= 1) return words[0] === undefined ? {} : { target: words[0] };
  const [before, request] = [words.slice(0, at), words.slice(at)];
  const [method, url] = request;
  if (at === -1 || before.length > 1 || request.length !== 2 || method === undefined || url === undefined) {
    throw new BadInput(`${words.join(' ')} is neither a workload nor a request`, {
      fix: 'Write [WORKLOAD] [METHOD URL]: `foresail authz check deploy/web GET /admin`.',
    });
  }
  return { ...(before[0] === undefined ? {} : { target: before[0] }), method, url };
}

async function checkOne(
  mesh: Mesh,
  target: 'edge' | readonly MeshWorkload[],
  method: string,
  url: string,
  options: CheckOptions,
): Promise<void> {
  const isPath = url.startsWith('/');
  const absolute = isPath && target !== 'edge' ? `http://${serviceHost(target)}${url}` : url;
  const { description, assumed } = await describeRequest(method, absolute, options, mesh);
  const caller = await readCaller(options.as, mesh.settings.trustDomain);
  const headers = { ...description.headers, ...(caller.header === undefined ? {} : { authorization: caller.header }) };
  const facts = factsOf({ ...description, headers, peer: caller.peer });
  const request = { facts, token: caller.token };
  const env = certainEnvironment({ nowMs: Date.now() });
  const mode = mesh.edge.config.settings.pathNormalization;
  const scopes = target === 'edge' ? [edgeScope(mesh, facts)] : target.map((one) => sidecarScope(mesh, one));
  const results = [];
  for (const { name, scope, isEnforced } of scopes) {
    const check = await checkRequest(scope, request, mode, env);
    const fuzz = options.fuzz ? await fuzzPath(scope, request, mode, env) : undefined;
    results.push({ name, isEnforced, check, fuzz });
  }
  if (results.some(({ fuzz }) => fuzz?.flips.some(({ isBypass }) => isBypass))) process.exitCode = EXIT_FINDINGS;
  const hide = secretHider(mesh.edge.config, { ...description, headers });
  // Clauses tell what the request has: whatever of it is a credential must not be told.
  const shown = JSON.parse(hide(JSON.stringify(results))) as typeof results;
  if (options.output !== 'text') return printStructured(shown, options.output, stdout);
  if (assumed !== undefined) printLine(stdout, assumed);
  for (const { name, isEnforced, check, fuzz } of shown) {
    printCheck(name, isEnforced, facts, check, stdout);
    if (fuzz !== undefined) printFlips(fuzz.flips, fuzz.tried, mode, stdout);
  }
}

interface NamedScope {
  readonly name: string;
  readonly scope: PolicyScope;
  readonly isEnforced: boolean;
}

/** The policies of the gateway whose server takes the request. */
function edgeScope(mesh: Mesh, facts: ReturnType<typeof factsOf>): NamedScope {
  const { policies } = mesh.edge.config;
  const key = chooseServer(servingConfigOf(mesh.edge), facts).table?.policies ?? Object.keys(policies)[0] ?? '';
  const scope = policies[key];
  if (scope === undefined)
    throw new BadInput('no gateway takes the request', { fix: 'Check host and port of the URL.' });
  return { name: `the edge (${key})`, scope, isEnforced: true };
}

function sidecarScope(mesh: Mesh, workload: MeshWorkload): NamedScope {
  const name = `the sidecar of ${workload.name}.${workload.namespace}`;
  return { name, scope: workloadScope(mesh, workload), isEnforced: workload.hasSidecar };
}

function serviceHost(workloads: readonly MeshWorkload[]): string {
  const [first] = workloads;
  return first === undefined ? 'workload' : `${first.labels.app ?? first.name}.${first.namespace}`;
}
