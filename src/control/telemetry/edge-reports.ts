import { HISTOGRAM_BOUNDS } from '../../engine/telemetry/buckets.ts';
import type { MetricsPush } from './otlp/read-metrics.ts';
import type { Labels, MetricStore } from './prometheus/metric-store.ts';
import type { TrafficSample } from './window/cell.ts';
import { calledOf } from './window/peer-labels.ts';
import type { Peer } from './window/traffic.ts';
import type { TrafficWindow } from './window/traffic-window.ts';

/** Isolates whose last batch is remembered. */
const MAX_INSTANCES = 10_000;

/** What edges push: added up for Prometheus, and laid into the window by pair and second. */
export class EdgeReports {
  readonly #store: MetricStore;
  readonly #window: TrafficWindow;
  readonly #sequences = new Map<string, number>();
  readonly #versions = new Map<
    string,
    { readonly location: string; readonly version: number; readonly atMs: number }
  >();

  constructor(store: MetricStore, window: TrafficWindow) {
    this.#store = store;
    this.#window = window;
  }

  /** False: this batch has been counted already. */
  add(push: MetricsPush, nowMs: number): boolean {
    if (!this.#isNew(push)) return false;
    for (const { name, labels, value } of push.sums) this.#store.addToCounter(name, labels, value);
    for (const histogram of push.histograms) this.#store.addToHistogram(histogram.name, histogram.labels, histogram);
    const version = push.gauges.find(({ name }) => name === 'foresail_edge_snapshot_version')?.value;
    if (version !== undefined) this.#remember(push, version, nowMs);
    this.#intoWindow(push);
    return true;
  }

  /** Versions that isolates have served, as far as they have pushed of late. */
  versions(sinceMs: number): readonly { readonly location: string; readonly version: number }[] {
    return [...this.#versions.values()].filter(({ atMs }) => atMs >= sinceMs);
  }

  #isNew({ instance, sequence }: MetricsPush): boolean {
    if (sequence === undefined || instance === '') return true;
    const last = this.#sequences.get(instance);
    if (last !== undefined && sequence <= last) return false;
    this.#sequences.delete(instance);
    this.#sequences.set(instance, sequence);
    for (const [oldest] of this.#sequences) {
      if (this.#sequences.size <= MAX_INSTANCES) break;
      this.#sequences.delete(oldest);
    }
    return true;
  }

  #remember({ instance, location }: MetricsPush, version: number, atMs: number): void {
    this.#versions.delete(instance);
    this.#versions.set(instance, { location, version, atMs });
    for (const [oldest] of this.#versions) {
      if (this.#versions.size <= MAX_INSTANCES) break;
      this.#versions.delete(oldest);
    }
  }

  #intoWindow({ location, sums, histograms }: MetricsPush): void {
    const edge: Peer = { kind: 'edge', name: location, namespace: '', version: '', service: '' };
    const bytes = new Map<string, { received: number; sent: number }>();
    for (const { name, labels, sum } of histograms) {
      if (name !== 'istio_request_bytes' && name !== 'istio_response_bytes') continue;
      const key = requestKey(labels);
      const both = bytes.get(key) ?? { received: 0, sent: 0 };
      if (name === 'istio_request_bytes') both.received += sum;
      else both.sent += sum;
      bytes.set(key, both);
    }
    for (const { name, labels, timeMs, count, sum, counts } of histograms) {
      if (name !== 'istio_request_duration_milliseconds') continue;
      const { received = 0, sent = 0 } = bytes.get(requestKey(labels)) ?? {};
      this.#window.add(
        {
          reporter: 'edge',
          source: edge,
          destination: calledOf(labels),
          protocol: labels.request_protocol ?? 'http',
          security: 'unknown',
        },
        timeMs,
        {
          code: Number(labels.response_code ?? 0),
          flags: labels.response_flags ?? '-',
          requests: count,
          durationSumMs: sum,
          durationCounts: counts,
          bytesReceived: received,
          bytesSent: sent,
        },
      );
    }
    for (const { name, labels, timeMs, value } of sums) {
      if (name === 'foresail_edge_client_requests_total') {
        const region = labels.client_region ?? 'unknown';
        const client: Peer = { kind: 'client', name: region, namespace: '', version: '', service: '' };
        const pair = {
          reporter: 'edge',
          source: client,
          destination: edge,
          protocol: 'http',
          security: 'unknown',
        } as const;
        this.#window.add(pair, timeMs, withoutDuration(value, labels.outcome === 'error'));
      } else if (name === 'foresail_edge_refusals_total') {
        this.#window.addRefusals(timeMs, {
          code: Number(labels.response_code ?? 0),
          flags: labels.response_flags ?? '-',
          reason: labels.reason ?? '',
          origin: labels.origin ?? '',
          service: labels.destination_service ?? '',
          requests: value,
        });
      }
    }
  }
}

function requestKey(labels: Labels): string {
  const { destination_service, destination_workload, destination_version, response_code, response_flags } = labels;
  const { request_protocol, grpc_response_status } = labels;
  return [
    destination_service,
    destination_workload,
    destination_version,
    response_code,
    response_flags,
    request_protocol,
    grpc_response_status,
  ].join('|');
}

/** Codes are told by pairs with a destination; here it only matters whether it went well. */
function withoutDuration(requests: number, isError: boolean): TrafficSample {
  return {
    code: isError ? 500 : 200,
    flags: '-',
    requests,
    durationSumMs: 0,
    durationCounts: new Array<number>(HISTOGRAM_BOUNDS.length + 1).fill(0),
    bytesReceived: 0,
    bytesSent: 0,
  };
}
