export interface DebounceOptions {
  /** Quiet for so long … */
  readonly quietMs: number;
  /** … but never later than so long after the first call. */
  readonly maxMs: number;
}

/** istiod's PILOT_DEBOUNCE_AFTER and PILOT_DEBOUNCE_MAX. */
export const DEFAULT_DEBOUNCE: DebounceOptions = { quietMs: 100, maxMs: 10_000 };

export interface Debounced {
  call(): void;
  cancel(): void;
}

export function debounce(work: () => void, { quietMs, maxMs }: DebounceOptions): Debounced {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let deadlineMs: number | undefined;
  const run = (): void => {
    timer = undefined;
    deadlineMs = undefined;
    work();
  };
  return {
    call: () => {
      const nowMs = performance.now();
      deadlineMs ??= nowMs + maxMs;
      clearTimeout(timer);
      timer = setTimeout(run, Math.max(0, Math.min(quietMs, deadlineMs - nowMs)));
    },
    cancel: () => {
      clearTimeout(timer);
      timer = undefined;
      deadlineMs = undefined;
    },
  };
}
