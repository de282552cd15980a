import type { NetworkGateway, NetworkGateways } from '../multicluster/model.ts';
import type { FoundEndpoint } from './endpoints.ts';
import type { FoundGroup } from './locality.ts';
import type { EndpointGroup, OutboundEndpoint, OutboundTls } from './outbound-cluster.ts';

/**
 * Endpoints of other networks give way to the gateways of those: each gateway has an equal share of the weight of what is
 * behind it. It leads on by the server name of mesh TLS, so what is not called with that cannot be reached there. A network
 * without a gateway is taken to be near, as Istio does.
 *
 * @param network of the client; empty: not known, so that everything is near
 */
export function acrossNetworks(
  groups: readonly FoundGroup[],
  network: string,
  gateways: NetworkGateways,
  tls: OutboundTls,
): readonly EndpointGroup[] {
  if (network === '' || gateways.all.length === 0) return groups;
  const gatewaysOf = (endpoint: FoundEndpoint): readonly NetworkGateway[] =>
    endpoint.network === '' || endpoint.network === network ? [] : gateways.of(endpoint.network, endpoint.clusterId);
  if (!groups.some(({ endpoints }) => endpoints.some((endpoint) => gatewaysOf(endpoint).length > 0))) return groups;
  return groups.flatMap((group): EndpointGroup[] => {
    const near: OutboundEndpoint[] = [];
    const far = new Map<NetworkGateway, number>();
    for (const endpoint of group.endpoints) {
      const ways = gatewaysOf(endpoint);
      const weight = endpoint.weight * gateways.weightScale;
      if (ways.length === 0) near.push({ ...endpoint, weight });
      else if (tls.kind === 'mesh' && (endpoint.meshTls || !tls.byEndpoint)) {
        for (const way of ways) far.set(way, (far.get(way) ?? 0) + weight / ways.length);
      }
    }
    const endpoints = [...near, ...[...far].map(([way, weight]) => gatewayEndpoint(way, weight))];
    if (endpoints.length === 0) return [];
    // Shares that a rule has fixed stay: they are not sums.
    const isSum = group.weight === sumOf(group.endpoints);
    return [{ ...group, endpoints, weight: isSum ? sumOf(endpoints) : group.weight }];
  });
}

function gatewayEndpoint({ address, port }: NetworkGateway, weight: number): OutboundEndpoint {
  return { address, port, weight, meshTls: true, workload: '', namespace: '', labels: {}, isNetworkGateway: true };
}

function sumOf(endpoints: readonly OutboundEndpoint[]): number {
  return endpoints.reduce((sum, { weight }) => sum + weight, 0);
}
