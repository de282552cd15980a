import type { RetryPolicy } from '../engine/config.ts';

/** RFC 9110 §9.2.2; after a lost connection nobody knows whether the upstream has done the work. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Envoy's `gateway-error`. */
const GATEWAY_ERRORS: ReadonlySet<number> = new Set([502, 503, 504]);

/** How a try ended: with a status, or without a response. */
export type TryOutcome = { readonly status: number } | 'no-response' | 'per-try-timeout';

/** Whether the same request may be sent once more at all. */
export function isReplayable(method: string, hasBody: boolean): boolean {
  return !hasBody && IDEMPOTENT.has(method);
}

/** Envoy's x-envoy-retry-on values, those that HTTP/1.1 has a case for. */
export function isRetriable(policy: RetryPolicy, outcome: TryOutcome): boolean {
  return policy.retryOn.some((condition) => {
    switch (condition) {
      // "Currently we count an upstream reset as a 5xx" (Envoy's retry_state_impl.cc), for both.
      case '5xx':
        return !isStatus(outcome) || outcome.status >= 500;
      case 'gateway-error':
        return !isStatus(outcome) || GATEWAY_ERRORS.has(outcome.status);
      case 'connect-failure':
      case 'refused-stream':
      case 'reset':
      case 'reset-before-request':
        return outcome === 'no-response' || (condition === 'reset' && outcome === 'per-try-timeout');
      case 'retriable-4xx':
        return isStatus(outcome) && outcome.status === 409;
      case 'retriable-status-codes':
        return isStatus(outcome) && policy.statusCodes.includes(outcome.status);
      default:
        return isStatus(outcome) && String(outcome.status) === condition;
    }
  });
}

const DEFAULT_BACKOFF_MS = 25;
const MAX_BACKOFF_FACTOR = 10;

/** Envoy's fully jittered exponential back-off: in [0, base × 2^n − 1), base 25 ms, at most ten times the base. */
export function backoffMs(policy: RetryPolicy, retry: number, random: () => number): number {
  const baseMs = policy.backoffMs ?? DEFAULT_BACKOFF_MS;
  return random() * Math.min(baseMs * (2 ** retry - 1), baseMs * MAX_BACKOFF_FACTOR);
}

/**
 * A retry policy in Envoy's own header names, as a claim of the pass: the gateway turns it into those headers.
 * Undefined: none; the gateway has to be told, or it would do as it does by default.
 */
export function retryClaim(policy: RetryPolicy | undefined): Readonly<Record<string, string>> {
  if (policy === undefined) return { 'x-envoy-max-retries': '0' };
  return {
    'x-envoy-max-retries': String(policy.attempts),
    'x-envoy-retry-on': policy.retryOn.join(','),
    ...(policy.statusCodes.length === 0 ? {} : { 'x-envoy-retriable-status-codes': policy.statusCodes.join(',') }),
    ...(policy.perTryTimeoutMs === undefined
      ? {}
      : { 'x-envoy-upstream-rq-per-try-timeout-ms': String(policy.perTryTimeoutMs) }),
  };
}

function isStatus(outcome: TryOutcome): outcome is { readonly status: number } {
  return typeof outcome === 'object';
}
