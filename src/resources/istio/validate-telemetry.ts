import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { checkPolicyTarget } from './policy-target.ts';
import type { TelemetryMetrics, TelemetrySpec, TelemetryTracing } from './telemetry-schema.ts';

/** Istio's ValidateTelemetry. */
export function validateTelemetry(spec: TelemetrySpec, report: Report): void {
  checkPolicyTarget(spec, report);
  const { tracing = [], metrics = [], accessLogging = [] } = spec;
  if (tracing.length > 1) report.warning(['spec', 'tracing'], 'multiple tracing is not currently supported');
  for (const [index, entry] of tracing.entries()) checkTracing(entry, ['spec', 'tracing', index], report);
  for (const [index, entry] of metrics.entries()) checkMetrics(entry, ['spec', 'metrics', index], report);
  for (const [index, { providers }] of accessLogging.entries()) {
    checkProviders(providers, ['spec', 'accessLogging', index], report);
  }
}

function checkProviders(providers: readonly { name: string }[] | undefined, path: FieldPath, report: Report): void {
  for (const [index, { name }] of (providers ?? []).entries()) {
    if (name === '') report.error([...path, 'providers', index, 'name'], 'providers.name may not be empty');
  }
}

function checkTracing(tracing: TelemetryTracing, path: FieldPath, report: Report): void {
  checkProviders(tracing.providers, path, report);
  if ((tracing.providers?.length ?? 0) > 1) {
    report.warning([...path, 'providers'], 'multiple providers is not currently supported');
  }
  const percentage = tracing.randomSamplingPercentage ?? 0;
  if (percentage < 0 || percentage > 100) {
    report.error([...path, 'randomSamplingPercentage'], 'randomSamplingPercentage must be in range [0.0, 100.0]');
  }
  for (const [name, tag] of Object.entries(tracing.customTags ?? {})) {
    const tagPath = [...path, 'customTags', name];
    if (name === '') report.error(tagPath, 'tag name may not be empty');
    const { literal, environment, header, formatter } = tag;
    const given = [literal, environment, header, formatter].filter((one) => one !== undefined).length;
    if (given !== 1) report.error(tagPath, 'exactly one of literal, environment, header and formatter must be set');
    if (literal?.value === '') report.error(tagPath, 'literal tag value may not be empty');
    if (header?.name === '') report.error(tagPath, 'header tag name may not be empty');
    if (environment?.name === '') report.error(tagPath, 'environment tag name may not be empty');
  }
}

function checkMetrics(metrics: TelemetryMetrics, path: FieldPath, report: Report): void {
  checkProviders(metrics.providers, path, report);
  for (const [index, { match, tagOverrides }] of (metrics.overrides ?? []).entries()) {
    const overridePath = [...path, 'overrides', index];
    if (match?.metric !== undefined && match.customMetric !== undefined) {
      report.error([...overridePath, 'match'], 'only one of metric and customMetric can be set');
    }
    if (match?.customMetric === '') report.error([...overridePath, 'match'], 'customMetric may not be empty');
    for (const [tag, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides ?? {})) {
      const tagPath = [...overridePath, 'tagOverrides', tag];
      if (tag === '') report.warning(tagPath, 'tagOverrides.name may not be empty');
      if (operation === 'UPSERT' && value === '') {
        report.error(tagPath, 'tagOverrides.value must be set when operation is UPSERT');
      }
      if (operation === 'REMOVE' && value !== '') {
        report.error(tagPath, 'tagOverrides.value may only be set when operation is UPSERT');
      }
    }
  }
}
