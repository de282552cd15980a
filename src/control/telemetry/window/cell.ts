import { bucketIndex, HISTOGRAM_BOUNDS } from '../../../engine/telemetry/buckets.ts';
import type { Outcome, Traffic } from './traffic.ts';

/** What is added to a cell at once: requests of one outcome. */
export interface TrafficSample {
  readonly code: number;
  readonly flags: string;
  readonly requests: number;
  readonly durationSumMs: number;
  /** Requests by bucket of HISTOGRAM_BOUNDS. */
  readonly durationCounts: readonly number[];
  readonly bytesReceived: number;
  readonly bytesSent: number;
}

/** Traffic of one pair in one second, or of many together. */
export class Cell {
  requests = 0;
  errors = 0;
  durationSumMs = 0;
  bytesReceived = 0;
  bytesSent = 0;
  readonly #durations = new Float64Array(HISTOGRAM_BOUNDS.length + 1);
  readonly #outcomes = new Map<string, { code: number; flags: string; requests: number }>();

  add(sample: TrafficSample): void {
    this.requests += sample.requests;
    if (sample.code >= 500 || sample.code === 0) this.errors += sample.requests;
    this.durationSumMs += sample.durationSumMs;
    this.bytesReceived += sample.bytesReceived;
    this.bytesSent += sample.bytesSent;
    for (const [index, count] of sample.durationCounts.entries()) {
      if (index < this.#durations.length) this.#durations[index] = (this.#durations[index] ?? 0) + count;
    }
    this.#count(sample.code, sample.flags, sample.requests);
  }

  merge(other: Cell): void {
    this.requests += other.requests;
    this.errors += other.errors;
    this.durationSumMs += other.durationSumMs;
    this.bytesReceived += other.bytesReceived;
    this.bytesSent += other.bytesSent;
    for (const [index, count] of other.#durations.entries()) {
      this.#durations[index] = (this.#durations[index] ?? 0) + count;
    }
    for (const { code, flags, requests } of other.#outcomes.values()) this.#count(code, flags, requests);
  }

  traffic(): Traffic {
    const { requests, errors, durationSumMs, bytesReceived, bytesSent } = this;
    const outcomes: Outcome[] = [...this.#outcomes.values()]
      .map((outcome) => ({ ...outcome }))
      .sort((a, b) => b.requests - a.requests);
    return {
      requests,
      errors,
      durationSumMs,
      durationCounts: [...this.#durations],
      bytesReceived,
      bytesSent,
      outcomes,
    };
  }

  #count(code: number, flags: string, requests: number): void {
    const key = `${code}|${flags}`;
    const outcome = this.#outcomes.get(key);
    if (outcome !== undefined) outcome.requests += requests;
    else this.#outcomes.set(key, { code, flags, requests });
  }
}

/** A quantile in milliseconds, linear inside its bucket as Prometheus' histogram_quantile; undefined without requests. */
export function durationQuantile(durationCounts: readonly number[], quantile: number): number | undefined {
  const total = durationCounts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  const rank = quantile * total;
  let below = 0;
  for (const [index, count] of durationCounts.entries()) {
    const lower = index === 0 ? 0 : (HISTOGRAM_BOUNDS[index - 1] ?? 0);
    const upper = HISTOGRAM_BOUNDS[index];
    if (below + count >= rank && count > 0) {
      return upper === undefined ? lower : lower + (upper - lower) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return HISTOGRAM_BOUNDS.at(-1);
}

/** Counts of a single request. */
export function durationCountsOf(durationMs: number): number[] {
  const counts = new Array<number>(HISTOGRAM_BOUNDS.length + 1).fill(0);
  counts[bucketIndex(durationMs)] = 1;
  return counts;
}
