import type { OutboundCluster, OutlierDetection } from '../../mesh/outbound/outbound-cluster.ts';
import type { Fields } from '../any.ts';
import { milliseconds } from '../durations.ts';
import type { CircuitBreakersSchema } from '../gen/envoy/config/cluster/v3/circuit_breaker_pb.ts';
import type { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { OutlierDetectionSchema } from '../gen/envoy/config/cluster/v3/outlier_detection_pb.ts';

type ClusterInit = Fields<typeof ClusterSchema>;

/** Istio's "no limit". */
const UNLIMITED = 4_294_967_295;

export function circuitBreakers({
  connectionPool: pool,
  retryBudget,
}: Pick<OutboundCluster, 'connectionPool' | 'retryBudget'>): Fields<typeof CircuitBreakersSchema> {
  return {
    thresholds: [
      {
        maxConnections: pool.maxConnections ?? UNLIMITED,
        maxPendingRequests: pool.maxPendingRequests ?? UNLIMITED,
        maxRequests: pool.maxRequests ?? UNLIMITED,
        maxRetries: pool.maxRetries ?? UNLIMITED,
        trackRemaining: true,
        ...(retryBudget === undefined
          ? {}
          : {
              retryBudget: {
                budgetPercent: { value: retryBudget.percent },
                minRetryConcurrency: retryBudget.minConcurrency,
              },
            }),
      },
    ],
  };
}

export function connectionOptions({
  connectionPool: { keepalive },
}: Pick<OutboundCluster, 'connectionPool'>): Pick<ClusterInit, 'upstreamConnectionOptions'> {
  if (keepalive === undefined) return {};
  const { probes, timeS, intervalS } = keepalive;
  return {
    upstreamConnectionOptions: {
      tcpKeepalive: {
        ...(probes === undefined ? {} : { keepaliveProbes: probes }),
        ...(timeS === undefined ? {} : { keepaliveTime: timeS }),
        ...(intervalS === undefined ? {} : { keepaliveInterval: intervalS }),
      },
    },
  };
}

/** Success rate is not Istio's way of finding outliers; a threshold of 0 turns a counter off. */
export function outlierDetection(detection: OutlierDetection): Fields<typeof OutlierDetectionSchema> {
  const { consecutive5xx, consecutiveGatewayErrors, consecutiveLocalOriginFailures } = detection;
  const { intervalMs, baseEjectionTimeMs, maxEjectionPercent } = detection;
  return {
    enforcingSuccessRate: 0,
    ...(consecutive5xx === undefined
      ? {}
      : { consecutive5xx: consecutive5xx, enforcingConsecutive5xx: consecutive5xx > 0 ? 100 : 0 }),
    ...(consecutiveGatewayErrors === undefined
      ? {}
      : {
          consecutiveGatewayFailure: consecutiveGatewayErrors,
          enforcingConsecutiveGatewayFailure: consecutiveGatewayErrors > 0 ? 100 : 0,
        }),
    splitExternalLocalOriginErrors: detection.splitExternalLocalOriginErrors,
    ...(consecutiveLocalOriginFailures === undefined
      ? {}
      : {
          consecutiveLocalOriginFailure: consecutiveLocalOriginFailures,
          enforcingConsecutiveLocalOriginFailure: consecutiveLocalOriginFailures > 0 ? 100 : 0,
          enforcingLocalOriginSuccessRate: 0,
        }),
    ...(intervalMs === undefined ? {} : { interval: milliseconds(intervalMs) }),
    ...(baseEjectionTimeMs === undefined ? {} : { baseEjectionTime: milliseconds(baseEjectionTimeMs) }),
    ...(maxEjectionPercent === undefined ? {} : { maxEjectionPercent }),
  };
}
