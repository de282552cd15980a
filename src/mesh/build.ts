/**
 * Resources go in, the Mesh comes out: every rule of Istio applied, nothing encoded yet. Pure and total: what is
 * wrong with a resource becomes a finding, and harms only that resource.
 */

import type { Finding } from '../resources/finding.ts';
import { type AnyResource, kinds } from '../resources/kinds.ts';
import { resolveDelegates } from './delegates.ts';
import { DestinationRules } from './destinations.ts';
import { resolveEdge } from './edge-gateway.ts';
import type { Mesh, MeshOptions, MeshSettings } from './model.ts';
import { ServiceRegistry } from './registry.ts';
import { ResourceSet } from './resource-set.ts';
import { kubernetesServices, serviceEntries } from './services.ts';
import { workloadPolicies } from './workload-policies.ts';
import { workloads } from './workloads.ts';

export function buildMesh(resources: Iterable<AnyResource>, options: MeshOptions): Mesh {
  const { meshConfig } = options;
  const settings: MeshSettings = {
    meshConfig,
    rootNamespace: meshConfig.rootNamespace,
    trustDomain: meshConfig.trustDomain,
    domainSuffix: options.domainSuffix,
    clusterId: options.clusterId,
    directOrigins: options.directOrigins,
  };
  const set = new ResourceSet(resources);
  const registry = buildRegistry(set, settings);
  const rules = new DestinationRules(set.of(kinds.destinationRule), settings);
  const findings: Finding[] = [...set.findings];
  const policiesOf = workloadPolicies(set, settings, options.jwks);
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

function buildRegistry(set: ResourceSet, settings: MeshSettings): ServiceRegistry {
  return new ServiceRegistry(
    [
      ...kubernetesServices(
        set.of(kinds.service),
        { endpoints: set.of(kinds.endpoints), slices: set.of(kinds.endpointSlice) },
        settings,
      ),
      ...serviceEntries(set.of(kinds.serviceEntry), set.of(kinds.workloadEntry), settings),
    ],
    workloads(
      set.of(kinds.pod),
      [
        ...set.of(kinds.deployment),
        ...set.of(kinds.statefulSet),
        ...set.of(kinds.daemonSet),
        ...set.of(kinds.replicaSet).filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0),
      ],
      set.of(kinds.namespace),
    ),
  );
}
