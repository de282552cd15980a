import type { LoggedHttp } from '../../agent/telemetry/access-log-messages.ts';
import type { CountedRequest } from '../../agent/telemetry/istio-metrics.ts';
import type { AccessLogEntry } from '../../engine/telemetry/access-log-entry.ts';
import type { ConfigOrigin } from '../../engine/values.ts';
import { durationCountsOf } from './window/cell.ts';
import { calledOf, calleeOf, known, sourceOf } from './window/peer-labels.ts';
import type { Pair } from './window/traffic.ts';
import type { TrafficWindow } from './window/traffic-window.ts';

/** An Envoy whose requests are told one by one. */
export interface ReportingProxy {
  readonly type: 'sidecar' | 'router';
  readonly name: string;
  readonly namespace: string;
}

/** Lines that are kept of each second; under load there are many more than anybody reads. */
const MAX_LINES_PER_SECOND = 400;

/** Lays what gateways and sidecars count into the window, beside what edges push. */
export class ProxyReports {
  readonly #window: TrafficWindow;
  readonly #nowMs: () => number;
  #second = 0;
  #lines = 0;

  constructor(window: TrafficWindow, nowMs: () => number = Date.now) {
    this.#window = window;
    this.#nowMs = nowMs;
  }

  add(proxy: ReportingProxy, counted: CountedRequest): void {
    const { entry, labels } = counted;
    this.#window.add(pairOf(proxy, counted), entry.startedMs, {
      code: entry.code,
      flags: entry.flags,
      requests: 1,
      durationSumMs: entry.durationMs,
      durationCounts: durationCountsOf(entry.durationMs),
      bytesReceived: entry.requestBytes,
      bytesSent: entry.responseBytes,
    });
    if (this.#mayKeepLine()) this.#window.entries.add(lineOf(proxy, counted, known(labels.destination_service)));
  }

  #mayKeepLine(): boolean {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#lines = 0;
    }
    this.#lines++;
    return this.#lines <= MAX_LINES_PER_SECOND;
  }
}

function pairOf({ type, name, namespace }: ReportingProxy, { reporter, labels }: CountedRequest): Pair {
  const source = sourceOf(labels);
  const isSource = reporter.role === 'source';
  const security = labels.connection_security_policy;
  return {
    reporter: reporter.role,
    source: isSource && type === 'router' ? { ...source, kind: 'gateway', name, namespace } : source,
    destination: isSource ? calledOf(labels) : calleeOf(labels),
    protocol: labels.request_protocol ?? 'http',
    security: security === 'mutual_tls' || security === 'none' ? security : 'unknown',
  };
}

function lineOf({ type, name }: ReportingProxy, { reporter, entry }: CountedRequest, service: string): AccessLogEntry {
  const origin = refusedBy(entry);
  return {
    timeMs: entry.startedMs,
    reporter: type === 'router' ? 'gateway' : 'sidecar',
    instance: type === 'router' ? name : `${name} ${reporter.role === 'source' ? 'out' : 'in'}`,
    requestId: entry.requestId,
    method: entry.method,
    scheme: entry.scheme === 'https' ? 'https' : 'http',
    authority: entry.authority,
    path: entry.path.split('?')[0] ?? '',
    code: entry.code,
    flags: entry.flags,
    details: entry.details,
    ...(origin === undefined ? {} : { origin }),
    routeName: entry.routeName,
    cluster: entry.upstreamCluster,
    service,
    bytesReceived: entry.requestBytes,
    bytesSent: entry.responseBytes,
    durationMs: Math.round(entry.durationMs),
    clientAddress: '',
    region: '',
    userAgent: entry.userAgent,
  };
}

/** Policies have names in Envoy that tell which object they are of. */
function refusedBy({ details }: LoggedHttp): ConfigOrigin | undefined {
  const [, namespace, name] = /policy\[ns\[([^\]]+)\]-policy\[([^\]]+)\]/.exec(details) ?? [];
  if (namespace === undefined || name === undefined) return undefined;
  return { kind: 'AuthorizationPolicy', namespace, name };
}
