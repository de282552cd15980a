import { BlockList, isIP } from 'node:net';
import { type ConfigMap, kinds, type Namespace } from '../../resources/kinds.ts';
import { type MeshNetworks, parseMeshNetworks } from '../../resources/mesh-config.ts';
import type { MeshSettings } from '../model.ts';
import { Remembered } from '../remember.ts';
import type { ResourceSet } from '../resource-set.ts';
import type { NetworkNames, RemoteCluster } from './model.ts';

export const NETWORK_LABEL = 'topology.istio.io/network';

const NO_NETWORKS: MeshNetworks = { networks: {} };
const rememberedNetworks = new Remembered<ConfigMap, MeshNetworks>();
const rememberedNames = new Remembered<MeshSettings, NetworkNames>();

/** `meshNetworks` beside the mesh configuration. */
export function meshNetworksOf(set: ResourceSet, { rootNamespace }: MeshSettings): MeshNetworks {
  const map = set
    .of(kinds.configMap)
    .find(({ metadata }) => metadata.name === 'istio' && metadata.namespace === rootNamespace);
  const text = map?.data?.meshNetworks;
  if (map === undefined || text === undefined) return NO_NETWORKS;
  return rememberedNetworks.get(map, [], () => parseMeshNetworks(text, {}).meshNetworks);
}

/**
 * Istio's order: the label of what runs there, the label of the cluster's root namespace, then `meshNetworks`, by registry
 * before by CIDR.
 */
export function networkNames(
  set: ResourceSet,
  remotes: readonly RemoteCluster[],
  settings: MeshSettings,
): NetworkNames {
  const { clusterId, rootNamespace } = settings;
  const networks = meshNetworksOf(set, settings);
  const ofCluster = [
    [clusterId, rootNetwork(set.of(kinds.namespace), rootNamespace)],
    ...remotes.map((remote) => [remote.clusterId, rootNetwork(remote.resources.of(kinds.namespace), rootNamespace)]),
  ] as const;
  return rememberedNames.get(settings, [networks, ...ofCluster.flat()], () => {
    const byCluster = new Map(ofCluster.map(([cluster = '', network = '']) => [cluster, network]));
    const byRegistry = new Map<string, string>();
    const cidrs: { readonly network: string; readonly list: BlockList }[] = [];
    for (const [network, { endpoints = [] }] of Object.entries(networks.networks)) {
      for (const { fromRegistry, fromCidr } of endpoints) {
        if (fromRegistry !== undefined) byRegistry.set(fromRegistry, network);
        const list = fromCidr === undefined ? undefined : blockOf(fromCidr);
        if (list !== undefined) cidrs.push({ network, list });
      }
    }
    return (cluster, address = '', labels) =>
      labels[NETWORK_LABEL] ||
      byCluster.get(cluster) ||
      byRegistry.get(cluster) ||
      cidrs.find(({ list }) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))?.network ||
      '';
  });
}

function rootNetwork(namespaces: readonly Namespace[], rootNamespace: string): string {
  return namespaces.find(({ metadata }) => metadata.name === rootNamespace)?.metadata.labels[NETWORK_LABEL] ?? '';
}

/** Undefined: no CIDR. */
function blockOf(cidr: string): BlockList | undefined {
  const [address = '', bits = ''] = cidr.split('/');
  const family = isIP(address);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 6 ? 128 : 32)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return list;
}
