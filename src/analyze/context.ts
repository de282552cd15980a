import { labelsMatch } from '../mesh/labels.ts';
import type { Mesh } from '../mesh/model.ts';
import type { ServiceRegistry } from '../mesh/registry.ts';
import type { ResourceSet } from '../mesh/resource-set.ts';
import { kinds, type Namespace } from '../resources/kinds.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import { type AnalyzedPod, podsOf, templatesOf } from './pods.ts';
import type { ObjectStatus } from './read-status.ts';
import { ServiceHosts } from './service-hosts.ts';

/** What every analyzer sees. */
export interface AnalysisContext {
  readonly resources: ResourceSet;
  readonly mesh: Mesh;
  readonly meshConfig: MeshConfig;
  readonly registry: ServiceRegistry;
  readonly hosts: ServiceHosts;
  /** What Istio's analyzers call pods. */
  readonly pods: readonly AnalyzedPod[];
  /** Pods, and what Deployments would make: what the edge and its own analyzers go by. */
  readonly workloads: readonly AnalyzedPod[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  readonly statuses: readonly ObjectStatus[];
  readonly nowMs: number;
}

export interface ContextInput {
  readonly resources: ResourceSet;
  readonly mesh: Mesh;
  readonly statuses: readonly ObjectStatus[];
  readonly nowMs: number;
  /** Whether the pods that a Deployment would make count as Pods. */
  readonly countsTemplates: boolean;
}

export function analysisContext(input: ContextInput): AnalysisContext {
  const { resources, mesh, statuses, nowMs, countsTemplates } = input;
  const pods = podsOf(resources);
  const templates = templatesOf(resources, pods);
  return {
    resources,
    mesh,
    meshConfig: mesh.settings.meshConfig,
    registry: mesh.registry,
    hosts: new ServiceHosts(resources, mesh.settings.domainSuffix),
    pods: countsTemplates ? [...pods, ...templates] : pods,
    workloads: [...pods, ...templates],
    namespaces: new Map(resources.of(kinds.namespace).map((namespace) => [namespace.metadata.name, namespace])),
    statuses,
    nowMs,
  };
}

/** Pods that a label selector takes, in every namespace unless one is given. */
export function selectPods(
  { pods }: AnalysisContext,
  selector: Readonly<Record<string, string>>,
  namespace?: string,
): AnalyzedPod[] {
  return pods.filter(
    (pod) => (namespace === undefined || pod.namespace === namespace) && labelsMatch(selector, pod.labels),
  );
}
