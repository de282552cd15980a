import { SecondRing } from './second-ring.ts';
import type { RefusalCount } from './traffic.ts';

/** Reasons and objects are those of the configuration; a bound is a bound. */
const MAX_CELLS = 50_000;

/** Refusals by second. */
export class RefusalSeconds {
  readonly #ring: SecondRing<{ refusal: RefusalCount; requests: number }>;

  constructor(seconds: number) {
    this.#ring = new SecondRing(seconds, MAX_CELLS, () => ({ refusal: NONE, requests: 0 }));
  }

  add(second: number, nowSecond: number, refusal: RefusalCount): void {
    const cell = this.#ring.at(keyOf(refusal), second, nowSecond);
    if (cell === undefined) return;
    cell.refusal = refusal;
    cell.requests += refusal.requests;
  }

  list(isWanted: (second: number) => boolean): RefusalCount[] {
    const sums = new Map<string, RefusalCount>();
    this.#ring.each(EVER, (key, { refusal, requests }, second) => {
      if (!isWanted(second)) return;
      sums.set(key, { ...refusal, requests: (sums.get(key)?.requests ?? 0) + requests });
    });
    return [...sums.values()].sort((a, b) => b.requests - a.requests);
  }
}

const NONE: RefusalCount = { code: 0, flags: '-', reason: '', origin: '', service: '', requests: 0 };
const EVER = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

function keyOf({ code, flags, reason, origin, service }: RefusalCount): string {
  return [code, flags, reason, origin, service].join('\n');
}
