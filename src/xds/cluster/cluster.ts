import { create } from '@bufbuild/protobuf';
import { milliseconds } from '../durations.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';

/** meshConfig.connectTimeout when it is not set. */
const CONNECT_TIMEOUT_MS = 10_000;

/** A cluster whose endpoints come by EDS under its own name. */
export function edsCluster(name: string): Cluster {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: {
      serviceName: name,
      edsConfig: {
        configSourceSpecifier: { case: 'ads', value: {} },
        resourceApiVersion: ApiVersion.V3,
        initialFetchTimeout: milliseconds(0),
      },
    },
    connectTimeout: milliseconds(CONNECT_TIMEOUT_MS),
    lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
  });
}
