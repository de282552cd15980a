export interface BackoffOptions {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly random?: () => number;
}

/** Waits that double up to a limit, each spread by a quarter so that many agents do not come back in step. */
export class Backoff {
  readonly #options: BackoffOptions;
  #failures = 0;

  constructor(options: BackoffOptions) {
    this.#options = options;
  }

  next(): number {
    const { firstMs, maxMs, random = Math.random } = this.#options;
    const waitMs = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures += 1;
    return waitMs * (0.75 + 0.5 * random());
  }

  reset(): void {
    this.#failures = 0;
  }
}
