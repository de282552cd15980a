import type { ResourceSet } from '../resource-set.ts';

/**
 * Another cluster of the mesh: what runs there counts, configuration does not. The same object until something of it
 * changes.
 */
export interface RemoteCluster {
  readonly clusterId: string;
  /** Services, EndpointSlices, Pods, WorkloadEntries, Nodes, Namespaces. */
  readonly resources: ResourceSet;
}

export const NO_REMOTES: readonly RemoteCluster[] = [];
