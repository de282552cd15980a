import { describeMatch } from './describe-match.ts';
import { type ExplainNode, node } from './node.ts';
import { takingNoPart } from './taking-no-part.ts';
import { type StepOf, stepsOf, type Told } from './told.ts';

/** Every rule in the order in which it was tried, each with its first condition that failed. */
export function routeSection(told: Told): ExplainNode[] {
  const steps = stepsOf(told, 'route');
  const [host] = stepsOf(told, 'host');
  if (steps.length === 0) return host?.domain === undefined ? [] : noRules(told, host.domain);
  const matched = steps.find((step) => step.matched);
  const near = matched === undefined ? nearestMiss(told, steps) : undefined;
  const total = rulesOf(told).length;
  const children = steps.map((step) => {
    const name = `rule ${step.index + 1}${step.route === '' ? '' : ` ${JSON.stringify(step.route)}`}`;
    if (step.matched) return node('rule', 'held', `${name}: ${conditionsHeld(told, step)}`, { origin: step.origin });
    const held = heldBefore(told, step);
    const but = held === '' ? '' : `${held} matched, but `;
    return node('rule', step === near ? 'near' : 'failed', `${name}: ${but}${step.failed ?? ''}`, {
      origin: step.origin,
    });
  });
  if (matched === undefined) {
    const text = `none of ${total === 1 ? 'the one rule' : `the ${total} rules`} of ${host?.domain ?? 'this host'} matches`;
    return [node('routes', 'refused', text, { children: [...children, ...takingNoPart(told)], actor: 'edge' })];
  }
  const text = `rule ${matched.index + 1} of ${total} takes it${matched.route === '' ? '' : `: ${matched.route}`}`;
  return [node('routes', 'held', text, { origin: matched.origin, children, actor: 'edge' })];
}

/** The host is served, but the request did not get as far as its rules. */
function noRules(told: Told, domain: string): ExplainNode[] {
  const rules = rulesOf(told);
  if (rules.length > 0 || told.main.outcome.status !== 404) return [];
  return [node('routes', 'refused', `${domain} has no rules`, { actor: 'edge' })];
}

function rulesOf(told: Told): readonly { readonly match: Parameters<typeof describeMatch>[0] }[] {
  const [server] = stepsOf(told, 'server');
  const [host] = stepsOf(told, 'host');
  if (server?.table === undefined || host?.domain === undefined) return [];
  return told.serving.domain(host.domain)?.virtualHosts[server.table]?.routes ?? [];
}

function conditionsHeld(told: Told, { index, config }: StepOf<'route'>): string {
  const match = config?.match ?? rulesOf(told)[index]?.match ?? {};
  const held = describeMatch(match);
  return held.length === 0 ? 'takes everything' : `${held.join(' and ')} ${held.length === 1 ? 'matches' : 'match'}`;
}

function heldBefore(told: Told, { index, rank }: StepOf<'route'>): string {
  const match = rulesOf(told)[index]?.match;
  return match === undefined ? '' : describeMatch(match).slice(0, rank).join(' and ');
}

/** The rule of which most held; among those that fell at the first condition, the one with the likest path. */
function nearestMiss(told: Told, steps: readonly StepOf<'route'>[]): StepOf<'route'> | undefined {
  const rules = rulesOf(told);
  const score = (step: StepOf<'route'>): number => {
    const path = rules[step.index]?.match.path;
    const wanted = path === undefined ? '' : (Object.values(path).find((value) => typeof value === 'string') ?? '');
    return step.rank * 10_000 + commonPrefix(wanted, told.facts.rawPath);
  };
  let best: StepOf<'route'> | undefined;
  for (const step of steps) if (best === undefined || score(step) > score(best)) best = step;
  return best;
}

function commonPrefix(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
