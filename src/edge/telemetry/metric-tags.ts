import { type EndedContext, exchangeAttributes } from '../../engine/telemetry/attributes.ts';
import type { CelValue } from '../../engine/telemetry/cel.ts';
import type { MetricName, MetricsConfig } from '../../engine/telemetry/config.ts';
import { prepareCel } from '../../engine/telemetry/prepare-cel.ts';
import type { SecretPlaces } from '../../engine/telemetry/secrets.ts';
import { UNKNOWN } from '../../engine/telemetry/workload-labels.ts';

/** The metrics of HTTP traffic that an edge reports. */
export type EdgeMetric = 'REQUEST_COUNT' | 'REQUEST_DURATION' | 'REQUEST_SIZE' | 'RESPONSE_SIZE';

/** What Telemetry changes in the labels of one metric. */
export interface TagEdit {
  readonly isDisabled: boolean;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

export interface MetricTags {
  readonly edits: Readonly<Record<EdgeMetric, TagEdit>>;
  /** Values of all added labels by name, computed once for a request. */
  readonly values: readonly {
    readonly id: string;
    readonly read: (context: EndedContext) => CelValue;
  }[];
}

/** Distinct values of a label that a request may choose freely, in the life of an isolate. */
const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 128;
const METRICS: readonly EdgeMetric[] = ['REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE'];

export function prepareMetricTags({ overrides }: MetricsConfig, secrets: SecretPlaces): MetricTags {
  const attributes = exchangeAttributes(secrets);
  const values: { id: string; read: (context: EndedContext) => CelValue }[] = [];
  const edit = (metric: MetricName): TagEdit => {
    const override = overrides[metric];
    const added: string[] = [];
    const removed: string[] = [];
    for (const [name, tag] of Object.entries(override?.tags ?? {})) {
      if ('remove' in tag) {
        removed.push(name);
        continue;
      }
      const id = `${name}=${tag.expression}`;
      added.push(id);
      if (values.some((value) => value.id === id)) continue;
      const cel = prepareCel(tag.cel, attributes);
      void cel.ready?.catch(() => {});
      values.push({ id, read: cel.value });
    }
    return { isDisabled: override?.disabled === true, added, removed };
  };
  const edits = Object.fromEntries(METRICS.map((metric) => [metric, edit(metric)])) as Record<EdgeMetric, TagEdit>;
  return { edits, values };
}

/** Keeps what clients choose from making ever new series. */
export class ValueLimits {
  readonly #seen = new Map<string, Set<string>>();

  bounded(id: string, value: CelValue): string {
    const text = value === undefined || value === null ? UNKNOWN : String(value).slice(0, MAX_VALUE_LENGTH);
    let seen = this.#seen.get(id);
    if (seen === undefined) {
      seen = new Set();
      this.#seen.set(id, seen);
    }
    if (seen.has(text)) return text;
    if (seen.size >= MAX_VALUES) return 'other';
    seen.add(text);
    return text;
  }
}
