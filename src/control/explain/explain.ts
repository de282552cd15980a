import type { ServingConfig } from '../../engine/serving.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { CertainEnvironment, PossibleOutcome } from '../simulate/outcomes.ts';
import { possibleOutcomes } from '../simulate/outcomes.ts';
import { factsOf, type RequestDescription } from '../simulate/request.ts';
import { actionSection } from './action-section.ts';
import { formatShare } from './duration.ts';
import { secretHider } from './hide-secrets.ts';
import { at, type ExplainedOutcome, type ExplainNode, type Explanation, node } from './node.ts';
import { policySection, tokenSection } from './policy-section.ts';
import { routeSection } from './route-section.ts';
import { serverSection } from './server-section.ts';
import { sidecarSection } from './sidecar-section.ts';
import { stepsOf, type Told } from './told.ts';

export interface ExplainInput {
  readonly serving: ServingConfig;
  readonly hosts: readonly string[];
  readonly mesh?: Mesh;
  readonly findings?: readonly Finding[];
}

/** Why a request meets with what it meets: the serving engine's own account, put in order. */
export async function explain(
  { serving, hosts, mesh, findings = [] }: ExplainInput,
  description: RequestDescription,
  env: CertainEnvironment,
): Promise<Explanation> {
  const external: { provider: string; verdict: string }[] = [];
  const listening: CertainEnvironment = {
    ...env,
    async authorizeExternally(check) {
      const verdict = await env.authorizeExternally(check);
      if (!external.some(({ provider }) => provider === check.provider.name)) {
        external.push({ provider: check.provider.name, verdict: verdict.kind });
      }
      return verdict;
    },
  };
  const outcomes = await possibleOutcomes(serving, description, listening);
  const facts = factsOf(description);
  const told: Told = { facts, main: mainOf(outcomes), outcomes, serving, hosts, mesh, findings, external };
  const stages = [
    ...serverSection(told),
    ...stepsOf(told, 'path').map(({ from, to }) =>
      node('path', 'told', `path ${from} is normalised to ${to}, which is also what is forwarded`, { actor: 'edge' }),
    ),
    ...tokenSection(told),
    ...policySection(told),
    ...routeSection(told),
    ...actionSection(told),
    ...sidecarSection(told),
  ];
  const hide = secretHider(serving, description);
  const ends = outcomes.map(explainedOutcome);
  return hideIn(
    {
      request: { method: facts.method, url: description.url, port: facts.port },
      verdict: ends.map((end) => describeEnd(end, ends.length > 1)).join(', '),
      outcomes: ends,
      stages,
    },
    hide,
  );
}

/** A fault that ends requests early must not keep what follows from being told. */
function mainOf(outcomes: readonly PossibleOutcome[]): PossibleOutcome {
  const main = outcomes.find(({ outcome }) => outcome.details !== 'fault_filter_abort') ?? outcomes[0];
  if (main === undefined) throw new RangeError('a request has at least one outcome');
  return main;
}

function explainedOutcome({ share, outcome }: PossibleOutcome): ExplainedOutcome {
  const { status, destination, path, authority, delayMs, timeoutMs, flag, details, decision, responseHeaders } =
    outcome;
  const location = responseHeaders.get('location');
  const why = decision.kind === 'reply' ? decision.why : undefined;
  return {
    share: Number(share.toFixed(12)),
    status,
    ...(destination === undefined ? {} : { destination }),
    ...(path === undefined ? {} : { path }),
    ...(authority === undefined ? {} : { authority }),
    ...(location === null ? {} : { location }),
    ...(delayMs === 0 ? {} : { delayMs }),
    ...(timeoutMs === 0 ? {} : { timeoutMs }),
    flag,
    details,
    ...(why === undefined ? {} : { why }),
    ...at(decision.origin),
  };
}

/** `70 % frontend v1`, `403 rbac_access_denied…`. */
export function describeEnd(end: ExplainedOutcome, withShare: boolean): string {
  const share = withShare ? `${formatShare(end.share)} ` : '';
  const delay = end.delayMs === undefined ? '' : ` after ${end.delayMs} ms`;
  if (end.destination === undefined) {
    const what = end.location === undefined ? end.details.replace(/\[.*\]|\{.*\}/, '') : end.location;
    return `${share}${end.status} ${what}${delay}`;
  }
  const [, port, subset, host = ''] = end.destination.split('|');
  return `${share}${host.split('.')[0]}${subset ? ` ${subset}` : ''} (${host}:${port})${delay}`;
}

function hideIn(explanation: Explanation, hide: (text: string) => string): Explanation {
  const inNode = (one: ExplainNode): ExplainNode => ({
    ...one,
    text: hide(one.text),
    ...(one.children === undefined ? {} : { children: one.children.map(inNode) }),
  });
  return {
    request: { ...explanation.request, url: hide(explanation.request.url) },
    verdict: hide(explanation.verdict),
    outcomes: explanation.outcomes.map((end) => ({
      ...end,
      ...(end.path === undefined ? {} : { path: hide(end.path) }),
      ...(end.location === undefined ? {} : { location: hide(end.location) }),
      ...(end.why === undefined ? {} : { why: hide(end.why) }),
    })),
    stages: explanation.stages.map(inNode),
  };
}
