import type { CelAttributes, CelExpression, CelValue } from './cel.ts';
import type { MetricName, MetricOverride, MetricsConfig } from './config.ts';
import type { MetricLabels } from './istio-labels.ts';
import { prepareCel } from './prepare-cel.ts';
import { UNKNOWN } from './workload-labels.ts';

/** What Telemetry changes in the labels of one metric. */
export interface TagEdit {
  readonly isDisabled: boolean;
  readonly removed: readonly string[];
  /** Ids of values, `label=expression`. */
  readonly added: readonly string[];
}

/** `C`: what the values of labels are read from. */
export interface MetricTags<C, M extends MetricName = MetricName> {
  readonly edits: Readonly<Record<M, TagEdit>>;
  /** Values of all added labels by name, computed once for a request. */
  readonly values: readonly { readonly id: string; readonly read: (context: C) => CelValue }[];
}

/** Distinct values of a label that a request may choose freely, in the life of an isolate or a proxy. */
const MAX_VALUES = 100;
const MAX_VALUE_LENGTH = 128;

export function prepareMetricTags<C, M extends MetricName>(
  { overrides }: MetricsConfig,
  metrics: readonly M[],
  attributes: CelAttributes<C>,
): MetricTags<C, M> {
  const values: { id: string; read: (context: C) => CelValue }[] = [];
  const edit = (override: MetricOverride | undefined): TagEdit => {
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
      values.push({ id, read: safely(cel.value) });
    }
    return { isDisabled: override?.disabled === true, added, removed };
  };
  const edits = Object.fromEntries(metrics.map((metric) => [metric, edit(overrides[metric])])) as Record<M, TagEdit>;
  return { edits, values };
}

/** `textOf`: by the id of an added label. */
export function editedLabels(
  labels: MetricLabels,
  { removed, added }: TagEdit,
  textOf: (id: string) => string | undefined,
): MetricLabels {
  if (removed.length === 0 && added.length === 0) return labels;
  const edited: Record<string, string> = { ...labels };
  for (const name of removed) delete edited[name];
  for (const id of added) edited[id.slice(0, id.indexOf('='))] = textOf(id) ?? UNKNOWN;
  return edited;
}

/** Names of request headers, in lower case, that overrides look at. */
export function requestHeadersIn({ overrides }: MetricsConfig): string[] {
  const found = new Set<string>();
  for (const { tags } of Object.values(overrides)) {
    for (const tag of Object.values(tags)) {
      if ('cel' in tag)
        for (const [root, field, name] of attributesIn(tag.cel)) {
          if (root === 'request' && field === 'headers' && name !== undefined) found.add(name.toLowerCase());
        }
    }
  }
  return [...found].sort();
}

function attributesIn(expression: CelExpression): (readonly string[])[] {
  if ('attribute' in expression) return [expression.attribute];
  if ('has' in expression) return [expression.has];
  if ('literal' in expression) return [];
  return parts(expression).flatMap(attributesIn);
}

function parts(
  expression: Exclude<CelExpression, { attribute: unknown } | { has: unknown } | { literal: unknown }>,
): readonly CelExpression[] {
  if ('not' in expression) return [expression.not];
  if ('all' in expression) return expression.all;
  if ('any' in expression) return expression.any;
  if ('compare' in expression) return [expression.left, expression.right];
  if ('in' in expression) return [expression.value, ...expression.in];
  if ('call' in expression) return [expression.on, expression.argument];
  if ('add' in expression) return expression.add;
  return [expression.if, expression.then, expression.else];
}

/** An expression whose regular expressions are not loaded yet has no value. */
function safely<C>(read: (context: C) => CelValue): (context: C) => CelValue {
  return (context) => {
    try {
      return read(context);
    } catch {
      return undefined;
    }
  };
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
