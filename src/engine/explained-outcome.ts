import type { RequestFacts } from './facts.ts';
import type { PossibleDecision } from './possible-decisions.ts';
import { renderReply } from './render-reply.ts';
import type { ConfigOrigin } from './values.ts';

/** One way that a request can end, in values that can be sent and printed. */
export interface ExplainedOutcome {
  readonly share: number;
  /** Of the edge's own answer; 200 stands for whatever the upstream says. */
  readonly status: number;
  /** Cluster name; absent when the edge answers itself. */
  readonly destination?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly location?: string;
  readonly delayMs?: number;
  readonly timeoutMs?: number;
  readonly flag: string;
  readonly details: string;
  readonly why?: string;
  readonly origin?: ConfigOrigin;
}

export function explainedOutcome({ share, decision }: PossibleDecision, facts: RequestFacts): ExplainedOutcome {
  const { delayMs, origin } = decision;
  const common = {
    share: Number(share.toFixed(12)),
    ...(delayMs === 0 ? {} : { delayMs }),
    ...(origin === undefined ? {} : { origin }),
  };
  if (decision.kind === 'forward') {
    const { cluster, target, authority, timeoutMs } = decision;
    const timeout = timeoutMs === 0 ? {} : { timeoutMs };
    const sent = { destination: cluster.name, path: target, authority, ...timeout };
    return { ...common, status: 200, ...sent, flag: '-', details: 'via_upstream' };
  }
  const { flag, details, why } = decision;
  const { status, headers } = renderReply(decision, facts);
  const location = headers.find(([name]) => name === 'location')?.[1];
  return {
    ...common,
    status,
    ...(location === undefined ? {} : { location }),
    flag,
    details,
    ...(why === undefined ? {} : { why }),
  };
}

/** Which of several to tell: a fault that ends requests early must not keep what follows from being told. */
export function mainOutcome(outcomes: readonly ExplainedOutcome[]): number {
  return Math.max(
    0,
    outcomes.findIndex(({ details }) => details !== 'fault_filter_abort'),
  );
}
