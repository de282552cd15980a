import type { FaultConfig } from './config.ts';
import type { Environment } from './environment.ts';
import type { Tracer } from './trace.ts';

export interface FaultOutcome {
  readonly delayMs: number;
  readonly abort: { readonly status: number; readonly grpcStatus?: number } | undefined;
}

const NO_FAULT: FaultOutcome = { delayMs: 0, abort: undefined };

/** Delay first, then an independent roll for the abort (ISTIO.md 1.4). */
export function rollFault(fault: FaultConfig | undefined, env: Environment, tracer: Tracer | undefined): FaultOutcome {
  if (fault === undefined) return NO_FAULT;
  const { delay, abort } = fault;
  const delayed = delay !== undefined && hits(delay.partsPerMillion, env);
  if (delay !== undefined) {
    tracer?.step({ stage: 'fault', fault: 'delay', hit: delayed, partsPerMillion: delay.partsPerMillion });
  }
  const aborted = abort !== undefined && hits(abort.partsPerMillion, env);
  if (abort !== undefined) {
    tracer?.step({ stage: 'fault', fault: 'abort', hit: aborted, partsPerMillion: abort.partsPerMillion });
  }
  return { delayMs: delayed ? delay.fixedMs : 0, abort: aborted ? abort : undefined };
}

/** One roll of the dice: a share of requests in parts per million. */
export function hits(partsPerMillion: number, env: Environment): boolean {
  if (partsPerMillion <= 0) return false;
  return partsPerMillion >= 1_000_000 || env.random() * 1_000_000 < partsPerMillion;
}
