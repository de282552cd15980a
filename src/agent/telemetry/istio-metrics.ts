import { bucketIndex, HISTOGRAM_BOUNDS } from '../../engine/telemetry/buckets.ts';
import { type CalledService, istioLabels, labelText, type MetricLabels } from '../../engine/telemetry/istio-labels.ts';
import { UNKNOWN, UNKNOWN_WORKLOAD, type WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import type { LoggedHttp, LoggedTcp } from './access-log-messages.ts';

/** Who reports, and in which role. */
export interface Reporter {
  readonly role: 'source' | 'destination';
  readonly workload: WorkloadLabels;
}

interface Series {
  readonly labels: string;
  readonly counters: Map<string, number>;
  readonly histograms: Map<string, { readonly counts: number[]; sum: number }>;
}

/** Beside one workload there are few; what is beyond is one series. */
const MAX_SERIES = 2_000;

const LOG_NAME = /^istio-metrics (source|destination) (\{.*\})$/;

/** Reads what the control plane has written into the name of the log. Undefined: another log. */
export function readReporter(logName: string): Reporter | undefined {
  const [, role, json] = LOG_NAME.exec(logName) ?? [];
  if (json === undefined) return undefined;
  const workload = { ...UNKNOWN_WORKLOAD, ...(JSON.parse(json) as Partial<WorkloadLabels>) };
  return { role: role === 'source' ? 'source' : 'destination', workload };
}

/** Istio's metrics of one proxy (ISTIO.md 4.4), counted from what Envoy tells of each request and connection. */
export class IstioMetrics {
  readonly #series = new Map<string, Series>();

  addHttp(reporter: Reporter, entry: LoggedHttp): void {
    const isGrpc = entry.contentType.startsWith('application/grpc');
    const series = this.#at({
      ...labelsOf(reporter, entry),
      request_protocol: isGrpc ? 'grpc' : 'http',
      response_code: String(entry.code),
      grpc_response_status: isGrpc ? entry.grpcStatus : '',
      response_flags: entry.flags,
      connection_security_policy: securityOf(reporter, entry),
    });
    count(series, 'istio_requests_total', 1);
    observe(series, 'istio_request_duration_milliseconds', entry.durationMs);
    observe(series, 'istio_request_bytes', entry.requestBytes);
    observe(series, 'istio_response_bytes', entry.responseBytes);
  }

  /** Envoy tells of a connection when it ends: it is counted as opened and as closed then. */
  addTcp(reporter: Reporter, entry: LoggedTcp): void {
    const series = this.#at({
      ...labelsOf(reporter, entry),
      request_protocol: 'tcp',
      response_flags: entry.flags,
      connection_security_policy: securityOf(reporter, entry),
    });
    count(series, 'istio_tcp_connections_opened_total', 1);
    count(series, 'istio_tcp_connections_closed_total', 1);
    count(series, 'istio_tcp_received_bytes_total', entry.receivedBytes);
    count(series, 'istio_tcp_sent_bytes_total', entry.sentBytes);
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

function count({ counters }: Series, name: string, value: number): void {
  counters.set(name, (counters.get(name) ?? 0) + value);
}

function observe({ histograms }: Series, name: string, value: number): void {
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
  const source = isSource ? own : callerOf(entry.peerUri);
  const destination = isSource ? endpointOf(entry.tags.get('peer') ?? '') : own;
  const service = isSource ? serviceOf(entry.upstreamCluster) : serviceOfWorkload(own);
  return istioLabels(reporter.role, source, destination, service);
}

/** A certificate names namespace and service account, no workload. */
function callerOf(uri: string): WorkloadLabels {
  const namespace = /^spiffe:\/\/[^/]+\/ns\/([^/]+)\/sa\//.exec(uri)?.[1];
  return namespace === undefined ? UNKNOWN_WORKLOAD : { ...UNKNOWN_WORKLOAD, namespace, principal: uri };
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
