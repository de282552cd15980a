import type { GatewayConfig, GatewayTelemetry } from '../../engine/config.ts';
import type { RequestFacts } from '../../engine/facts.ts';
import type { PolicyScope } from '../../engine/policy-config.ts';
import { type SecretPlaces, secretPlaces } from '../../engine/secrets/secret-places.ts';
import { chooseServer } from '../../engine/server.ts';
import type { ServingConfig } from '../../engine/serving.ts';
import { type EndedContext, exchangeAttributes } from '../../engine/telemetry/attributes.ts';
import type { AccessLogConfig, TracingConfig } from '../../engine/telemetry/config.ts';
import { type LogLine, prepareLogLine } from '../../engine/telemetry/log-line.ts';
import { type MetricTags, prepareMetricTags } from '../../engine/telemetry/metric-tags.ts';
import { type PreparedCel, prepareCel } from '../../engine/telemetry/prepare-cel.ts';
import { UNKNOWN_WORKLOAD, type WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import { prepareSpanTags, type SpanTags } from './span-tags.ts';

/** The metrics of HTTP traffic that an edge reports. */
export const EDGE_METRICS = ['REQUEST_COUNT', 'REQUEST_DURATION', 'REQUEST_SIZE', 'RESPONSE_SIZE'] as const;
export type EdgeMetric = (typeof EDGE_METRICS)[number];

/** The telemetry of one gateway workload, ready to be used. */
export interface PreparedScope {
  readonly workload: WorkloadLabels;
  readonly secrets: SecretPlaces;
  readonly logs: readonly PreparedLog[];
  readonly tracing: TracingConfig | undefined;
  readonly spanTags: SpanTags;
  /** Undefined: nothing is counted. */
  readonly metrics: MetricTags<EndedContext, EdgeMetric> | undefined;
}

export interface PreparedLog {
  readonly sink: AccessLogConfig['sink'];
  readonly line: LogLine;
  readonly filter: PreparedCel<EndedContext> | undefined;
}

const prepared = new WeakMap<GatewayConfig, ReadonlyMap<string, PreparedScope>>();

/** By the gateway that the request has come to; where there is only one, that. */
export function scopeFor(serving: ServingConfig, facts: RequestFacts): PreparedScope | undefined {
  let scopes = prepared.get(serving.gateway);
  if (scopes === undefined) {
    scopes = prepareAll(serving.gateway);
    prepared.set(serving.gateway, scopes);
  }
  if (scopes.size === 0) return undefined;
  if (scopes.size === 1) for (const scope of scopes.values()) return scope;
  const { table } = chooseServer(serving, facts);
  return table === undefined ? undefined : scopes.get(table.policies);
}

/** What holds before there is a configuration. */
export const NO_SCOPE: PreparedScope = prepareScope(
  { scope: { accessLogs: [], metrics: { overrides: {} } }, workload: UNKNOWN_WORKLOAD },
  undefined,
);

function prepareAll({ telemetry = {}, policies }: GatewayConfig): ReadonlyMap<string, PreparedScope> {
  return new Map(Object.entries(telemetry).map(([key, value]) => [key, prepareScope(value, policies[key])]));
}

function prepareScope({ scope, workload }: GatewayTelemetry, policies: PolicyScope | undefined): PreparedScope {
  const secrets = secretPlaces(policies?.jwt ?? []);
  return {
    workload,
    secrets,
    logs: scope.accessLogs.map(({ sink, format, omitEmptyValues, filter }) => ({
      sink,
      line: prepareLogLine(format, omitEmptyValues === true, secrets),
      filter: filter === undefined ? undefined : prepareCel(filter.cel, exchangeAttributes()),
    })),
    tracing: scope.tracing,
    spanTags: prepareSpanTags(scope.tracing, workload, secrets),
    metrics:
      scope.metrics === undefined
        ? undefined
        : prepareMetricTags(scope.metrics, EDGE_METRICS, exchangeAttributes(secrets)),
  };
}
