import { Cell, type TrafficSample } from './cell.ts';
import { EntryRing } from './entry-ring.ts';
import { RefusalSeconds } from './refusal-seconds.ts';
import { inRange, SecondRing } from './second-ring.ts';
import type { Pair, PairTraffic, RefusalCount, TimeRange, TrafficPoint } from './traffic.ts';

export interface WindowLimits {
  /** How far back it reaches. */
  readonly seconds: number;
  /** Pairs that are told apart; those beyond are counted in the totals only. */
  readonly pairs: number;
  /** Pairs × seconds; the oldest seconds go first. */
  readonly cells: number;
  readonly entries: number;
}

const DEFAULT_LIMITS: WindowLimits = { seconds: 15 * 60, pairs: 4_000, cells: 100_000, entries: 5_000 };

/**
 * The last minutes of the mesh's traffic in memory, by pair and second, so that the console needs no database. What is
 * added may be late; what is older than the window is dropped. Memory is bounded by the limits, whatever comes.
 */
export class TrafficWindow {
  readonly entries: EntryRing;
  readonly #limits: WindowLimits;
  readonly #nowMs: () => number;
  readonly #pairs = new Map<string, Pair>();
  readonly #cells: SecondRing<Cell>;
  readonly #totals: SecondRing<Cell>;
  readonly #refusals: RefusalSeconds;

  constructor(nowMs: () => number = Date.now, limits: Partial<WindowLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#nowMs = nowMs;
    const { seconds, cells, entries } = this.#limits;
    this.#cells = new SecondRing(seconds, cells, () => new Cell());
    this.#totals = new SecondRing(seconds, seconds, () => new Cell());
    this.#refusals = new RefusalSeconds(seconds);
    this.entries = new EntryRing(entries);
  }

  /** Adds what was seen in the second of `timeMs`. */
  add(pair: Pair, timeMs: number, sample: TrafficSample): void {
    const nowMs = this.#nowMs();
    // A clock that is ahead must not push the past out.
    const second = Math.floor(Math.min(timeMs, nowMs) / 1000);
    const nowSecond = Math.floor(nowMs / 1000);
    // What clients send to an edge is what the edge sends on: counted once.
    if (pair.source.kind === 'edge') this.#totals.at('edge', second, nowSecond)?.add(sample);
    const key = keyOf(pair);
    if (!this.#pairs.has(key)) {
      if (this.#pairs.size >= this.#limits.pairs) this.#forgetPairs();
      if (this.#pairs.size >= this.#limits.pairs) return;
      this.#pairs.set(key, pair);
    }
    this.#cells.at(key, second, nowSecond)?.add(sample);
  }

  addRefusals(timeMs: number, refusals: RefusalCount): void {
    const nowMs = this.#nowMs();
    this.#refusals.add(Math.floor(Math.min(timeMs, nowMs) / 1000), Math.floor(nowMs / 1000), refusals);
  }

  /** From the oldest second that is kept to the end of the current one. */
  span(): TimeRange {
    const toMs = (Math.floor(this.#nowMs() / 1000) + 1) * 1000;
    return { fromMs: toMs - this.#limits.seconds * 1000, toMs };
  }

  /** Every pair with traffic in the range, summed. */
  pairs(range: TimeRange): PairTraffic[] {
    const sums = new Map<string, Cell>();
    this.#cells.each(range, (key, cell) => {
      const sum = sums.get(key) ?? new Cell();
      sum.merge(cell);
      sums.set(key, sum);
    });
    return [...sums].flatMap(([key, cell]) => {
      const pair = this.#pairs.get(key);
      return pair === undefined ? [] : [{ pair, ...cell.traffic() }];
    });
  }

  /** Points of `stepMs` (whole seconds), gaps included: of the pairs that `isWanted` takes, or of the whole edge. */
  series(range: TimeRange, stepMs: number, isWanted?: (pair: Pair) => boolean): TrafficPoint[] {
    const stepS = Math.max(1, Math.round(stepMs / 1000));
    const fromSecond = Math.floor(Math.max(range.fromMs, this.span().fromMs) / 1000 / stepS) * stepS;
    const points: { timeMs: number; cell: Cell }[] = [];
    for (let second = fromSecond; second * 1000 < range.toMs; second += stepS) {
      points.push({ timeMs: second * 1000, cell: new Cell() });
    }
    const take = (key: string, cell: Cell, second: number): void => {
      const pair = this.#pairs.get(key);
      if (isWanted !== undefined && (pair === undefined || !isWanted(pair))) return;
      points[Math.floor((second - fromSecond) / stepS)]?.cell.merge(cell);
    };
    if (isWanted === undefined) {
      this.#totals.each(range, (_key, cell, second) => {
        points[Math.floor((second - fromSecond) / stepS)]?.cell.merge(cell);
      });
    } else this.#cells.each(range, take);
    return points.map(({ timeMs, cell }) => ({ timeMs, ...cell.traffic() }));
  }

  /** Most frequent first. */
  refusals(range: TimeRange): RefusalCount[] {
    return this.#refusals.list((second) => inRange(second, range));
  }

  /** Pairs without traffic in the window make room. */
  #forgetPairs(): void {
    const alive = new Set<string>();
    this.#cells.each(this.span(), (key) => alive.add(key));
    for (const key of this.#pairs.keys()) if (!alive.has(key)) this.#pairs.delete(key);
  }
}

function keyOf({ reporter, source, destination, protocol, security }: Pair): string {
  const peers = [source, destination].flatMap(({ kind, name, namespace, version, service }) => [
    kind,
    name,
    namespace,
    version,
    service,
  ]);
  return [reporter, protocol, security, ...peers].join('\n');
}
