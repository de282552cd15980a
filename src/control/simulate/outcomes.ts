import type { RouteConfig } from '../../engine/config.ts';
import { type CertainEnvironment, possibleDecisions } from '../../engine/possible-decisions.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { TraceStep } from '../../engine/trace.ts';
import { factsOf, type RequestDescription } from './request.ts';
import { type Outcome, outcomeOf } from './simulate.ts';

/** One way that a request can end, with all that its caller and the service behind could notice. */
export interface PossibleOutcome {
  /** In (0, 1]; all of them add up to 1. */
  readonly share: number;
  readonly outcome: Outcome;
  readonly steps: readonly TraceStep[];
  /** The rule that took the request, when one was reached. */
  readonly route: RouteConfig | undefined;
}

export async function possibleOutcomes(
  serving: ServingConfig,
  description: RequestDescription,
  env: CertainEnvironment,
  options: { readonly isBrief?: boolean } = {},
): Promise<PossibleOutcome[]> {
  const facts = factsOf(description);
  const possible = await possibleDecisions(serving, facts, env, options);
  return possible.map(({ decision, ...rest }) => ({ ...rest, outcome: outcomeOf(decision, facts, description) }));
}
