import { bucketIndex, HISTOGRAM_BOUNDS } from '../../engine/telemetry/buckets.ts';

export type Labels = Readonly<Record<string, string>>;

/** Requests with the same labels. */
export class Series {
  readonly labels: Labels;
  requests = 0;
  readonly duration = new Histogram();
  readonly requestBytes = new Histogram();
  readonly responseBytes = new Histogram();

  constructor(labels: Labels) {
    this.labels = labels;
  }
}

export class Histogram {
  readonly counts: number[] = new Array<number>(HISTOGRAM_BOUNDS.length + 1).fill(0);
  sum = 0;
  count = 0;

  add(value: number): void {
    const index = bucketIndex(value);
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.sum += value;
    this.count++;
  }
}

/** What every label says that stands for too many values. */
const OTHER = 'other';

/** Values by labels. Where more come than may, the rest are one: with `other` in every label that may differ. */
export class SeriesMap<S> {
  readonly #limit: number;
  readonly #create: (labels: Labels) => S;
  readonly #series = new Map<string, S>();
  #overflow: S | undefined;

  constructor(limit: number, create: (labels: Labels) => S) {
    this.#limit = limit;
    this.#create = create;
  }

  at(key: string, labels: () => Labels): S {
    let series = this.#series.get(key);
    if (series !== undefined) return series;
    if (this.#series.size >= this.#limit) {
      this.#overflow ??= this.#create(
        Object.fromEntries(Object.keys(labels()).map((name) => [name, name === 'reporter' ? 'source' : OTHER])),
      );
      return this.#overflow;
    }
    series = this.#create(labels());
    this.#series.set(key, series);
    return series;
  }

  list(): S[] {
    return this.#overflow === undefined ? [...this.#series.values()] : [...this.#series.values(), this.#overflow];
  }

  clear(): void {
    this.#series.clear();
    this.#overflow = undefined;
  }

  get size(): number {
    return this.#series.size;
  }
}
