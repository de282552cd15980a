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
  const registry = buildRegistry(set, settings);
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

function buildRegistry(set: ResourceSet, settings: MeshSettings): ServiceRegistry {
  const services = set.of(kinds.service);
  const endpoints = { endpoints: set.of(kinds.endpoints), slices: set.of(kinds.endpointSlice) };
  const entryLists = [set.of(kinds.serviceEntry), set.of(kinds.workloadEntry)] as const;
  const entries = rememberedEntries.get(settings, entryLists, () => serviceEntries(...entryLists, settings));
  const running = workloadsOf(set, settings);
  const inputs = [services, endpoints.endpoints, endpoints.slices, entries, running];
  return rememberedRegistry.get(settings, inputs, (before) =>
    ServiceRegistry.after(before, [...kubernetesServices(services, endpoints, settings), ...entries], running),
  );
}

function workloadsOf(set: ResourceSet, settings: MeshSettings): readonly MeshWorkload[] {
  const pods = set.of(kinds.pod);
  const namespaces = set.of(kinds.namespace);
  const [deployments, statefulSets, daemonSets, replicaSets] = [
    set.of(kinds.deployment),
    set.of(kinds.statefulSet),
    set.of(kinds.daemonSet),
    set.of(kinds.replicaSet),
  ];
  const inputs = [pods, namespaces, deployments, statefulSets, daemonSets, replicaSets];
  return rememberedWorkloads.get(settings, inputs, () => {
    const unowned = replicaSets.filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0);
    return workloads(pods, [...deployments, ...statefulSets, ...daemonSets, ...unowned], namespaces);
  });
}
