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

/** On which network an address of a cluster is; empty: nobody has said, so it is taken to be near. */
export type NetworkNames = (
  clusterId: string,
  address: string | undefined,
  labels: Readonly<Record<string, string>>,
) => string;

/** An east-west gateway: where other networks reach what is on this one. */
export interface NetworkGateway {
  readonly network: string;
  /** The cluster whose Service it is; empty: `meshNetworks` names it, for all clusters of the network. */
  readonly clusterId: string;
  readonly address: string;
  readonly port: number;
}

export interface NetworkGateways {
  readonly all: readonly NetworkGateway[];
  /** By which weights are multiplied so that they can be shared among the gateways of any network without a rest. */
  readonly weightScale: number;
  /** Those of the endpoint's own cluster, else any of its network; in a stable order. */
  of(network: string, clusterId: string): readonly NetworkGateway[];
}
