import { kinds, type Pod, type WorkloadEntry } from '../../resources/kinds.ts';
import { labelsMatch } from '../labels.ts';
import type { MeshSettings } from '../model.ts';
import { nodeLocalities } from '../node-localities.ts';
import type { MeshEndpoint, MeshService, MeshWorkload } from '../registry.ts';
import { Remembered } from '../remember.ts';
import { kubernetesServices, workloadEndpoint } from '../services.ts';
import { workloads } from '../workloads.ts';
import type { NetworkNames, RemoteCluster } from './model.ts';

/** Istio's label on what takes mesh TLS. */
const TLS_MODE_LABEL = 'security.istio.io/tlsMode';

const remembered = new Remembered<RemoteCluster, readonly MeshService[]>();
const rememberedWorkloads = new Remembered<readonly Pod[], ReadonlyMap<string, MeshWorkload>>();
const rememberedServices = new Remembered<MeshService, MeshService>();

/**
 * The services of a remote cluster, each endpoint with all that is known of what runs there: pods of other clusters are no
 * workloads of this one, and their names and addresses may be the same.
 */
export function remoteServices(
  cluster: RemoteCluster,
  settings: MeshSettings,
  networkOf: NetworkNames,
): readonly MeshService[] {
  return remembered.get(cluster, [settings, networkOf], () => {
    const { clusterId, resources } = cluster;
    const pods = resources.of(kinds.pod);
    const nodes = resources.of(kinds.node);
    const namespaces = resources.of(kinds.namespace);
    const running = rememberedWorkloads.get(pods, [nodes, namespaces, networkOf, clusterId], () => {
      const all = workloads(pods, [], namespaces, { clusterId, nodes: nodeLocalities(nodes), networkOf });
      return new Map(all.map((workload) => [`${workload.namespace}/${workload.name}`, workload]));
    });
    const entries = Map.groupBy(resources.of(kinds.workloadEntry), ({ metadata }) => metadata.namespace);
    const objects = { endpoints: resources.of(kinds.endpoints), slices: resources.of(kinds.endpointSlice) };
    const complete = (service: MeshService, endpoint: MeshEndpoint): MeshEndpoint => {
      const workload = running.get(`${endpoint.namespace}/${endpoint.workload}`);
      const labels = { ...(workload?.hasSidecar === true ? SIDECAR : {}), ...workload?.labels, ...endpoint.labels };
      return {
        ...endpoint,
        clusterId,
        labels,
        serviceAccount: workload?.serviceAccount ?? endpoint.serviceAccount,
        locality: workload?.locality || endpoint.locality,
        network: workload?.network || endpoint.network || networkOf(clusterId, endpoint.address, labels),
        namespace: service.namespace,
      };
    };
    return kubernetesServices(resources.of(kinds.service), objects, settings)
      .filter(({ external }) => !external)
      .map((service) => {
        const selected = selectedEntries(service, entries.get(service.namespace) ?? []);
        return rememberedServices.get(service, [running, networkOf, clusterId, ...selected], () => ({
          ...service,
          selector: undefined,
          endpoints: [
            ...service.endpoints,
            ...selected.map(({ spec, metadata }) => {
              const labels = { ...metadata.labels, ...spec.labels };
              return { ...workloadEndpoint(spec, service.namespace, metadata.name), labels };
            }),
          ].map((endpoint) => complete(service, endpoint)),
          endpointsKnown: true,
        }));
      });
  });
}

const SIDECAR: Readonly<Record<string, string>> = { [TLS_MODE_LABEL]: 'istio' };

function selectedEntries({ selector }: MeshService, entries: readonly WorkloadEntry[]): readonly WorkloadEntry[] {
  if (selector === undefined || Object.keys(selector).length === 0) return [];
  return entries.filter(({ metadata, spec }) => labelsMatch(selector, { ...metadata.labels, ...spec.labels }));
}
