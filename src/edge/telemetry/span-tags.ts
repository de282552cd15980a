import { HIDDEN, type SecretPlaces, withoutSecrets } from '../../engine/secrets/secret-places.ts';
import type { EndedContext } from '../../engine/telemetry/attributes.ts';
import type { CustomTag, TracingConfig } from '../../engine/telemetry/config.ts';
import { prepareLogLine } from '../../engine/telemetry/log-line.ts';
import type { WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';

export type SpanTags = (context: EndedContext) => readonly (readonly [name: string, value: string])[];

/** Istio's proxies cut long values here. */
const DEFAULT_MAX_LENGTH = 256;

/** Istio's own tags and those of Telemetry. A worker has no environment: such tags have their default. */
export function prepareSpanTags(
  tracing: TracingConfig | undefined,
  workload: WorkloadLabels,
  secrets: SecretPlaces,
): SpanTags {
  const maxLength = tracing?.maxTagLength ?? DEFAULT_MAX_LENGTH;
  const fixed: readonly (readonly [string, string])[] =
    tracing?.istioTags === false
      ? []
      : [
          ['istio.canonical_service', workload.canonicalService],
          ['istio.canonical_revision', workload.canonicalRevision],
          ['istio.namespace', workload.namespace],
          ['istio.cluster_id', workload.cluster],
        ];
  const custom = (tracing?.customTags ?? []).map((tag) => [tag.name, tagValue(tag, secrets)] as const);
  return (context) => [
    ...fixed,
    ...custom.flatMap(([name, read]) => {
      const value = read(context);
      return value === '' ? [] : [[name, value.slice(0, maxLength)] as const];
    }),
  ];
}

function tagValue(tag: CustomTag, secrets: SecretPlaces): (context: EndedContext) => string {
  if ('literal' in tag) return () => tag.literal;
  if ('environment' in tag) return () => tag.fallback;
  if ('formatter' in tag) return prepareLogLine({ text: tag.formatter }, false, secrets);
  const { header, fallback } = tag;
  if (secrets.headers.has(header)) return ({ request }) => (request.header(header) === null ? fallback : HIDDEN);
  return ({ request }) => withoutSecrets(request.header(header) ?? fallback, secrets);
}
