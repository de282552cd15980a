import type { ExplainedOutcome } from '../../engine/explained-outcome.ts';
import type { ConfigOrigin } from '../../engine/values.ts';

/** Who does it: one of the three that a request passes. */
export type Actor = 'edge' | 'cluster-gateway' | 'sidecar';

/**
 * held: a condition or rule that fits. failed: one that does not. near: of those that do not, the one that comes
 * closest. refused: what ends the request. told: neither.
 */
export type Mark = 'held' | 'failed' | 'near' | 'refused' | 'told';

/** One line of an explanation, with what it rests on below it. */
export interface ExplainNode {
  /** Stable name for programs: `server`, `host`, `route`, `policy` … */
  readonly stage: string;
  readonly mark: Mark;
  readonly text: string;
  readonly origin?: ConfigOrigin;
  readonly actor?: Actor;
  readonly children?: readonly ExplainNode[];
}

export interface Explanation {
  readonly request: { readonly method: string; readonly url: string; readonly port: number };
  /** `403 RBAC: access denied`, `70 % frontend v1, 30 % frontend v3`. */
  readonly verdict: string;
  readonly outcomes: readonly ExplainedOutcome[];
  readonly stages: readonly ExplainNode[];
}

export function node(
  stage: string,
  mark: Mark,
  text: string,
  more: Omit<ExplainNode, 'stage' | 'mark' | 'text'> = {},
): ExplainNode {
  return { stage, mark, text, ...more };
}

/** `{}` for nothing, so that an absent origin is an absent field. */
export function at(origin: ConfigOrigin | undefined): { origin?: ConfigOrigin } {
  return origin === undefined ? {} : { origin };
}
