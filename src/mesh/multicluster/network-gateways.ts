import { kinds, type Service } from '../../resources/kinds.ts';
import type { MeshNetworks } from '../../resources/mesh-config.ts';
import { isIpAddress } from '../../resources/scalars/ip.ts';
import type { MeshSettings } from '../model.ts';
import { Remembered } from '../remember.ts';
import type { ResourceSet } from '../resource-set.ts';
import type { NetworkGateway, NetworkGateways, RemoteCluster } from './model.ts';
import { meshNetworksOf, NETWORK_LABEL } from './network-names.ts';

const PORT_LABEL = 'networking.istio.io/gatewayPort';
const DEFAULT_PORT = 15_443;

interface ClusterServices {
  readonly clusterId: string;
  readonly services: readonly Service[];
}

const rememberedLabelled = new Remembered<readonly Service[], readonly Service[]>();
const rememberedGateways = new Remembered<MeshSettings, NetworkGateways>();

/** Services with the label topology.istio.io/network, and the gateways of `meshNetworks`. */
export function networkGateways(
  set: ResourceSet,
  remotes: readonly RemoteCluster[],
  settings: MeshSettings,
): NetworkGateways {
  const networks = meshNetworksOf(set, settings);
  const clusters: readonly ClusterServices[] = [
    { clusterId: settings.clusterId, services: set.of(kinds.service) },
    ...remotes.map(({ clusterId, resources }) => ({ clusterId, services: resources.of(kinds.service) })),
  ];
  const candidates = clusters.map(({ clusterId, services }) => ({
    clusterId,
    services: candidatesOf(services, networks),
  }));
  const inputs = candidates.flatMap(({ clusterId, services }) => [clusterId, ...services]);
  return rememberedGateways.get(settings, [networks, ...inputs], () => {
    const found = [...candidates.flatMap(labelled), ...declared(networks, candidates, settings)];
    const byKey = new Map(found.map((gateway) => [Object.values(gateway).join('|'), gateway]));
    const all = [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, gateway]) => gateway);
    return {
      all,
      weightScale: leastCommonMultiple(groupSizes(all)),
      of: (network, clusterId) => {
        const ofNetwork = all.filter((gateway) => gateway.network === network);
        const own = ofNetwork.filter((gateway) => gateway.clusterId === clusterId);
        return own.length > 0 ? own : ofNetwork;
      },
    };
  });
}

function candidatesOf(services: readonly Service[], { networks }: MeshNetworks): readonly Service[] {
  return rememberedLabelled.get(services, [networks], () => {
    const named = new Set(
      Object.values(networks).flatMap(({ gateways = [] }) =>
        gateways.flatMap(({ registryServiceName }) => registryServiceName?.split('.', 2).join('.') ?? []),
      ),
    );
    return services.filter(
      ({ metadata: { name, namespace, labels } }) =>
        labels[NETWORK_LABEL] !== undefined || named.has(`${name}.${namespace}`),
    );
  });
}

function labelled({ clusterId, services }: ClusterServices): NetworkGateway[] {
  return services.flatMap((service) => {
    const { labels } = service.metadata;
    const network = labels[NETWORK_LABEL];
    if (network === undefined || network === '') return [];
    const port = Number(labels[PORT_LABEL] ?? DEFAULT_PORT);
    return publicAddresses(service).map((address) => ({ network, clusterId, address, port }));
  });
}

function declared(
  { networks }: MeshNetworks,
  clusters: readonly ClusterServices[],
  { domainSuffix }: MeshSettings,
): NetworkGateway[] {
  return Object.entries(networks).flatMap(([network, { gateways = [], endpoints = [] }]) => {
    const registries = new Set(endpoints.map(({ fromRegistry }) => fromRegistry));
    return gateways.flatMap(({ address, registryServiceName, port = DEFAULT_PORT }): NetworkGateway[] => {
      if (address && isIpAddress(address)) return [{ network, clusterId: '', address, port }];
      if (!registryServiceName) return [];
      return clusters
        .filter(({ clusterId }) => registries.has(clusterId))
        .flatMap(({ clusterId, services }) =>
          services
            .filter(
              ({ metadata }) => registryServiceName === `${metadata.name}.${metadata.namespace}.svc.${domainSuffix}`,
            )
            .flatMap(publicAddresses)
            .map((found) => ({ network, clusterId, address: found, port })),
        );
    });
  });
}

/** Where others find a Service. Endpoints are addresses, so what only has a name cannot stand for them. */
function publicAddresses({ spec, status }: Service): string[] {
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  return [...balanced, ...(spec.externalIPs ?? [])];
}

/** How many gateways an endpoint may be shared among: those of a network, or of a cluster on it. */
function groupSizes(gateways: readonly NetworkGateway[]): number[] {
  const byNetwork = Map.groupBy(gateways, ({ network }) => network);
  const byCluster = Map.groupBy(gateways, ({ network, clusterId }) => `${network}|${clusterId}`);
  return [...byNetwork.values(), ...byCluster.values()].map(({ length }) => length);
}

function leastCommonMultiple(numbers: readonly number[]): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  return numbers.reduce((multiple, next) => (multiple * next) / divisor(multiple, next), 1);
}
