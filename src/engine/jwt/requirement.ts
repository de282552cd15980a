import type { FailedToken, RuleResult } from './rule.ts';

export interface DecidingFailure {
  readonly index: number;
  readonly failed: FailedToken;
}

/**
 * Istio requires of n rules: any of them verified, or each of them either verified or without a token. So the first
 * verified rule decides (the caller stops there), and without any the request passes only when no rule found a token.
 * Of several failures Envoy reports the one that says most: not that another rule's issuer was expected.
 * `ofAll`: the first failure of the second half, where it is not the first of these.
 */
export function decidingFailure(results: readonly RuleResult[], ofAll?: DecidingFailure): DecidingFailure | undefined {
  const group = ofAll ?? firstFailure(results);
  if (group?.failed.failure !== 'unknown-issuer') return group;
  // A mere issuer mismatch there gives way to the last real failure of a single rule.
  for (let index = results.length - 1; index >= 0; index--) {
    const failed = results[index];
    if (failed?.kind === 'failed' && failed.failure !== 'unknown-issuer') return { index, failed };
  }
  return group;
}

function firstFailure(results: readonly RuleResult[]): DecidingFailure | undefined {
  for (const [index, failed] of results.entries()) if (failed.kind === 'failed') return { index, failed };
  return undefined;
}
