import { type ExplainedOutcome, explainedOutcome, mainOutcome } from '../../engine/explained-outcome.ts';
import { type CertainEnvironment, possibleDecisions } from '../../engine/possible-decisions.ts';
import { secretHider } from '../../engine/secrets/secret-hider.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import { factsOf, type RequestDescription } from '../simulate/request.ts';
import { actionSection } from './action-section.ts';
import { formatShare } from './duration.ts';
import { type ExplainNode, type Explanation, node } from './node.ts';
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
  const facts = factsOf(description);
  const possible = await possibleDecisions(serving, facts, listening);
  const outcomes = possible.map((one) => explainedOutcome(one, facts));
  const index = mainOutcome(outcomes);
  const [main, outcome] = [possible[index], outcomes[index]];
  if (main === undefined || outcome === undefined) throw new RangeError('a request has at least one outcome');
  const { steps, route } = main;
  const told: Told = { facts, main: { outcome, steps, route }, serving, hosts, mesh, findings, external };
  return tell(told, outcomes, description.url, secretHider(serving.gateway, description));
}

/** Puts an account in the order in which a request goes through the stages. */
export function tell(
  told: Told,
  outcomes: readonly ExplainedOutcome[],
  url: string,
  hide: (text: string) => string,
): Explanation {
  const { facts } = told;
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
  return hideIn(
    {
      request: { method: facts.method, url, port: facts.port },
      verdict: outcomes.map((end) => describeEnd(end, outcomes.length > 1)).join(', '),
      outcomes,
      stages,
    },
    hide,
  );
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
