import type { CustomTag, TracingConfig, TracingProvider } from '../../engine/telemetry/config.ts';
import type { Finding } from '../../resources/finding.ts';
import { finding, messages } from '../../resources/finding-messages.ts';
import type { Telemetry } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import type { MeshSettings } from '../model.ts';
import { isForMode, type TelemetryMode } from './mode.ts';
import { legacyZipkin, maxTagLengthOf, tracingProvider } from './providers.ts';

type Tracing = NonNullable<Telemetry['spec']['tracing']>[number];

/** PILOT_TRACE_SAMPLING. */
const DEFAULT_SAMPLING_PERCENT = 1;

/**
 * How a workload takes part in traces. Field by field the narrowest level that says something counts; then
 * meshConfig.defaultConfig.tracing, then Istio's defaults. Undefined where no provider is named anywhere and
 * `enableTracing` is off: no request is traced.
 */
export function resolveTracing(
  levels: readonly Telemetry[],
  mode: TelemetryMode,
  settings: MeshSettings,
  findings: Finding[],
): TracingConfig | undefined {
  const { meshConfig } = settings;
  const proxy = meshConfig.defaultConfig.tracing;
  const merged: Partial<Tracing> = {};
  let by: { readonly telemetry: Telemetry; readonly index: number } | undefined;
  let namedBy: { readonly telemetry: Telemetry; readonly index: number } | undefined;
  for (const telemetry of levels) {
    for (const [index, entry] of (telemetry.spec.tracing ?? []).entries()) {
      if (!isForMode(entry.match, mode)) continue;
      by = { telemetry, index };
      const { providers, customTags, match: _, ...rest } = entry;
      for (const [field, value] of Object.entries(rest))
        if (value !== undefined) Object.assign(merged, { [field]: value });
      if (Object.keys(customTags ?? {}).length > 0) merged.customTags = customTags;
      if ((providers ?? []).length > 0) {
        merged.providers = providers;
        namedBy = by;
      }
    }
  }
  const name = merged.providers?.[0]?.name ?? meshConfig.defaultProviders.tracing?.[0];
  if (name === undefined && !meshConfig.enableTracing) return undefined;
  const provider = name === undefined ? legacyZipkin(settings) : tracingProvider(name, settings);
  if (provider === undefined && name !== undefined && namedBy !== undefined) {
    const origin = namedBy.telemetry.originOf(['spec', 'tracing', namedBy.index, 'providers']);
    findings.push(finding(messages.TelemetryProviderUnknown, origin, { signal: 'tracing', provider: name }));
  }
  const maxTagLength = proxy?.maxPathTagLength ?? (name === undefined ? undefined : maxTagLengthOf(name, settings));
  return {
    samplingPercent: merged.randomSamplingPercentage ?? proxy?.sampling ?? DEFAULT_SAMPLING_PERCENT,
    ...reporting(merged, provider),
    customTags: tagsOf(merged.customTags ?? proxy?.customTags ?? {}),
    useRequestIdForSampling: merged.useRequestIdForTraceSampling ?? true,
    istioTags: merged.enableIstioTags ?? proxy?.enableIstioTags ?? true,
    ...(merged.disableContextPropagation === true ? { passOnly: true as const } : {}),
    ...(maxTagLength === undefined ? {} : { maxTagLength }),
    ...(by === undefined ? {} : { origin: configOrigin(by.telemetry, ['spec', 'tracing', by.index]) }),
  };
}

function reporting(
  { disableSpanReporting }: Partial<Tracing>,
  provider: TracingProvider | undefined,
): Pick<TracingConfig, 'provider'> {
  return disableSpanReporting === true || provider === undefined ? {} : { provider };
}

function tagsOf(
  tags: Readonly<
    Record<
      string,
      {
        readonly literal?: { readonly value?: string | undefined } | undefined;
        readonly header?:
          | { readonly name?: string | undefined; readonly defaultValue?: string | undefined }
          | undefined;
        readonly environment?:
          | { readonly name?: string | undefined; readonly defaultValue?: string | undefined }
          | undefined;
        readonly formatter?: { readonly value: string } | undefined;
      }
    >
  >,
): CustomTag[] {
  return Object.entries(tags)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { literal, header, environment, formatter }]): CustomTag[] => {
      if (literal?.value !== undefined) return [{ name, literal: literal.value }];
      if (header?.name !== undefined) {
        return [{ name, header: header.name.toLowerCase(), fallback: header.defaultValue ?? '' }];
      }
      if (environment?.name !== undefined) {
        return [{ name, environment: environment.name, fallback: environment.defaultValue ?? '' }];
      }
      return formatter === undefined ? [] : [{ name, formatter: formatter.value }];
    });
}
