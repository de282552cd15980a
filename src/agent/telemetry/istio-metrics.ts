import { bucketIndex, HISTOGRAM_BOUNDS } from '../../engine/telemetry/buckets.ts';
import type { MetricName, MetricsConfig } from '../../engine/telemetry/config.ts';
import { type CalledService, istioLabels, labelText, type MetricLabels } from '../../engine/telemetry/istio-labels.ts';
import { editedLabels, type MetricTags, prepareMetricTags, ValueLimits } from '../../engine/telemetry/metric-tags.ts';
import { believedPeer, namespaceOf } from '../../engine/telemetry/peer-text.ts';
import { UNKNOWN, UNKNOWN_WORKLOAD, type WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import type { LoggedHttp, LoggedTcp } from './access-log-messages.ts';
import { type Logged, loggedAttributes } from './logged-attributes.ts';

/** Who reports, in which role, and what Telemetry has changed in the figures. */
export interface Reporter {
  readonly role: 'source' | 'destination';
  readonly workload: WorkloadLabels;
  readonly tags: MetricTags<Logged>;
}

/** One request as it was counted, with the labels that Istio gives it. */
export interface CountedRequest {
  readonly reporter: Reporter;
  readonly entry: LoggedHttp;
  readonly labels: MetricLabels;
}

interface Series {
  readonly labels: string;
  readonly counters: Map<string, number>;
  readonly histograms: Map<string, { readonly counts: number[]; sum: number }>;
}

/** Beside one workload there are few; what is beyond is one series. */
const MAX_SERIES = 2_000;

const LOG_NAME = /^istio-metrics (source|destination) (\{.*\})$/;

/** Of those that Telemetry can change, the ones that are told of a request and of a connection. */
const HTTP_METRICS = {
  REQUEST_COUNT: 'istio_requests_total',
  REQUEST_DURATION: 'istio_request_duration_milliseconds',
  REQUEST_SIZE: 'istio_request_bytes',
  RESPONSE_SIZE: 'istio_response_bytes',
} as const;
const TCP_METRICS = {
  TCP_OPENED_CONNECTIONS: 'istio_tcp_connections_opened_total',
  TCP_CLOSED_CONNECTIONS: 'istio_tcp_connections_closed_total',
  TCP_RECEIVED_BYTES: 'istio_tcp_received_bytes_total',
  TCP_SENT_BYTES: 'istio_tcp_sent_bytes_total',
} as const;
const NAMES: Readonly<Partial<Record<MetricName, string>>> = { ...HTTP_METRICS, ...TCP_METRICS };
const METRICS = Object.keys(NAMES) as MetricName[];

/** Reads what the control plane has written into the name of the log. Undefined: another log. */
export function readReporter(logName: string): Reporter | undefined {
  const [, role, json] = LOG_NAME.exec(logName) ?? [];
  if (json === undefined) return undefined;
  const { workload, overrides } = JSON.parse(json) as Partial<MetricsConfig> & { workload?: Partial<WorkloadLabels> };
  return {
    role: role === 'source' ? 'source' : 'destination',
    workload: { ...UNKNOWN_WORKLOAD, ...workload },
    tags: prepareMetricTags({ overrides: overrides ?? {} }, METRICS, loggedAttributes),
  };
}

/** Istio's metrics of one proxy (ISTIO.md 4.4), counted from what Envoy tells of each request and connection. */
export class IstioMetrics {
  readonly #series = new Map<string, Series>();
  readonly #limits = new ValueLimits();
  readonly #onRequest: ((request: CountedRequest) => void) | undefined;

  /** `onRequest` hears of every request as it is counted. */
  constructor(onRequest?: (request: CountedRequest) => void) {
    this.#onRequest = onRequest;
  }

  addHttp(reporter: Reporter, entry: LoggedHttp): void {
    const isGrpc = entry.contentType.startsWith('application/grpc');
    const labels = {
      ...labelsOf(reporter, entry),
      request_protocol: isGrpc ? 'grpc' : 'http',
      response_code: String(entry.code),
      grpc_response_status: isGrpc ? entry.grpcStatus : '',
      response_flags: entry.flags,
      connection_security_policy: securityOf(reporter, entry),
    };
    const at = this.#seriesOf(reporter, labels, entry);
    count(at('REQUEST_COUNT'), HTTP_METRICS.REQUEST_COUNT, 1);
    observe(at('REQUEST_DURATION'), HTTP_METRICS.REQUEST_DURATION, entry.durationMs);
    observe(at('REQUEST_SIZE'), HTTP_METRICS.REQUEST_SIZE, entry.requestBytes);
    observe(at('RESPONSE_SIZE'), HTTP_METRICS.RESPONSE_SIZE, entry.responseBytes);
    this.#onRequest?.({ reporter, entry, labels });
  }

  /** Envoy tells of a connection when its upstream is there, and when it ends: with its bytes, and why. */
  addTcp(reporter: Reporter, entry: LoggedTcp): void {
    const labels = {
      ...labelsOf(reporter, entry),
      request_protocol: 'tcp',
      connection_security_policy: securityOf(reporter, entry),
    };
    const at = this.#seriesOf(reporter, { ...labels, response_flags: entry.flags }, entry);
    if (entry.isOpening || NEVER_OPENED.test(entry.flags)) {
      count(at('TCP_OPENED_CONNECTIONS'), TCP_METRICS.TCP_OPENED_CONNECTIONS, 1);
    }
    if (entry.isOpening) return;
    count(at('TCP_CLOSED_CONNECTIONS'), TCP_METRICS.TCP_CLOSED_CONNECTIONS, 1);
    count(at('TCP_RECEIVED_BYTES'), TCP_METRICS.TCP_RECEIVED_BYTES, entry.receivedBytes);
    count(at('TCP_SENT_BYTES'), TCP_METRICS.TCP_SENT_BYTES, entry.sentBytes);
  }

  /** Prometheus' text format; lines of one metric together. */
  text(): string {
    const byMetric = new Map<string, string[]>();
    const linesOf = (name: string, type: string): string[] => {
      let lines = byMetric.get(name);
      if (lines === undefined) {
        lines = [`# TYPE ${name} ${type}`];
        byMetric.set(name, lines);
      }
      return lines;
    };
    for (const { labels, counters, histograms } of this.#series.values()) {
      for (const [name, value] of counters) linesOf(name, 'counter').push(`${name}{${labels}} ${value}`);
      for (const [name, { counts, sum }] of histograms) {
        const lines = linesOf(name, 'histogram');
        let below = 0;
        for (const [index, value] of counts.entries()) {
          below += value;
          lines.push(`${name}_bucket{${labels},le="${HISTOGRAM_BOUNDS[index] ?? '+Inf'}"} ${below}`);
        }
        lines.push(`${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${below}`);
      }
    }
    return [...byMetric.values()].map((lines) => `${lines.join('\n')}\n`).join('');
  }

  /** The series of each metric: one for all of them unless Telemetry has changed labels. Undefined: it is switched off. */
  #seriesOf({ tags }: Reporter, labels: MetricLabels, entry: Logged): (metric: MetricName) => Series | undefined {
    const values = new Map(tags.values.map(({ id, read }) => [id, this.#limits.bounded(id, read(entry))]));
    let plain: Series | undefined;
    return (metric) => {
      const edit = tags.edits[metric];
      if (edit.isDisabled) return undefined;
      const edited = editedLabels(labels, edit, (id) => values.get(id));
      if (edited !== labels) return this.#at(edited);
      plain ??= this.#at(labels);
      return plain;
    };
  }

  #at(labels: MetricLabels): Series {
    let key = labelText(labels);
    if (!this.#series.has(key) && this.#series.size >= MAX_SERIES) {
      key = labelText(Object.fromEntries(Object.keys(labels).map((name) => [name, 'other'])));
    }
    let series = this.#series.get(key);
    if (series === undefined) {
      series = { labels: key, counters: new Map(), histograms: new Map() };
      this.#series.set(key, series);
    }
    return series;
  }
}

/** No upstream was reached: Envoy tells only of the end. */
const NEVER_OPENED = /\b(?:UF|UH|NC|NR|UO)\b/;

function count(series: Series | undefined, name: string, value: number): void {
  if (series === undefined) return;
  const { counters } = series;
  counters.set(name, (counters.get(name) ?? 0) + value);
}

function observe(series: Series | undefined, name: string, value: number): void {
  if (series === undefined) return;
  const { histograms } = series;
  let histogram = histograms.get(name);
  if (histogram === undefined) {
    histogram = { counts: new Array<number>(HISTOGRAM_BOUNDS.length + 1).fill(0), sum: 0 };
    histograms.set(name, histogram);
  }
  const index = bucketIndex(value);
  histogram.counts[index] = (histogram.counts[index] ?? 0) + 1;
  histogram.sum += value;
}

/** Only whoever takes a connection knows what it is protected by. */
function securityOf({ role }: Reporter, { peerUri }: LoggedHttp | LoggedTcp): string {
  if (role === 'source') return UNKNOWN;
  return peerUri === '' ? 'none' : 'mutual_tls';
}

function labelsOf(reporter: Reporter, entry: LoggedHttp | LoggedTcp): MetricLabels {
  const own = reporter.workload;
  const isSource = reporter.role === 'source';
  const source = isSource ? own : callerOf(entry);
  const destination = isSource ? endpointOf(entry.tags.get('peer') ?? '') : own;
  const service = isSource ? serviceOf(entry.upstreamCluster) : serviceOfWorkload(own);
  return istioLabels(reporter.role, source, destination, service);
}

/** A certificate names namespace and service account; the workload is what its own proxy says, where both agree. */
function callerOf({ peerUri, peer }: LoggedHttp | LoggedTcp): WorkloadLabels {
  const namespace = namespaceOf(peerUri);
  if (namespace === undefined) return UNKNOWN_WORKLOAD;
  return believedPeer(peer, peerUri) ?? { ...UNKNOWN_WORKLOAD, namespace, principal: peerUri };
}

/** `<workload>;<namespace>;<canonical service>;<canonical revision>;<cluster>`, Istio's form in endpoint metadata. */
function endpointOf(text: string): WorkloadLabels {
  const [workload, namespace, canonicalService, canonicalRevision, cluster] = text
    .split(';')
    .map((part) => part || UNKNOWN);
  if (workload === undefined || workload === UNKNOWN) return UNKNOWN_WORKLOAD;
  return {
    ...UNKNOWN_WORKLOAD,
    workload,
    namespace: namespace ?? UNKNOWN,
    app: canonicalService ?? UNKNOWN,
    version: canonicalRevision ?? UNKNOWN,
    canonicalService: canonicalService ?? UNKNOWN,
    canonicalRevision: canonicalRevision ?? UNKNOWN,
    cluster: cluster ?? UNKNOWN,
  };
}

/** `outbound|80|v1|reviews.default.svc.cluster.local` */
function serviceOf(cluster: string): CalledService {
  const host = cluster.split('|')[3];
  if (host === undefined || host === '') return { host: UNKNOWN, name: cluster || UNKNOWN, namespace: UNKNOWN };
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\./.exec(host) ?? [];
  return { host, name: name ?? host, namespace: namespace ?? UNKNOWN };
}

/** Which of its services was called, a workload cannot tell. */
function serviceOfWorkload({ canonicalService, namespace }: WorkloadLabels): CalledService {
  return { host: UNKNOWN, name: canonicalService, namespace };
}
