import type { LoadBalancer, OutboundCluster, SlowStart } from '../../mesh/outbound/outbound-cluster.ts';
import type { Fields } from '../any.ts';
import { milliseconds } from '../durations.ts';
import {
  Cluster_LbPolicy,
  type Cluster_SlowStartConfigSchema,
  type ClusterSchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';

type ClusterInit = Fields<typeof ClusterSchema>;

export function loadBalancing(cluster: OutboundCluster): Pick<ClusterInit, 'lbPolicy' | 'lbConfig' | 'commonLbConfig'> {
  return { ...policy(cluster.loadBalancer), commonLbConfig: common(cluster) };
}

function policy(balancer: LoadBalancer): Pick<ClusterInit, 'lbPolicy' | 'lbConfig'> {
  switch (balancer.kind) {
    case 'round-robin':
      return {
        lbPolicy: Cluster_LbPolicy.ROUND_ROBIN,
        ...(balancer.slowStart === undefined
          ? {}
          : { lbConfig: { case: 'roundRobinLbConfig', value: { slowStartConfig: slowStart(balancer.slowStart) } } }),
      };
    case 'least-request':
      return {
        lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
        ...(balancer.slowStart === undefined
          ? {}
          : { lbConfig: { case: 'leastRequestLbConfig', value: { slowStartConfig: slowStart(balancer.slowStart) } } }),
      };
    case 'random':
      return { lbPolicy: Cluster_LbPolicy.RANDOM };
    case 'passthrough':
      return { lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED };
    case 'ring-hash':
      return {
        lbPolicy: Cluster_LbPolicy.RING_HASH,
        lbConfig: {
          case: 'ringHashLbConfig',
          value: { minimumRingSize: BigInt(Math.min(balancer.minimumRingSize, MAX_RING_SIZE)) },
        },
      };
    case 'maglev':
      return {
        lbPolicy: Cluster_LbPolicy.MAGLEV,
        ...(balancer.tableSize === undefined
          ? {}
          : { lbConfig: { case: 'maglevLbConfig', value: { tableSize: BigInt(balancer.tableSize) } } }),
      };
  }
}

/** Envoy's own limit; a larger minimum would be rejected. */
const MAX_RING_SIZE = 8 * 1024 * 1024;

function slowStart({
  durationMs,
  minimumPercent,
  aggression,
}: SlowStart): Fields<typeof Cluster_SlowStartConfigSchema> {
  return {
    slowStartWindow: milliseconds(durationMs),
    minWeightPercent: { value: minimumPercent },
    aggression: { defaultValue: aggression, runtimeKey: 'foresail.slow_start_aggression' },
  };
}

/** With outlier detection, only the user's own minimum may bring back what was ejected (Istio: 0 %). */
function common({ outlierDetection, localityWeighted }: OutboundCluster): ClusterInit['commonLbConfig'] {
  return {
    ...(outlierDetection === undefined ? {} : { healthyPanicThreshold: { value: outlierDetection.minHealthPercent } }),
    ...(localityWeighted ? { localityConfigSpecifier: { case: 'localityWeightedLbConfig', value: {} } } : {}),
  };
}
