import type { AccessLogEntry } from '../../../engine/telemetry/access-log-entry.ts';
import type { ConfigOrigin } from '../../../engine/values.ts';
import { durationQuantile } from '../../telemetry/window/cell.ts';
import type { Peer, Traffic } from '../../telemetry/window/traffic.ts';
import type { TrafficWindow } from '../../telemetry/window/traffic-window.ts';
import type { FlowView, RequestView, SeriesView, TrafficView } from '../wire.ts';

/** The last seconds, by pair. */
export function trafficView(window: TrafficWindow, seconds: number): TrafficView {
  const { fromMs: oldestMs, toMs } = window.span();
  const range = { fromMs: Math.max(oldestMs, toMs - seconds * 1000), toMs };
  const total = window.series(range, seconds * 1000).reduce(addTraffic, NOTHING);
  return {
    nowMs: toMs,
    seconds,
    total: flowView(total, seconds),
    flows: window.pairs(range).map(({ pair: { reporter, source, destination, security }, ...traffic }) => ({
      reporter,
      source,
      destination,
      security,
      ...flowView(traffic, seconds),
    })),
    refusals: window.refusals(range),
  };
}

const NOTHING: Traffic = {
  requests: 0,
  errors: 0,
  durationSumMs: 0,
  durationCounts: [],
  bytesReceived: 0,
  bytesSent: 0,
  outcomes: [],
};

/** A range that begins in the middle of a step has two points. */
function addTraffic(sum: Traffic, point: Traffic): Traffic {
  const outcomes = new Map(sum.outcomes.map((outcome) => [`${outcome.code} ${outcome.flags}`, outcome]));
  for (const outcome of point.outcomes) {
    const key = `${outcome.code} ${outcome.flags}`;
    outcomes.set(key, { ...outcome, requests: outcome.requests + (outcomes.get(key)?.requests ?? 0) });
  }
  return {
    requests: sum.requests + point.requests,
    errors: sum.errors + point.errors,
    durationSumMs: sum.durationSumMs + point.durationSumMs,
    durationCounts: point.durationCounts.map((count, index) => count + (sum.durationCounts[index] ?? 0)),
    bytesReceived: sum.bytesReceived + point.bytesReceived,
    bytesSent: sum.bytesSent + point.bytesSent,
    outcomes: [...outcomes.values()],
  };
}

function flowView({ requests, errors, durationCounts, outcomes }: Traffic, seconds: number): FlowView {
  const quantiles = { p50Ms: 0.5, p95Ms: 0.95, p99Ms: 0.99 };
  const durations = Object.entries(quantiles).flatMap(([name, quantile]) => {
    const value = durationQuantile(durationCounts, quantile);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    requestsPerSecond: requests / seconds,
    errorShare: requests === 0 ? 0 : errors / requests,
    ...Object.fromEntries(durations),
    outcomes,
  };
}

/** What a gateway sends on, the edge has told of already. */
function isFirstWord({ kind }: Peer): boolean {
  return kind !== 'gateway';
}

/** Of one service, or of the whole edge. */
export function seriesView(window: TrafficWindow, seconds: number, stepMs: number, service?: string): SeriesView {
  const { fromMs: oldestMs, toMs } = window.span();
  const range = { fromMs: Math.max(oldestMs, toMs - seconds * 1000), toMs };
  const points =
    service === undefined
      ? window.series(range, stepMs)
      : window.series(
          range,
          stepMs,
          ({ source, destination }) => destination.service === service && isFirstWord(source),
        );
  const perSecond = stepMs / 1000;
  return {
    stepMs,
    timesMs: points.map(({ timeMs }) => timeMs),
    requestsPerSecond: points.map(({ requests }) => requests / perSecond),
    errorsPerSecond: points.map(({ errors }) => errors / perSecond),
    p50Ms: points.map(({ durationCounts }) => durationQuantile(durationCounts, 0.5) ?? null),
    p95Ms: points.map(({ durationCounts }) => durationQuantile(durationCounts, 0.95) ?? null),
  };
}

/** `locate` knows file and line: an edge tells of a rule only its object and field. */
export function requestViews(
  entries: readonly AccessLogEntry[],
  locate: (origin: ConfigOrigin) => ConfigOrigin,
): RequestView[] {
  return entries.map((entry) => requestView(entry, locate));
}

function requestView(entry: AccessLogEntry, locate: (origin: ConfigOrigin) => ConfigOrigin): RequestView {
  const { timeMs, requestId, traceId, reporter, instance, method, scheme, authority, path } = entry;
  const { code, flags, details, why, origin, service, durationMs, region } = entry;
  return {
    timeMs,
    requestId,
    ...(traceId === undefined ? {} : { traceId }),
    reporter,
    instance,
    method,
    url: `${scheme}://${authority}${path}`,
    code,
    flags,
    details,
    ...(why === undefined ? {} : { why }),
    ...(origin === undefined ? {} : { origin: locate(origin) }),
    service,
    durationMs,
    region,
  };
}
