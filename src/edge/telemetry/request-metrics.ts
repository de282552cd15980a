import { istioLabels } from '../../engine/telemetry/istio-labels.ts';
import { editedLabels, ValueLimits } from '../../engine/telemetry/metric-tags.ts';
import { UNKNOWN, UNKNOWN_WORKLOAD } from '../../engine/telemetry/workload-labels.ts';
import type { Exchange } from './exchange.ts';
import { EDGE_METRICS, type EdgeMetric, type PreparedScope } from './prepared-scope.ts';
import { type Labels, Series, SeriesMap } from './series-map.ts';

/** Series of an isolate between two pushes; what a mesh has of its own is far below. */
const MAX_SERIES = 1_000;
const MAX_REFUSAL_SERIES = 500;
const MAX_REGION_SERIES = 500;

/** What is pushed of one of Istio's metrics. */
export interface MetricSeries {
  readonly metric: EdgeMetric;
  readonly labels: Labels;
  readonly series: Series;
}

/** A plain counter. */
export interface Counter {
  readonly labels: Labels;
  value: number;
}

/** Counts requests as Istio's gateways do (ISTIO.md 4.4), by labels of the configuration: no path and no host of a client. */
export class RequestMetrics {
  readonly #series = new SeriesMap(MAX_SERIES, (labels) => new Counted(labels));
  readonly #refusals = new SeriesMap<Counter>(MAX_REFUSAL_SERIES, (labels) => ({ labels, value: 0 }));
  readonly #regions = new SeriesMap<Counter>(MAX_REGION_SERIES, (labels) => ({ labels, value: 0 }));
  readonly #limits = new ValueLimits();

  add(exchange: Exchange, scope: PreparedScope): void {
    const { metrics, workload } = scope;
    if (metrics === undefined) return;
    const { decision, flags, protocol, cluster, responseStatus = 0 } = exchange;
    const grpc = protocol === 'grpc' ? (exchange.grpcStatus ?? '') : '';
    let key = `${workload.namespace}/${workload.workload}|${cluster}|${responseStatus}|${flags}|${protocol}|${grpc}`;
    let tags: readonly string[] | undefined;
    if (metrics.values.length > 0) {
      const context = exchange.asContext();
      tags = metrics.values.map(({ id, read }) => this.#limits.bounded(id, read(context)));
      key += `|${tags.join('|')}`;
    }
    const counted = this.#series.at(key, () => {
      const destination = decision?.kind === 'forward' ? decision.cluster : undefined;
      const service = {
        host: destination?.host ?? UNKNOWN,
        name: destination?.labels?.serviceName ?? destination?.host ?? UNKNOWN,
        namespace: destination?.labels?.serviceNamespace ?? UNKNOWN,
      };
      return {
        ...istioLabels('source', workload, destination?.labels ?? UNKNOWN_WORKLOAD, service),
        request_protocol: protocol,
        response_code: String(responseStatus),
        grpc_response_status: grpc,
        response_flags: flags,
        // Known only to whoever has the connection: the gateway and the sidecar say it.
        connection_security_policy: UNKNOWN,
      };
    });
    counted.note(
      scope,
      tags,
      metrics.values.map(({ id }) => id),
    );
    const { series } = counted;
    series.requests++;
    series.duration.add(exchange.durationMs);
    series.requestBytes.add(exchange.bytesReceived);
    series.responseBytes.add(exchange.bytesSent);
    if (exchange.isRefused) this.#countRefusal(exchange);
    this.#countRegion(exchange.region === '' ? UNKNOWN : exchange.region, exchange);
  }

  #countRefusal(exchange: Exchange): void {
    const { flags, details, origin, decision, responseStatus = 0 } = exchange;
    const by = origin === undefined ? '' : `${origin.kind}/${origin.namespace}/${origin.name}`;
    const service = decision?.kind === 'forward' ? decision.cluster.host : '';
    const counter = this.#refusals.at(`${responseStatus}|${flags}|${details}|${by}|${service}`, () => ({
      response_code: String(responseStatus),
      response_flags: flags,
      reason: details,
      origin: by,
      destination_service: service,
    }));
    counter.value++;
  }

  #countRegion(region: string, { decision, responseStatus = 0 }: Exchange): void {
    const service = decision?.kind === 'forward' ? decision.cluster.host : '';
    const isError = responseStatus >= 500;
    const counter = this.#regions.at(`${region}|${service}|${isError}`, () => ({
      client_region: region,
      destination_service: service,
      outcome: isError ? 'error' : 'ok',
    }));
    counter.value++;
  }

  /** Every metric's series, labels edited as Telemetry says. */
  list(): MetricSeries[] {
    return this.#series.list().flatMap((counted) => counted.metrics());
  }

  get refusals(): readonly Counter[] {
    return this.#refusals.list();
  }

  get regions(): readonly Counter[] {
    return this.#regions.list();
  }

  get isEmpty(): boolean {
    return this.#series.size === 0;
  }

  /** What has been pushed as a difference is not pushed again. */
  clear(): void {
    this.#series.clear();
    this.#refusals.clear();
    this.#regions.clear();
  }
}

/** A series with what Telemetry makes of its labels. */
class Counted {
  readonly series: Series;
  #scope: PreparedScope | undefined;
  #tags: readonly string[] = [];
  #ids: readonly string[] = [];

  constructor(labels: Labels) {
    this.series = new Series(labels);
  }

  note(scope: PreparedScope, tags: readonly string[] | undefined, ids: readonly string[]): void {
    if (this.#scope !== undefined) return;
    this.#scope = scope;
    this.#tags = tags ?? [];
    this.#ids = ids;
  }

  metrics(): MetricSeries[] {
    const { series } = this;
    const edits = this.#scope?.metrics?.edits;
    if (edits === undefined) return [];
    return EDGE_METRICS.filter((metric) => !edits[metric].isDisabled).map((metric) => ({
      metric,
      labels: editedLabels(series.labels, edits[metric], (id) => this.#tags[this.#ids.indexOf(id)]),
      series,
    }));
  }
}
