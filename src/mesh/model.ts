/**
 * The Mesh: what resources mean once every rule of Istio has been applied. HTTP routes and policies are in the
 * engine's vocabulary already; the edge snapshot and the Envoy configuration are two encodings of this one value.
 */
import type { ClusterConfig, DomainConfig, GatewayConfig } from '../engine/config.ts';
import type { JwksConfig } from '../engine/policy-config.ts';
import type { Finding } from '../resources/finding.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import type { DestinationRuleLookup } from './destination-rule-lookup.ts';
import type { PolicyResolver } from './enforcement.ts';
import type { ApiStatus } from './gateway-api/status.ts';
import type { HttpRules } from './http-rules.ts';
import type { NetworkGateways, NetworkNames, RemoteCluster } from './multicluster/model.ts';
import type { ServiceRegistry } from './registry.ts';
import type { ResourceSet } from './resource-set.ts';

export interface Mesh {
  readonly settings: MeshSettings;
  readonly resources: ResourceSet;
  readonly registry: ServiceRegistry;
  /** Which network something is on, and how other networks reach it. */
  readonly networks: { readonly nameOf: NetworkNames; readonly gateways: NetworkGateways };
  readonly destinationRules: DestinationRuleLookup;
  /** What is effective for a workload, without the external authorizers that its policies may name. */
  readonly policiesOf: PolicyResolver;
  /** VirtualServices with hosts, delegates in their places, the oldest first. */
  readonly httpRules: readonly HttpRules[];
  /** The gateway that the edge stands for. */
  readonly edge: ResolvedGateway;
  /** Computed status of Gateway API objects. */
  readonly apiStatus: ApiStatus;
  readonly findings: readonly Finding[];
}

export interface MeshOptions {
  readonly meshConfig: MeshConfig;
  readonly workload: GatewayWorkload;
  /** GatewayClasses of the Gateway API that the edge serves. */
  readonly gatewayClasses: readonly string[];
  readonly domainSuffix: string;
  readonly clusterId: string;
  /** The other clusters of the mesh, in a stable order. */
  readonly remotes?: readonly RemoteCluster[] | undefined;
  /** Whether the edge calls hosts outside of the mesh itself; else they too go through the cluster gateway. */
  readonly directOrigins: boolean;
  readonly jwks: JwksLookup;
}

export interface MeshSettings {
  readonly meshConfig: MeshConfig;
  readonly rootNamespace: string;
  /** `cluster.local` */
  readonly domainSuffix: string;
  readonly trustDomain: string;
  /** Name of the cluster that these resources come from. */
  readonly clusterId: string;
  /** Whether the edge calls hosts outside of the mesh itself. */
  readonly directOrigins: boolean;
}

/** A workload that runs a gateway: what selectors are matched against. */
export interface GatewayWorkload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  /** `ns/name` of the only Gateways that this workload serves; undefined: all whose selector fits. */
  readonly only?: readonly string[];
}

export interface ResolvedGateway {
  readonly workload: GatewayWorkload;
  readonly config: GatewayConfig;
  /** By domain. */
  readonly domains: ReadonlyMap<string, DomainConfig>;
  /** Every cluster that a domain or a provider of this gateway can reach, by name. */
  readonly clusters: ReadonlyMap<string, ClusterConfig>;
}

/** Where keys come from that are not in the resource; the syncer fetches them, the mesh only looks them up. */
export type JwksLookup = (request: { readonly issuer: string; readonly jwksUri: string | undefined }) => JwksConfig;
