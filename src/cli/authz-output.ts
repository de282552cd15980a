import type { PolicyCheck } from '../control/explain/check-request.ts';
import type { Enforcement } from '../control/explain/enforcement-map.ts';
import type { FlippedVerdict } from '../control/explain/fuzz-path.ts';
import { policyNode, tokenNode } from '../control/explain/policy-section.ts';
import type { RequestFacts } from '../engine/facts.ts';
import type { PathNormalization } from '../engine/normalize-path.ts';
import type { MeshWorkload } from '../mesh/registry.ts';
import type { Finding } from '../resources/finding.ts';
import { formatPlace, printNodes } from './explain-output.ts';
import { formatFinding, paint, plural, printLine, printTable, type Terminal } from './output.ts';

/** istioctl's columns, and where. */
export function printEnforcement(
  rows: readonly Enforcement[],
  target: MeshWorkload | 'edge' | undefined,
  terminal: Terminal,
): void {
  if (target !== undefined && target !== 'edge') {
    const sidecar = target.hasSidecar ? '' : ' (no sidecar is injected: nothing is enforced there)';
    printLine(terminal, `${target.name}.${target.namespace}${sidecar}`);
  }
  if (rows.length === 0) {
    printLine(terminal, 'No AuthorizationPolicy applies: every request is allowed.');
    return;
  }
  printTable(
    [
      ['ACTION', 'AuthorizationPolicy', 'RULES', 'ENFORCED', 'WHERE', 'FILE'],
      ...rows.map(({ action, policy, rules, place, where, origin }) => [
        action,
        `${policy.metadata.name}.${policy.metadata.namespace}`,
        String(rules),
        place,
        where,
        origin.file === undefined ? '' : `${origin.file}:${origin.line ?? 1}`,
      ]),
    ],
    terminal,
  );
}

/** A policy with a mistake is not enforced anywhere: nobody should have to find that out from a table that lacks it. */
export function printRefused(findings: readonly Finding[], terminal: Terminal): void {
  const refused = findings.filter(({ level, origin }) => level === 'Error' && POLICY_KINDS.has(origin.kind));
  for (const one of refused) printLine(terminal, `takes no part: ${formatFinding(one, terminal)}`);
}

const POLICY_KINDS = new Set(['AuthorizationPolicy', 'RequestAuthentication']);

export function printCheck(
  name: string,
  isEnforced: boolean,
  { method, authority, rawPath }: RequestFacts,
  check: PolicyCheck,
  terminal: Terminal,
): void {
  const isAllowed = check.verdict === 'allow';
  const verdict = paint(terminal, isAllowed ? 'green' : 'red', isAllowed ? 'allowed' : `refused with ${check.status}`);
  const where = check.origin === undefined ? '' : paint(terminal, 'dim', ` — ${formatPlace(check.origin)}`);
  printLine(terminal, `${method} ${authority}${rawPath} at ${name}: ${verdict}: ${check.why}${where}`);
  if (!isEnforced)
    printLine(terminal, paint(terminal, 'yellow', '  no sidecar is injected there: nothing enforces this'));
  if (check.path !== rawPath) printLine(terminal, `  policies see the path ${check.path}`);
  if (check.asks !== undefined)
    printLine(terminal, `  the external authorizer ${check.asks} is asked first; here it is taken to allow`);
  const nodes = check.steps.flatMap((step) =>
    step.stage === 'policy'
      ? [{ ...policyNode(step), text: `${step.action} ${policyNode(step).text}` }]
      : step.stage === 'token'
        ? [tokenNode(step)]
        : [],
  );
  printNodes(nodes, '', terminal, { showsAll: false });
}

export function printFlips(
  flips: readonly FlippedVerdict[],
  tried: number,
  mode: PathNormalization,
  terminal: Terminal,
): void {
  if (flips.length === 0) {
    printLine(terminal, `\n${tried} other spellings of the path: the verdict is the same for all`);
    return;
  }
  const bypasses = flips.filter(({ isBypass }) => isBypass);
  printLine(
    terminal,
    `\n${tried} other spellings of the path: ${plural(flips.length, 'flip')}, ${bypasses.length} of them past a refusal`,
  );
  const rows = flips.map(({ what, path, check, isBypass, closedBy }) => [
    isBypass ? 'LET THROUGH' : 'refused',
    path,
    what,
    check.path === path ? '' : `seen as ${check.path}`,
    closedBy === undefined ? '' : `pathNormalization ${closedBy} closes it`,
  ]);
  printTable(rows, terminal);
  if (bypasses.length === 0) return;
  printLine(terminal, '\nWhether the application takes these for the same path is its own matter; many do.');
  const fix = `fix: refuse by prefix with a trailing *, or allow what is wanted instead; pathNormalization is ${mode}.`;
  printLine(terminal, paint(terminal, 'dim', fix));
}
