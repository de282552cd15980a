import type { RouteConfig } from '../../engine/config.ts';
import type { ExplainedOutcome } from '../../engine/explained-outcome.ts';
import type { RequestFacts } from '../../engine/facts.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import type { TraceStep } from '../../engine/trace.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';

export interface ToldOutcome {
  readonly outcome: ExplainedOutcome;
  readonly steps: readonly TraceStep[];
  /** The rule that took the request, when one was reached. */
  readonly route: RouteConfig | undefined;
}

/** What an explanation is made from: the engine's own account of the request, and the configuration around it. */
export interface Told {
  readonly facts: RequestFacts;
  /** The way of ending that is told. */
  readonly main: ToldOutcome;
  readonly serving: ServingConfig;
  /** Every domain that is served; empty where it is not known. */
  readonly hosts: readonly string[];
  /** Resources, when they are at hand: they know finer lines, and what did not become configuration. */
  readonly mesh: Mesh | undefined;
  /** What was said of the resources: an object with an error takes no part. */
  readonly findings: readonly Finding[];
  /** External authorizers that were asked, and what they were taken to say. */
  readonly external: readonly { readonly provider: string; readonly verdict: string }[];
}

export type StepOf<S extends TraceStep['stage']> = Extract<TraceStep, { readonly stage: S }>;

export function stepsOf<S extends TraceStep['stage']>(told: Told, stage: S): StepOf<S>[] {
  return told.main.steps.filter((step): step is StepOf<S> => step.stage === stage);
}
