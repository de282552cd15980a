import { create, type JsonObject } from '@bufbuild/protobuf';
import type { OutboundCluster } from '../../mesh/outbound/outbound-cluster.ts';
import { type Fields, packed } from '../any.ts';
import { milliseconds, NO_TIME } from '../durations.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
  Cluster_LbPolicy,
  ClusterSchema,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ClusterConfigSchema } from '../gen/envoy/extensions/clusters/dynamic_forward_proxy/v3/cluster_pb.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { circuitBreakers, connectionOptions, outlierDetection } from './connection-pool.ts';
import { DNS_CACHE } from './dns-cache.ts';
import { loadAssignment } from './endpoints.ts';
import { loadBalancing } from './load-balancer.ts';
import { protocolOptions } from './protocol-options.ts';
import { transportSockets } from './transport-socket.ts';

type ClusterInit = Fields<typeof ClusterSchema>;

/** meshConfig.connectTimeout when it is not set. */
const CONNECT_TIMEOUT_MS = 10_000;

const EDS: ClusterInit['edsClusterConfig'] = {
  edsConfig: {
    configSourceSpecifier: { case: 'ads', value: {} },
    resourceApiVersion: ApiVersion.V3,
    initialFetchTimeout: NO_TIME,
  },
};

/** A cluster whose endpoints come by EDS under its own name. */
export function edsCluster(name: string): Cluster {
  return create(ClusterSchema, {
    name,
    clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
    edsClusterConfig: { ...EDS, serviceName: name },
    connectTimeout: milliseconds(CONNECT_TIMEOUT_MS),
    lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
  });
}

const encodings = new WeakMap<OutboundCluster, readonly XdsResource[]>();

/**
 * The Cluster and, where its endpoints come apart from it, the ClusterLoadAssignment; encoded once however many
 * proxies have the cluster. A change of endpoints alone changes only the second.
 */
export function encodeCluster(cluster: OutboundCluster): readonly XdsResource[] {
  let resources = encodings.get(cluster);
  if (resources === undefined) {
    const { name, origin } = cluster;
    const own = encoded(ClusterSchema, name, clusterMessage(cluster), origin);
    resources =
      cluster.discovery.kind === 'endpoints'
        ? [own, encoded(ClusterLoadAssignmentSchema, name, loadAssignment(name, cluster.endpoints), origin)]
        : [own];
    encodings.set(cluster, resources);
  }
  return resources;
}

function clusterMessage(cluster: OutboundCluster): Cluster {
  const { name, connectionPool } = cluster;
  return create(ClusterSchema, {
    name,
    connectTimeout: milliseconds(connectionPool.connectTimeoutMs),
    ...loadBalancing(cluster),
    ...discovery(cluster),
    ...transportSockets(cluster),
    typedExtensionProtocolOptions: protocolOptions(cluster),
    circuitBreakers: circuitBreakers(cluster),
    ...connectionOptions(cluster),
    ...(cluster.outlierDetection === undefined ? {} : { outlierDetection: outlierDetection(cluster.outlierDetection) }),
    metadata: { filterMetadata: { istio: metadata(cluster) } },
  });
}

function discovery({ discovery: how, name, endpoints }: OutboundCluster): ClusterInit {
  switch (how.kind) {
    case 'endpoints':
      return {
        clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.EDS },
        edsClusterConfig: { ...EDS, serviceName: name },
      };
    case 'dns':
      return {
        clusterDiscoveryType: {
          case: 'type',
          // Envoy takes no logical cluster without its one endpoint.
          value:
            how.oneAddress && endpoints.length === 1
              ? Cluster_DiscoveryType.LOGICAL_DNS
              : Cluster_DiscoveryType.STRICT_DNS,
        },
        loadAssignment: loadAssignment(name, endpoints),
        dnsRefreshRate: milliseconds(how.refreshMs),
        respectDnsTtl: true,
        dnsLookupFamily: Cluster_DnsLookupFamily.V4_PREFERRED,
      };
    case 'original-destination':
      return {
        clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
        lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
        lbConfig: { case: undefined },
      };
    case 'dynamic-dns':
      return {
        clusterDiscoveryType: {
          case: 'clusterType',
          value: {
            name: 'envoy.clusters.dynamic_forward_proxy',
            typedConfig: packed(ClusterConfigSchema, {
              clusterImplementationSpecifier: { case: 'dnsCacheConfig', value: DNS_CACHE },
              allowInsecureClusterOptions: true,
            }),
          },
        },
        lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
        lbConfig: { case: undefined },
      };
  }
}

/** What Istio's telemetry and tools look for. */
function metadata({ service: { host, name, namespace }, port, subset }: OutboundCluster): JsonObject {
  return {
    default_original_port: port.number,
    services: [{ host, name, namespace }],
    ...(subset === '' ? {} : { subset }),
  };
}
