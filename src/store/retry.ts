export interface RetryPolicy {
  readonly maxAttempts: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  sleep(ms: number): Promise<void>;
  /** In [0, 1). */
  random(): number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 6,
  firstDelayMs: 250,
  maxDelayMs: 30_000,
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  random: Math.random,
};

/** Exponential with full jitter on its upper half; what the server asks for (Retry-After) when that is longer. */
export function retryDelayMs(attempt: number, retryAfterMs: number | undefined, policy: RetryPolicy): number {
  const ceilingMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  const delayMs = ceilingMs / 2 + (ceilingMs / 2) * policy.random();
  return Math.max(delayMs, Math.min(retryAfterMs ?? 0, policy.maxDelayMs));
}

/** RFC 9110 10.2.3: seconds or a date. */
export function parseRetryAfterMs(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const dateMs = Date.parse(value);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
