export interface DebounceOptions {
  /** How long nothing must happen before the work is done. */
  readonly quietMs: number;
  /** After this it is done although things go on happening. */
  readonly maxMs: number;
}

/** Istio's: 100 ms quiet, 10 s at most. */
export const PUSH_DEBOUNCE: DebounceOptions = { quietMs: 100, maxMs: 10_000 };

/** Gathers what happens in quick succession into one piece of work; what happens during the work starts the next. */
export class Debounce {
  readonly #options: DebounceOptions;
  readonly #work: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #firstAtMs: number | undefined;
  #isWorking = false;
  #isStopped = false;

  /** `work` must not reject. */
  constructor(options: DebounceOptions, work: () => Promise<void>) {
    this.#options = options;
    this.#work = work;
  }

  happened(): void {
    const nowMs = performance.now();
    this.#firstAtMs ??= nowMs;
    if (this.#isWorking || this.#isStopped) return;
    clearTimeout(this.#timer);
    const leftMs = this.#options.maxMs - (nowMs - this.#firstAtMs);
    this.#timer = setTimeout(() => void this.#run(), Math.max(0, Math.min(this.#options.quietMs, leftMs)));
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #run(): Promise<void> {
    this.#isWorking = true;
    this.#firstAtMs = undefined;
    await this.#work();
    this.#isWorking = false;
    if (this.#firstAtMs !== undefined) this.happened();
  }
}
