/**
 * Resources go in, the Mesh comes out: every rule of Istio applied, nothing encoded yet. Pure and total: what is
 * wrong with a resource becomes a finding, and harms only that resource.
 */

import type { Finding } from '../resources/finding.ts';
import { type AnyResource, kinds } from '../resources/kinds.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import { resolveDelegates } from './delegates.ts';
import { DestinationRules } from './destinations.ts';
import { resolveEdge } from './edge-gateway.ts';
import type { PolicyResolver } from './enforcement.ts';
import type { Mesh, MeshOptions, MeshSettings } from './model.ts';
import { mergeServices } from './multicluster/merge-services.ts';
import { type NetworkNames, NO_REMOTES, type RemoteCluster } from './multicluster/model.ts';
import { networkGateways } from './multicluster/network-gateways.ts';
import { networkNames } from './multicluster/network-names.ts';
import { remoteServices } from './multicluster/remote-services.ts';
import { nodeLocalities } from './node-localities.ts';
import { type MeshService, type MeshWorkload, ServiceRegistry } from './registry.ts';
import { Remembered } from './remember.ts';
import { ResourceSet } from './resource-set.ts';
import { kubernetesServices, serviceEntries } from './services.ts';
import { workloadPolicies } from './workload-policies.ts';
import { workloads } from './workloads.ts';

export function buildMesh(resources: Iterable<AnyResource>, options: MeshOptions): Mesh {
  return meshOf(new ResourceSet(resources), options);
}

/**
 * The same, of a set. Passes whose inputs are those of the mesh before keep their results: a set that shares lists with the
 * one before, and the same settings, cost only what has changed.
 */
export function meshOf(set: ResourceSet, options: MeshOptions): Mesh {
  const settings = settingsOf(options);
  const remotes = options.remotes ?? NO_REMOTES;
  const networks = {
    nameOf: networkNames(set, remotes, settings),
    gateways: networkGateways(set, remotes, settings),
  };
  const registry = buildRegistry(set, remotes, networks.nameOf, settings);
  const destinationRules = set.of(kinds.destinationRule);
  const rules = rememberedRules.get(
    settings,
    [destinationRules],
    () => new DestinationRules(destinationRules, settings),
  );
  const findings: Finding[] = [...set.findings];
  const policiesOf = rememberedPolicies.get(
    settings,
    [set.of(kinds.requestAuthentication), set.of(kinds.authorizationPolicy), options.jwks],
    () => workloadPolicies(set, settings, options.jwks),
  );
  const { roots: httpRules, findings: delegateFindings } = resolveDelegates(set.of(kinds.virtualService), settings);
  const input = { set, registry, rules, settings, policiesOf, httpRules };
  const { edge, apiStatus, findings: edgeFindings } = resolveEdge(input, options);
  findings.push(...edgeFindings, ...delegateFindings);
  return {
    settings,
    resources: set,
    registry,
    networks,
    destinationRules: rules,
    httpRules,
    policiesOf,
    edge,
    apiStatus,
    findings,
  };
}

const rememberedSettings = new Remembered<MeshConfig, MeshSettings>();
const rememberedRules = new Remembered<MeshSettings, DestinationRules>();
const rememberedPolicies = new Remembered<MeshSettings, PolicyResolver>();
const rememberedEntries = new Remembered<MeshSettings, readonly MeshService[]>();
const rememberedWorkloads = new Remembered<MeshSettings, readonly MeshWorkload[]>();
const rememberedRegistry = new Remembered<MeshSettings, ServiceRegistry>();

function settingsOf({ meshConfig, domainSuffix, clusterId, directOrigins }: MeshOptions): MeshSettings {
  const { rootNamespace, trustDomain } = meshConfig;
  return rememberedSettings.get(meshConfig, [domainSuffix, clusterId, directOrigins], () => ({
    meshConfig,
    rootNamespace,
    trustDomain,
    domainSuffix,
    clusterId,
    directOrigins,
  }));
}

function buildRegistry(
  set: ResourceSet,
  remotes: readonly RemoteCluster[],
  networkOf: NetworkNames,
  settings: MeshSettings,
): ServiceRegistry {
  const services = set.of(kinds.service);
  const endpoints = { endpoints: set.of(kinds.endpoints), slices: set.of(kinds.endpointSlice) };
  const entryLists = [set.of(kinds.serviceEntry), set.of(kinds.workloadEntry)] as const;
  const entries = rememberedEntries.get(settings, entryLists, () => serviceEntries(...entryLists, settings));
  const running = workloadsOf(set, networkOf, settings);
  const remote = remotes.map((cluster) => remoteServices(cluster, settings, networkOf));
  const inputs = [services, endpoints.endpoints, endpoints.slices, entries, running, ...remote];
  return rememberedRegistry.get(settings, inputs, (before) => {
    const own = kubernetesServices(services, endpoints, settings);
    return ServiceRegistry.after(before, [...mergeServices(own, remote, settings), ...entries], running);
  });
}

function workloadsOf(set: ResourceSet, networkOf: NetworkNames, settings: MeshSettings): readonly MeshWorkload[] {
  const pods = set.of(kinds.pod);
  const namespaces = set.of(kinds.namespace);
  const [deployments, statefulSets, daemonSets, replicaSets] = [
    set.of(kinds.deployment),
    set.of(kinds.statefulSet),
    set.of(kinds.daemonSet),
    set.of(kinds.replicaSet),
  ];
  const nodes = set.of(kinds.node);
  const inputs = [pods, namespaces, nodes, networkOf, deployments, statefulSets, daemonSets, replicaSets];
  return rememberedWorkloads.get(settings, inputs, () => {
    const unowned = replicaSets.filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0);
    return workloads(pods, [...deployments, ...statefulSets, ...daemonSets, ...unowned], namespaces, {
      clusterId: settings.clusterId,
      nodes: nodeLocalities(nodes),
      networkOf,
    });
  });
}
