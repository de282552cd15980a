export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
  readonly now?: () => number;
}

/** How many keys are remembered; a forgotten one starts with a full bucket. */
const MAX_KEYS = 10_000;

/** A token bucket for each key. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; filledAtMs: number }>();

  constructor({ perSecond, burst, now = Date.now }: RateLimitOptions) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  take(key: string): boolean {
    const nowMs = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: this.#burst, filledAtMs: nowMs };
    const gained = (Math.max(0, nowMs - bucket.filledAtMs) / 1000) * this.#perSecond;
    const tokens = Math.min(this.#burst, bucket.tokens + gained);
    const isAllowed = tokens >= 1;
    // The least lately used stands first.
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, filledAtMs: nowMs });
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_KEYS && oldest !== undefined) this.#buckets.delete(oldest);
    return isAllowed;
  }
}
