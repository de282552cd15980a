import type { MetricSeries } from './request-metrics.ts';

/** A binding of Workers Analytics Engine. */
export interface AnalyticsBinding {
  writeDataPoint(point: {
    readonly indexes: readonly string[];
    readonly blobs: readonly string[];
    readonly doubles: readonly number[];
  }): void;
}

/** Analytics Engine takes so many of one invocation. */
const MAX_POINTS = 250;
/** "The maximum size of an index is 96 bytes". */
const MAX_INDEX_LENGTH = 96;

/** The labels in blob1 … blob12: their order is what queries go by, so that new ones come last. */
const BLOBS = [
  'destination_service',
  'destination_workload',
  'destination_version',
  'response_code',
  'response_flags',
  'request_protocol',
  'grpc_response_status',
  'source_workload',
  'source_workload_namespace',
  'destination_service_name',
  'destination_service_namespace',
  'reporter',
] as const;

/** One point a series: double1 requests, double2 milliseconds, double3 bytes received, double4 bytes sent, in sum. */
export function writeAnalytics(binding: AnalyticsBinding, series: readonly MetricSeries[], location: string): void {
  const counts = series.filter(({ metric }) => metric === 'REQUEST_COUNT').slice(0, MAX_POINTS);
  for (const { labels, series } of counts) {
    binding.writeDataPoint({
      indexes: [(labels.destination_service ?? '').slice(0, MAX_INDEX_LENGTH)],
      blobs: [...BLOBS.map((name) => labels[name] ?? ''), location],
      doubles: [series.requests, series.duration.sum, series.requestBytes.sum, series.responseBytes.sum],
    });
  }
}

export function analyticsBinding(value: unknown): AnalyticsBinding | undefined {
  const isBinding = typeof value === 'object' && value !== null && 'writeDataPoint' in value;
  return isBinding ? (value as AnalyticsBinding) : undefined;
}
