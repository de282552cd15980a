import type { TimeRange } from './traffic.ts';

/** Cells by second and key, for the last `seconds`; never more cells than `maxCells`: the oldest seconds go first. */
export class SecondRing<C> {
  readonly #seconds: number;
  readonly #maxCells: number;
  readonly #create: () => C;
  /** In insertion order, which late arrivals may break: whoever reads looks at the second. */
  readonly #bySecond = new Map<number, Map<string, C>>();
  #cells = 0;

  constructor(seconds: number, maxCells: number, create: () => C) {
    this.#seconds = seconds;
    this.#maxCells = maxCells;
    this.#create = create;
  }

  /** Undefined: too old to be kept. */
  at(key: string, second: number, nowSecond: number): C | undefined {
    const oldest = nowSecond - this.#seconds + 1;
    if (second < oldest) return undefined;
    let cells = this.#bySecond.get(second);
    if (cells === undefined) {
      this.#forgetBefore(oldest);
      cells = new Map();
      this.#bySecond.set(second, cells);
    }
    let cell = cells.get(key);
    if (cell === undefined) {
      if (this.#cells >= this.#maxCells && !this.#forgetOldest(second)) return undefined;
      cell = this.#create();
      cells.set(key, cell);
      this.#cells++;
    }
    return cell;
  }

  each(range: TimeRange, take: (key: string, cell: C, second: number) => void): void {
    for (const [second, cells] of this.#bySecond) {
      if (inRange(second, range)) for (const [key, cell] of cells) take(key, cell, second);
    }
  }

  #forgetBefore(oldest: number): void {
    for (const second of this.#bySecond.keys()) if (second < oldest) this.#drop(second);
  }

  /** False: there is nothing older than `second` to make room. */
  #forgetOldest(second: number): boolean {
    let oldest = second;
    for (const other of this.#bySecond.keys()) oldest = Math.min(oldest, other);
    if (oldest === second) return false;
    this.#drop(oldest);
    return true;
  }

  #drop(second: number): void {
    this.#cells -= this.#bySecond.get(second)?.size ?? 0;
    this.#bySecond.delete(second);
  }
}

export function inRange(second: number, { fromMs, toMs }: TimeRange): boolean {
  return second * 1000 >= Math.floor(fromMs / 1000) * 1000 && second * 1000 < toMs;
}
