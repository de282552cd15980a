import { create } from '@bufbuild/protobuf';
import type { ResolvedOutbound } from '../../mesh/outbound/model.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import { Cluster_DiscoveryType, Cluster_LbPolicy, ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { HttpProtocolOptionsSchema } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { CONCEAL_PEER } from '../telemetry/peer-exchange.ts';

/** Istio's names: where the call was going anyway, and nowhere. */
export const PASSTHROUGH_CLUSTER = 'PassthroughCluster';
export const BLACK_HOLE_CLUSTER = 'BlackHoleCluster';

export function builtInClusters({ settings }: ResolvedOutbound): XdsResource[] {
  const connectTimeout = milliseconds(settings.meshConfig.connectTimeout);
  return [
    encoded(
      ClusterSchema,
      BLACK_HOLE_CLUSTER,
      create(ClusterSchema, {
        name: BLACK_HOLE_CLUSTER,
        connectTimeout,
        clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.STATIC },
      }),
      undefined,
    ),
    encoded(
      ClusterSchema,
      PASSTHROUGH_CLUSTER,
      create(ClusterSchema, {
        name: PASSTHROUGH_CLUSTER,
        connectTimeout,
        clusterDiscoveryType: { case: 'type', value: Cluster_DiscoveryType.ORIGINAL_DST },
        lbPolicy: Cluster_LbPolicy.CLUSTER_PROVIDED,
        typedExtensionProtocolOptions: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': packed(HttpProtocolOptionsSchema, {
            upstreamProtocolOptions: {
              case: 'useDownstreamProtocolConfig',
              value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
            },
            httpFilters: [...CONCEAL_PEER],
          }),
        },
      }),
      undefined,
    ),
  ];
}

/** Where calls to nobody that is known go. */
export function unknownCluster({ unknown }: ResolvedOutbound): string {
  switch (unknown.kind) {
    case 'allow':
      return PASSTHROUGH_CLUSTER;
    case 'block':
      return BLACK_HOLE_CLUSTER;
    case 'egress-proxy':
      return unknown.cluster;
  }
}
