import type * as z from 'zod';
import type { Labels } from '../prometheus/metric-store.ts';
import type { metricsSchema } from './schema.ts';

/** The differences that one edge isolate reports at once. */
export interface MetricsPush {
  readonly instance: string;
  readonly location: string;
  /** Undefined: the sender does not number its batches. */
  readonly sequence: number | undefined;
  readonly sums: readonly SumPoint[];
  readonly histograms: readonly HistogramPoint[];
  readonly gauges: readonly SumPoint[];
}

export interface SumPoint {
  readonly name: string;
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: number;
}

export interface HistogramPoint {
  readonly name: string;
  readonly labels: Labels;
  readonly timeMs: number;
  readonly count: number;
  readonly sum: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
}

/** OpenTelemetry's AggregationTemporality. */
const DELTA = 1;

export class CumulativeMetrics extends Error {
  override readonly name = 'CumulativeMetrics';

  constructor(metric: string) {
    super(
      `${metric} has cumulative values, but the values of many short-lived isolates can only be added up as differences: set OTLP_TEMPORALITY to "delta"`,
    );
  }
}

/** Throws CumulativeMetrics. */
export function readMetrics(body: z.output<typeof metricsSchema>, nowMs: number): MetricsPush[] {
  return body.resourceMetrics.flatMap(({ resource, scopeMetrics }) =>
    scopeMetrics.map(({ scope, metrics }) => {
      const sums: SumPoint[] = [];
      const histograms: HistogramPoint[] = [];
      const gauges: SumPoint[] = [];
      for (const { name, sum, histogram, gauge } of metrics) {
        const temporality = sum?.aggregationTemporality ?? histogram?.aggregationTemporality ?? DELTA;
        if (temporality !== DELTA) throw new CumulativeMetrics(name);
        for (const point of sum?.dataPoints ?? []) sums.push(sumPoint(name, point, nowMs));
        for (const point of gauge?.dataPoints ?? []) gauges.push(sumPoint(name, point, nowMs));
        for (const { attributes, timeUnixNano, count, sum, explicitBounds, bucketCounts } of histogram?.dataPoints ??
          []) {
          const timeMs = timeUnixNano ?? nowMs;
          histograms.push({
            name,
            labels: attributes,
            timeMs,
            count,
            sum,
            bounds: explicitBounds,
            counts: bucketCounts,
          });
        }
      }
      const sequence = scope.attributes['foresail.sequence'];
      return {
        instance: resource.attributes['service.instance.id'] ?? '',
        location: resource.attributes['cloud.region'] ?? 'unknown',
        sequence: sequence === undefined ? undefined : Number(sequence),
        sums,
        histograms,
        gauges,
      };
    }),
  );
}

function sumPoint(
  name: string,
  point: {
    readonly attributes: Labels;
    readonly timeUnixNano?: number | undefined;
    readonly asInt?: number | undefined;
    readonly asDouble?: number | undefined;
  },
  nowMs: number,
): SumPoint {
  const { attributes, timeUnixNano, asInt, asDouble } = point;
  return { name, labels: attributes, timeMs: timeUnixNano ?? nowMs, value: asInt ?? asDouble ?? 0 };
}
