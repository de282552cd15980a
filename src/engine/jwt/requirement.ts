import type { FailedToken, RuleResult } from './rule.ts';

/**
 * Istio requires of n rules: any of them verified, or each of them either verified or without a token. So the first
 * verified rule decides (the caller stops there), and without any the request passes only when no rule found a token.
 * Of several failures Envoy reports the one that says most: not that another rule's issuer was expected.
 */
export function decidingFailure(results: readonly RuleResult[]): { index: number; failed: FailedToken } | undefined {
  let deciding: { index: number; failed: FailedToken } | undefined;
  let isMismatchFirst = false;
  for (let index = 0; index < results.length; index++) {
    const failed = results[index];
    if (failed?.kind !== 'failed') continue;
    if (deciding === undefined) {
      // The group of all rules fails by its first failure and speaks last.
      deciding = { index, failed };
      isMismatchFirst = failed.failure === 'unknown-issuer';
    } else if (isMismatchFirst && failed.failure !== 'unknown-issuer') {
      // A mere issuer mismatch there gives way to the last real failure of a single rule.
      deciding = { index, failed };
    }
  }
  return deciding;
}
