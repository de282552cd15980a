import { HISTOGRAM_BOUNDS } from '../../../engine/telemetry/buckets.ts';
import type { EdgeMetric } from '../prepared-scope.ts';
import type { Counter, MetricSeries } from '../request-metrics.ts';
import type { Histogram, Labels } from '../series-map.ts';
import { attributes, resource, SCOPE, type Sender, unixNano } from './values.ts';

export interface MetricsBatch {
  readonly sender: Sender;
  /** Of this isolate: a receiver that has seen it does not count it again. */
  readonly sequence: number;
  readonly temporality: 'delta' | 'cumulative';
  readonly startMs: number;
  readonly endMs: number;
  readonly series: readonly MetricSeries[];
  /** By metric name. */
  readonly counters: Readonly<Record<string, readonly Counter[]>>;
  readonly gauges: Readonly<Record<string, number>>;
}

const HISTOGRAMS: Readonly<Record<Exclude<EdgeMetric, 'REQUEST_COUNT'>, string>> = {
  REQUEST_DURATION: 'istio_request_duration_milliseconds',
  REQUEST_SIZE: 'istio_request_bytes',
  RESPONSE_SIZE: 'istio_response_bytes',
};

/** The body of a request to `/v1/metrics`. */
export function metricsJson(batch: MetricsBatch): string {
  const { sender, series, counters, gauges, sequence } = batch;
  const temporality = batch.temporality === 'delta' ? 1 : 2;
  const [startTimeUnixNano, timeUnixNano] = [unixNano(batch.startMs), unixNano(batch.endMs)];
  const point = (labels: Labels): object => ({ attributes: attributesOf(labels), startTimeUnixNano, timeUnixNano });
  const sum = (name: string, dataPoints: readonly object[]): object[] =>
    dataPoints.length === 0
      ? []
      : [{ name, sum: { aggregationTemporality: temporality, isMonotonic: true, dataPoints } }];
  const of = (metric: EdgeMetric): readonly MetricSeries[] => series.filter((one) => one.metric === metric);
  const metrics = [
    ...sum(
      'istio_requests_total',
      of('REQUEST_COUNT').map(({ labels, series }) => ({ ...point(labels), asInt: String(series.requests) })),
    ),
    ...histogram('REQUEST_DURATION', ({ duration }) => duration),
    ...histogram('REQUEST_SIZE', ({ requestBytes }) => requestBytes),
    ...histogram('RESPONSE_SIZE', ({ responseBytes }) => responseBytes),
    ...Object.entries(counters).flatMap(([name, list]) =>
      sum(
        name,
        list.map(({ labels, value }) => ({ ...point(labels), asInt: String(value) })),
      ),
    ),
    ...Object.entries(gauges).map(([name, value]) => ({
      name,
      gauge: { dataPoints: [{ timeUnixNano, asDouble: value }] },
    })),
  ];
  const sequenceAttribute = attributes({ 'foresail.sequence': sequence });
  const own = resource(sender);
  return JSON.stringify({
    resourceMetrics: [
      {
        resource: own,
        scopeMetrics: [{ scope: { ...SCOPE, attributes: sequenceAttribute }, metrics }],
      },
    ],
  });

  function histogram(
    metric: keyof typeof HISTOGRAMS,
    read: (series: MetricSeries['series']) => Histogram,
  ): readonly object[] {
    const dataPoints = of(metric).map(({ labels, series }) => {
      const { counts, sum, count } = read(series);
      return {
        ...point(labels),
        count: String(count),
        sum,
        bucketCounts: counts.map(String),
        explicitBounds: HISTOGRAM_BOUNDS,
      };
    });
    return dataPoints.length === 0
      ? []
      : [{ name: HISTOGRAMS[metric], histogram: { aggregationTemporality: temporality, dataPoints } }];
  }
}

/** Series of the four metrics share their labels. */
const encoded = new WeakMap<Labels, readonly object[]>();

function attributesOf(labels: Labels): readonly object[] {
  let list = encoded.get(labels);
  if (list === undefined) {
    list = attributes(labels);
    encoded.set(labels, list);
  }
  return list;
}
