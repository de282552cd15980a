import type { MetricName, MetricOverride, MetricsConfig, TagOverride } from '../../engine/telemetry/config.ts';
import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import { METRIC_NAMES } from '../../resources/istio/telemetry-schema.ts';
import type { Telemetry } from '../../resources/kinds.ts';
import type { MeshSettings } from '../model.ts';
import { parseCel } from './cel/parse-cel.ts';
import { isForMode, type TelemetryMode } from './mode.ts';
import { BUILT_IN_METRICS } from './providers.ts';

interface Draft {
  disabled?: boolean;
  readonly tags: Record<string, TagOverride>;
}

/**
 * Which of Istio's metrics a workload reports for Prometheus, and with which labels changed. Overrides add up from the
 * widest level to the narrowest; of two for the same metric or label the narrower counts. Undefined where another
 * provider has taken Prometheus' place.
 */
export function resolveMetrics(
  levels: readonly Telemetry[],
  mode: TelemetryMode,
  { meshConfig }: MeshSettings,
  findings: Finding[],
): MetricsConfig | undefined {
  const drafts = new Map<MetricName, Draft>();
  let providers: readonly string[] = meshConfig.defaultProviders.metrics ?? [BUILT_IN_METRICS];
  const isPrometheus = (name: string): boolean =>
    name === BUILT_IN_METRICS ||
    meshConfig.extensionProviders.some((provider) => provider.name === name && provider.prometheus !== undefined);
  for (const telemetry of levels) {
    for (const [index, { providers: own, overrides }] of (telemetry.spec.metrics ?? []).entries()) {
      if ((own ?? []).length > 0) {
        providers = (own ?? []).map(({ name }) => name);
        for (const name of providers.filter((name) => !isPrometheus(name))) {
          const origin = telemetry.originOf(['spec', 'metrics', index, 'providers']);
          findings.push(finding(messages.TelemetryProviderUnknown, origin, { signal: 'metrics', provider: name }));
        }
      }
      for (const [at, override] of (overrides ?? []).entries()) {
        if (!isForMode(override.match, mode)) continue;
        const wanted = override.match?.metric ?? 'ALL_METRICS';
        if (override.match?.customMetric !== undefined) continue;
        const tags = tagsOf(override.tagOverrides ?? {}, (tag, reason) => {
          const path = ['spec', 'metrics', index, 'overrides', at, 'tagOverrides', tag, 'value'];
          const effect = `The label ${tag} stays as it is`;
          findings.push(finding(messages.TelemetryExpression, telemetry.originOf(path), { reason, effect }));
        });
        for (const metric of wanted === 'ALL_METRICS' ? METRIC_NAMES : [wanted]) {
          const draft: Draft = drafts.get(metric) ?? { tags: {} };
          if (override.disabled !== undefined) draft.disabled = override.disabled;
          Object.assign(draft.tags, tags);
          drafts.set(metric, draft);
        }
      }
    }
  }
  if (!providers.some(isPrometheus)) return undefined;
  const overrides: Partial<Record<MetricName, MetricOverride>> = {};
  for (const [metric, { disabled, tags }] of drafts) {
    if (disabled !== true && Object.keys(tags).length === 0) continue;
    overrides[metric] = { ...(disabled === true ? { disabled } : {}), tags };
  }
  return { overrides };
}

function tagsOf(
  overrides: Readonly<
    Record<string, { readonly operation?: 'UPSERT' | 'REMOVE' | undefined; readonly value?: string | undefined }>
  >,
  refuse: (tag: string, reason: string) => void,
): Record<string, TagOverride> {
  const tags: Record<string, TagOverride> = {};
  for (const [tag, { operation, value = '' }] of Object.entries(overrides)) {
    if (operation === 'REMOVE') {
      tags[tag] = { remove: true };
      continue;
    }
    const parsed = parseCel(value);
    if ('cel' in parsed) tags[tag] = { expression: value, cel: parsed.cel };
    else refuse(tag, parsed.reason);
  }
  return tags;
}
