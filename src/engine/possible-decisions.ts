import type { RouteConfig } from './config.ts';
import { decide } from './decide.ts';
import type { Decision } from './decision.ts';
import type { Environment, ExternalVerdict } from './environment.ts';
import type { RequestFacts } from './facts.ts';
import type { ServingConfig } from './serving.ts';
import type { TraceStep } from './trace.ts';

/** One way that a request can end, and how often it does. */
export interface PossibleDecision {
  /** In (0, 1]; all of them add up to 1. */
  readonly share: number;
  readonly decision: Decision;
  readonly steps: readonly TraceStep[];
  /** The rule that took the request, when one was reached. */
  readonly route: RouteConfig | undefined;
}

/** Everything of an Environment but the dice. */
export type CertainEnvironment = Omit<Environment, 'random'>;

/** What external authorizers are taken to say where none is asked. */
export const ASSUMED_ALLOWED: ExternalVerdict = { kind: 'allow', headersToUpstream: [], headersToDownstream: [] };

interface Interval {
  readonly share: number;
  readonly roll: number;
}

/** Beyond this the rest of the tree of rolls is not told apart any more: nobody reads so many outcomes. */
const MAX_RUNS = 4_096;
const EVERYTHING: readonly Interval[] = [{ share: 1, roll: 0.5 }];

/**
 * All outcomes of a request, the likeliest first, instead of one roll of the dice: every roll is tried in each interval
 * that the rule's shares divide it into. Mirrors are not told apart: each outcome has all that it could be mirrored to.
 */
export async function possibleDecisions(
  serving: ServingConfig,
  facts: RequestFacts,
  env: CertainEnvironment,
  options: { readonly isBrief?: boolean } = {},
): Promise<PossibleDecision[]> {
  const found = new Map<string, PossibleDecision>();
  let runs = 0;
  const explore = async (rolls: readonly Interval[]): Promise<void> => {
    runs++;
    const { used, ...result } = await runWith(serving, facts, env, rolls, options.isBrief === true);
    const intervals = result.route === undefined ? EVERYTHING : intervalsOf(result.route);
    if (used > rolls.length && intervals.length > 1 && runs + intervals.length <= MAX_RUNS) {
      for (const interval of intervals) await explore([...rolls, interval]);
      return;
    }
    const share = rolls.reduce((product, roll) => product * roll.share, 1);
    const key = identityOf(result.decision);
    const before = found.get(key);
    found.set(key, before === undefined ? { ...result, share } : { ...before, share: before.share + share });
  };
  await explore([]);
  return [...found.values()].sort((a, b) => b.share - a.share);
}

async function runWith(
  serving: ServingConfig,
  facts: RequestFacts,
  env: CertainEnvironment,
  rolls: readonly Interval[],
  isBrief: boolean,
): Promise<Omit<PossibleDecision, 'share'> & { readonly used: number }> {
  const steps: TraceStep[] = [];
  let route: RouteConfig | undefined;
  let used = 0;
  let isMirroring = false;
  const random = (): number => {
    if (isMirroring) return 0;
    used++;
    return rolls[used - 1]?.roll ?? 0.5;
  };
  const step = (told: TraceStep): void => {
    if (told.stage === 'route' && told.config !== undefined) route = told.config;
    // What is rolled once the destination is known is rolled for mirrors.
    if (told.stage === 'destination') isMirroring = true;
    steps.push(told);
  };
  const decision = await decide(serving, facts, { ...env, random }, isBrief ? { step, isBrief } : { step });
  return { decision, steps, route, used };
}

/** The parts of [0, 1) within which no threshold of the rule lies. */
function intervalsOf({ action }: RouteConfig): readonly Interval[] {
  if (action.kind !== 'forward') return EVERYTHING;
  const { destinations, fault } = action;
  const total = destinations.reduce((sum, { weight }) => sum + weight, 0);
  const cuts = [fault?.delay, fault?.abort].map((dice) => (dice?.partsPerMillion ?? 0) / 1_000_000);
  let sum = 0;
  for (const { weight } of total > 0 && destinations.length > 1 ? destinations : []) {
    sum += weight;
    cuts.push(sum / total);
  }
  const inside = [...new Set(cuts)].filter((cut) => cut > 0 && cut < 1).sort((a, b) => a - b);
  return [0, ...inside].map((start, i) => {
    const end = inside[i] ?? 1;
    return { share: end - start, roll: (start + end) / 2 };
  });
}

function identityOf(decision: Decision): string {
  const { delayMs } = decision;
  if (decision.kind === 'forward')
    return JSON.stringify([decision.cluster.name, decision.target, decision.authority, delayMs]);
  const { status, grpcStatus, body, flag, details } = decision;
  return JSON.stringify([status, grpcStatus, String(body), flag, details, delayMs]);
}
