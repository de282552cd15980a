import { create, type JsonObject, type MessageInitShape } from '@bufbuild/protobuf';
import type { EndpointGroup, OutboundEndpoint } from '../../mesh/outbound/outbound-cluster.ts';
import type { AddressSchema } from '../gen/envoy/config/core/v3/address_pb.ts';
import type { LbEndpointSchema } from '../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { TLS_MODE } from './transport-socket.ts';

/** An endpoint of which only the address is known. */
export interface Endpoint {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
}

export function plainEndpoints(endpoints: readonly Endpoint[]): EndpointGroup[] {
  if (endpoints.length === 0) return [];
  const known = endpoints.map(
    (endpoint): OutboundEndpoint => ({
      ...endpoint,
      weight: 1,
      meshTls: false,
      workload: '',
      namespace: '',
      labels: {},
    }),
  );
  return [{ locality: '', priority: 0, weight: endpoints.length, endpoints: known }];
}

export function loadAssignment(clusterName: string, groups: readonly EndpointGroup[]): ClusterLoadAssignment {
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: groups.map(({ locality, priority, weight, endpoints }) => {
      const [region = '', zone = '', subZone = ''] = locality.split('/');
      return {
        ...(locality === '' ? {} : { locality: { region, zone, subZone } }),
        priority,
        loadBalancingWeight: weight,
        lbEndpoints: endpoints.map(lbEndpoint),
      };
    }),
  });
}

function lbEndpoint(endpoint: OutboundEndpoint): MessageInitShape<typeof LbEndpointSchema> {
  const filterMetadata = metadata(endpoint);
  return {
    loadBalancingWeight: endpoint.weight,
    hostIdentifier: { case: 'endpoint', value: { address: address(endpoint) } },
    ...(Object.keys(filterMetadata).length === 0 ? {} : { metadata: { filterMetadata } }),
  };
}

const UNIX = 'unix://';

function address({ address: text, port }: Endpoint): MessageInitShape<typeof AddressSchema> {
  if (text.startsWith(UNIX)) return { address: { case: 'pipe', value: { path: text.slice(UNIX.length) } } };
  return {
    address: {
      case: 'socketAddress',
      value: { address: text, portSpecifier: { case: 'portValue', value: port } },
    },
  };
}

/** Whether mesh TLS is spoken to it, and, in Istio's form, which workload it is. */
function metadata({ meshTls, workload, namespace, labels }: OutboundEndpoint): Record<string, JsonObject> {
  const app = labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? workload;
  const revision =
    labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels.version ?? 'latest';
  return {
    ...(meshTls ? { 'envoy.transport_socket_match': { ...TLS_MODE } } : {}),
    ...(workload === '' ? {} : { istio: { workload: `${workload};${namespace};${app};${revision};` } }),
  };
}
