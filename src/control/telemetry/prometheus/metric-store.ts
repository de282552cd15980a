import { labelText, type MetricLabels } from '../../../engine/telemetry/istio-labels.ts';

export type Labels = MetricLabels;

interface CounterSeries {
  readonly labels: Labels;
  value: number;
}

interface HistogramSeries {
  readonly labels: Labels;
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum: number;
}

/** Series of all edges together; beyond it a metric's new series are one, with `other` in every label. */
const MAX_SERIES_PER_METRIC = 10_000;
/** A sender may name what it likes. */
const MAX_METRICS = 200;

const METRIC_NAME = /^[a-zA-Z_:][\w:]*$/;
const LABEL_NAME = /^[a-zA-Z_]\w*$/;

/** Differences of many senders, added up, in Prometheus' text format. */
export class MetricStore {
  readonly #counters = new Map<string, Map<string, CounterSeries>>();
  readonly #histograms = new Map<string, Map<string, HistogramSeries>>();

  addToCounter(name: string, labels: Labels, value: number): void {
    if (!Number.isFinite(value) || value < 0) return;
    const family = this.#family(this.#counters, name);
    if (family === undefined) return;
    const { key, kept } = keyOf(family, labels);
    const series = family.get(key);
    if (series === undefined) family.set(key, { labels: kept, value });
    else series.value += value;
  }

  addToHistogram(
    name: string,
    labels: Labels,
    {
      bounds,
      counts,
      sum,
    }: { readonly bounds: readonly number[]; readonly counts: readonly number[]; readonly sum: number },
  ): void {
    if (counts.length !== bounds.length + 1 || ![sum, ...bounds, ...counts].every(Number.isFinite)) return;
    const family = this.#family(this.#histograms, name);
    if (family === undefined) return;
    const { key, kept } = keyOf(family, labels);
    const series = family.get(key);
    if (series === undefined) {
      family.set(key, { labels: kept, bounds, counts: [...counts], sum });
      return;
    }
    // Bounds of another version of the edge cannot be added to these.
    if (series.bounds.length !== bounds.length) return;
    for (const [index, count] of counts.entries()) series.counts[index] = (series.counts[index] ?? 0) + count;
    series.sum += sum;
  }

  get size(): number {
    let size = 0;
    for (const family of [...this.#counters.values(), ...this.#histograms.values()]) size += family.size;
    return size;
  }

  text(): string {
    const lines: string[] = [];
    for (const [name, family] of this.#counters) {
      lines.push(`# TYPE ${name} counter`);
      for (const { labels, value } of family.values()) lines.push(`${name}${braced(labels)} ${value}`);
    }
    for (const [name, family] of this.#histograms) {
      lines.push(`# TYPE ${name} histogram`);
      for (const { labels, bounds, counts, sum } of family.values()) {
        let below = 0;
        for (const [index, count] of counts.entries()) {
          below += count;
          const le = bounds[index] === undefined ? '+Inf' : String(bounds[index]);
          lines.push(`${name}_bucket${braced({ ...labels, le })} ${below}`);
        }
        lines.push(`${name}_sum${braced(labels)} ${sum}`, `${name}_count${braced(labels)} ${below}`);
      }
    }
    return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
  }

  #family<S>(families: Map<string, Map<string, S>>, name: string): Map<string, S> | undefined {
    let family = families.get(name);
    if (family === undefined) {
      if (!METRIC_NAME.test(name) || this.#counters.size + this.#histograms.size >= MAX_METRICS) return undefined;
      family = new Map();
      families.set(name, family);
    }
    return family;
  }
}

const MAX_LABELS = 64;
const MAX_VALUE_LENGTH = 256;

function keyOf(family: ReadonlyMap<string, unknown>, labels: Labels): { readonly key: string; readonly kept: Labels } {
  const entries = Object.entries(labels)
    .filter(([name]) => LABEL_NAME.test(name))
    .slice(0, MAX_LABELS)
    .map(([name, value]) => [name, value.slice(0, MAX_VALUE_LENGTH)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const key = JSON.stringify(entries);
  if (family.size < MAX_SERIES_PER_METRIC || family.has(key)) return { key, kept: Object.fromEntries(entries) };
  const other = entries.map(([name]) => [name, 'other'] as const);
  return { key: JSON.stringify(other), kept: Object.fromEntries(other) };
}

function braced(labels: Labels): string {
  const text = labelText(labels);
  return text === '' ? '' : `{${text}}`;
}
