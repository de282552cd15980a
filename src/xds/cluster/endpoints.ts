import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { LocalityLbEndpointsSchema } from '../gen/envoy/config/endpoint/v3/endpoint_components_pb.ts';
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';

export interface Endpoint {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  readonly weight?: number;
  /** `region/zone/subzone` */
  readonly locality?: string;
}

/** The endpoints of a cluster, by locality. */
export function loadAssignment(clusterName: string, endpoints: readonly Endpoint[]): ClusterLoadAssignment {
  const byLocality = new Map<string, Endpoint[]>();
  for (const endpoint of endpoints) {
    const locality = endpoint.locality ?? '';
    const list = byLocality.get(locality);
    if (list === undefined) byLocality.set(locality, [endpoint]);
    else list.push(endpoint);
  }
  return create(ClusterLoadAssignmentSchema, {
    clusterName,
    endpoints: [...byLocality].map(([locality, list]) => localityEndpoints(locality, list)),
  });
}

function localityEndpoints(
  locality: string,
  endpoints: readonly Endpoint[],
): MessageInitShape<typeof LocalityLbEndpointsSchema> {
  const [region = '', zone = '', subZone = ''] = locality.split('/');
  return {
    ...(locality === '' ? {} : { locality: { region, zone, subZone } }),
    loadBalancingWeight: endpoints.reduce((sum, { weight }) => sum + (weight ?? 1), 0),
    lbEndpoints: endpoints.map(({ address, port, weight }) => ({
      loadBalancingWeight: weight ?? 1,
      hostIdentifier: {
        case: 'endpoint',
        value: {
          address: {
            address: {
              case: 'socketAddress',
              value: { address, portSpecifier: { case: 'portValue', value: port } },
            },
          },
        },
      },
    })),
  };
}
