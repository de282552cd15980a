import { labelsMatch } from '../mesh/labels.ts';
import type { ResourceSet } from '../mesh/resource-set.ts';
import { kinds, type Pod } from '../resources/kinds.ts';
import type { Container, PodSpec } from '../resources/kubernetes/pod-spec.ts';

/** A pod, or the template of pods that are not in the files. */
export interface AnalyzedPod {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly containers: readonly Container[];
  readonly nodeName: string | undefined;
  /** Undefined for a template. */
  readonly pod: Pod | undefined;
}

/** The Pods themselves, which is all that istioctl counts. */
export function podsOf(resources: ResourceSet): AnalyzedPod[] {
  return resources.of(kinds.pod).map(
    (pod): AnalyzedPod => ({
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      labels: pod.metadata.labels,
      annotations: pod.metadata.annotations,
      containers: containersOf(pod.spec),
      nodeName: pod.spec.nodeName,
      pod,
    }),
  );
}

/** What Deployments and their like would make; nothing where a Pod of theirs is there already. */
export function templatesOf(resources: ResourceSet, pods: readonly AnalyzedPod[]): AnalyzedPod[] {
  const owners = [
    ...resources.of(kinds.deployment),
    ...resources.of(kinds.statefulSet),
    ...resources.of(kinds.daemonSet),
    ...resources.of(kinds.replicaSet).filter(({ metadata }) => (metadata.ownerReferences ?? []).length === 0),
  ];
  return owners.flatMap(({ metadata: { namespace, name }, spec }): AnalyzedPod[] => {
    const { template, replicas } = spec;
    if (template === undefined || replicas === 0) return [];
    const labels = template.metadata?.labels ?? {};
    if (pods.some((pod) => pod.namespace === namespace && labelsMatch(labels, pod.labels))) return [];
    const annotations = template.metadata?.annotations ?? {};
    const containers = template.spec === undefined ? [] : containersOf(template.spec);
    return [{ namespace, name, labels, annotations, containers, nodeName: undefined, pod: undefined }];
  });
}

/** A native sidecar is an init container. */
function containersOf({ containers, initContainers = [] }: PodSpec): Container[] {
  return [...containers, ...initContainers];
}
