import type { ClusterConfig, ListenerConfig, RouteTableRef } from '../../engine/config.ts';
import type { ResolvedGateway } from '../../mesh/model.ts';
import { edsCluster } from '../cluster/cluster.ts';
import { type Endpoint, loadAssignment, plainEndpoints } from '../cluster/endpoints.ts';
import { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { routeConfiguration } from '../route/route-configuration.ts';
import { gatewayListener, type ListenerOptions } from './listener.ts';

export interface GatewayOptions extends ListenerOptions {
  /** Key of the policies of the one gateway workload that this is for; undefined: the first of each port. */
  readonly scope?: string;
  /** Endpoints of a cluster that is there. */
  readonly endpointsOf: (cluster: ClusterConfig) => readonly Endpoint[];
}

/** A classic ingress gateway: everything that one Envoy needs to serve what the edge serves. */
export function encodeGateway(gateway: ResolvedGateway, options: GatewayOptions): XdsResource[] {
  return [...encodeClusters(gateway, options), ...encodeServers(gateway, options)];
}

/** A cluster that is missing is left out, so that Envoy answers as Istio's gateway does: 503, no cluster. */
function encodeClusters({ clusters }: ResolvedGateway, { endpointsOf }: GatewayOptions): XdsResource[] {
  return [...clusters.values()]
    .filter(({ state }) => state !== 'missing')
    .flatMap((cluster) => {
      const endpoints = cluster.state === 'empty' ? [] : endpointsOf(cluster);
      const { name, origin } = cluster;
      return [
        encoded(ClusterSchema, name, edsCluster(name), origin),
        encoded(ClusterLoadAssignmentSchema, name, loadAssignment(name, plainEndpoints(endpoints)), origin),
      ];
    });
}

/** Listeners and route tables of everything that is opened as HTTP. */
export function encodeServers(
  gateway: Pick<ResolvedGateway, 'config' | 'domains'>,
  options: ListenerOptions & Pick<GatewayOptions, 'scope'>,
): XdsResource[] {
  const resources: XdsResource[] = [];
  for (const listener of gateway.config.listeners) {
    const tables = tablesOf(listener, options.scope);
    const message = gatewayListener(listener, tables, gateway.config, options);
    if (message === undefined) continue;
    resources.push(encoded(ListenerSchema, message.name, message, tables[0]?.origin));
    for (const { name, origin } of tables) {
      const routes = routeConfiguration(name, listener.port, gateway.domains.values());
      resources.push(encoded(RouteConfigurationSchema, name, routes, origin));
    }
  }
  return resources;
}

/** On a plaintext port one Envoy can stand for one gateway workload only; servers with TLS are told apart by name. */
function tablesOf({ tables, tls }: ListenerConfig, scope: string | undefined): readonly RouteTableRef[] {
  const own = scope === undefined ? tables : tables.filter(({ policies }) => policies === scope);
  return tls ? own : own.slice(0, 1);
}
