import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { parseMeshNetworks } from '../../resources/mesh-config.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

const BUILT_IN = ['Mock', 'Kubernetes', 'External'];

export const meshNetworks: Analyzer = {
  name: 'meshnetworks.MeshNetworksAnalyzer',
  description: 'Check the validity of MeshNetworks in the cluster',
  analyze: ({ resources, mesh }) => {
    const map = resources
      .of(kinds.configMap)
      .find(({ metadata }) => metadata.name === 'istio' && metadata.namespace === mesh.settings.rootNamespace);
    const text = map?.data?.meshNetworks;
    if (map === undefined || text === undefined) return [];
    // A secret for each remote cluster, its data keyed by the cluster's name.
    const known = new Set([
      ...BUILT_IN,
      ...resources
        .of(kinds.secret)
        .filter(({ metadata }) => metadata.labels['istio/multiCluster'] === 'true')
        .flatMap(({ data, stringData }) => Object.keys({ ...data, ...stringData })),
    ]);
    const { networks } = parseMeshNetworks(text, {}).meshNetworks;
    const subject = {
      metadata: map.metadata,
      originOf: () => ({ ...map.originOf(['data', 'meshNetworks']), kind: 'MeshNetworks', name: 'meshnetworks' }),
    };
    return Object.entries(networks).flatMap(([network, { endpoints = [] }]) =>
      endpoints.flatMap(({ fromRegistry }) =>
        fromRegistry === undefined || known.has(fromRegistry)
          ? []
          : [
              onObject(messages.UnknownMeshNetworksServiceRegistry, subject, {
                serviceregistry: fromRegistry,
                network,
              }),
            ],
      ),
    );
  },
};
