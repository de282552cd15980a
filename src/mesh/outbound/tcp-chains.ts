import type { RouteDestination } from '../../resources/istio/destination.ts';
import { clusterName } from '../destinations.ts';
import { gatewayKey } from '../http-rules.ts';
import { labelsMatch } from '../labels.ts';
import type { MeshPort, MeshService } from '../registry.ts';
import type { OutboundDestinations } from './destinations.ts';
import type { MeshRules } from './mesh-rules.ts';
import type { ProxyClient, TcpChain, TcpDestination } from './model.ts';
import { isHttp, isTls } from './port-kinds.ts';

export interface TcpContext {
  readonly client: ProxyClient;
  readonly destinations: OutboundDestinations;
  readonly rules: MeshRules;
}

/** Where a connection arrives that is meant for a port of a service. */
export interface TcpPlace {
  readonly service: MeshService;
  readonly port: MeshPort;
  /** A CIDR by which the service is told from others on the same listener. */
  readonly subnet: string | undefined;
  /** Whether the listener is for this service alone: then every server name is the service's. */
  readonly isOwn: boolean;
}

interface Layer4Match {
  readonly destinationSubnets?: readonly string[] | undefined;
  readonly port?: number | undefined;
  readonly sourceLabels?: Readonly<Record<string, string>> | undefined;
  readonly gateways?: readonly string[] | undefined;
  readonly sourceNamespace?: string | undefined;
}

/**
 * Where connections go that are not HTTP: as the TLS routes of the VirtualService say by server name, then as its TCP
 * routes say, else to the service.
 */
export function tcpChains(place: TcpPlace, context: TcpContext): TcpChain[] {
  const { service, port, subnet, isOwn } = place;
  const rule = context.rules.of(service.host);
  const chains: TcpChain[] = [];
  const common = { kind: 'tcp', statPrefix: clusterName(port.number, '', service.host) } as const;
  const own = subnet === undefined ? [] : [subnet];
  const namespace = rule?.service.metadata.namespace ?? '';
  const destinationsOf = (routes: readonly RouteDestination[] | undefined): TcpDestination[] =>
    weightedDestinations(routes ?? [], namespace, port.number, context.destinations);
  const applies = (match: Layer4Match): boolean => appliesTo(match, namespace, port.number, context.client);
  if (!isHttp(port.protocol)) {
    for (const { match: matches, route } of rule?.service.spec.tls ?? []) {
      const destinations = destinationsOf(route);
      for (const match of matches.filter(applies)) {
        if (destinations.length === 0) continue;
        const subnets = match.destinationSubnets ?? own;
        chains.push({ ...common, serverNames: match.sniHosts, subnets, destinations });
      }
    }
  }
  const hasTlsRoutes = chains.length > 0;
  if (isTls(port.protocol)) {
    if (!hasTlsRoutes) {
      const serverNames = isOwn ? [] : [service.host];
      chains.push({ ...common, serverNames, subnets: own, destinations: [toService(service, port)] });
    }
    return chains;
  }
  for (const { match: matches = [], route } of rule?.service.spec.tcp ?? []) {
    const destinations = destinationsOf(route);
    if (destinations.length === 0) continue;
    if (matches.length === 0) return [...chains, { ...common, serverNames: [], subnets: own, destinations }];
    for (const match of matches.filter(applies)) {
      const subnets = match.destinationSubnets ?? own;
      chains.push({ ...common, serverNames: [], subnets, destinations });
      if (match.destinationSubnets === undefined) return chains;
    }
  }
  return [...chains, { ...common, serverNames: [], subnets: own, destinations: [toService(service, port)] }];
}

function toService({ host }: MeshService, { number }: MeshPort): TcpDestination {
  return { cluster: clusterName(number, '', host), weight: 1 };
}

/** Shares of a route; a destination of weight 0 gets nothing unless it is alone. */
export function weightedDestinations(
  routes: readonly RouteDestination[],
  namespace: string,
  port: number,
  destinations: OutboundDestinations,
): TcpDestination[] {
  return routes
    .filter(({ weight = 0 }) => routes.length === 1 || weight > 0)
    .map(({ destination, weight }) => ({
      cluster: destinations.resolve(destination, namespace, port),
      weight: routes.length === 1 ? 1 : (weight ?? 0),
    }));
}

/** The conditions that are settled before any connection. */
function appliesTo(match: Layer4Match, namespace: string, port: number, client: ProxyClient): boolean {
  if (match.port !== undefined && match.port !== 0 && match.port !== port) return false;
  const gateways = match.gateways ?? [];
  if (gateways.length > 0) return gateways.some((gateway) => gatewayKey(gateway, namespace) === 'mesh');
  if (!labelsMatch(match.sourceLabels, client.labels)) return false;
  return !match.sourceNamespace || match.sourceNamespace === client.namespace;
}
