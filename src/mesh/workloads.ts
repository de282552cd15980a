import type { DaemonSet, Deployment, Pod, ReplicaSet, StatefulSet } from '../resources/kinds.ts';
import { labelsMatch } from './labels.ts';
import type { MeshWorkload } from './registry.ts';

type PodOwner = Deployment | StatefulSet | DaemonSet | ReplicaSet;
type PodTemplate = NonNullable<PodOwner['spec']['template']>;

/**
 * What runs: the pods; where an owner of pods has none that are known (a folder of YAML), its template stands for
 * them. A Deployment scaled to zero runs nothing.
 */
export function workloads(pods: readonly Pod[], owners: readonly PodOwner[]): MeshWorkload[] {
  const running = pods.filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed').map(ofPod);
  const templates = owners.flatMap((owner): MeshWorkload[] => {
    const { template, replicas } = owner.spec;
    if (template === undefined || replicas === 0) return [];
    const { namespace } = owner.metadata;
    const labels = template.metadata?.labels ?? {};
    const known = running.some((pod) => pod.namespace === namespace && labelsMatch(labels, pod.labels));
    return known ? [] : [ofTemplate(owner, template, labels)];
  });
  return [...running, ...templates];
}

function ofPod(pod: Pod): MeshWorkload {
  const { name, namespace, labels, annotations } = pod.metadata;
  return {
    namespace,
    name,
    labels,
    annotations,
    serviceAccount: pod.spec.serviceAccountName ?? 'default',
    address: pod.status?.podIP,
    ports: containerPorts(pod.spec.containers),
    network: labels['topology.istio.io/network'] ?? '',
    locality: labels['istio-locality'] ?? '',
    ready: pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'False',
    origin: pod.originOf(),
  };
}

function ofTemplate(owner: PodOwner, template: PodTemplate, labels: Readonly<Record<string, string>>): MeshWorkload {
  return {
    namespace: owner.metadata.namespace,
    name: owner.metadata.name,
    labels,
    annotations: { ...owner.metadata.annotations, ...template.metadata?.annotations },
    serviceAccount: template.spec?.serviceAccountName ?? 'default',
    address: undefined,
    ports: containerPorts(template.spec?.containers),
    network: labels['topology.istio.io/network'] ?? '',
    locality: labels['istio-locality'] ?? '',
    ready: true,
    origin: owner.originOf(),
  };
}

function containerPorts(
  containers:
    | readonly {
        readonly ports?:
          | readonly { readonly name?: string | undefined; readonly containerPort?: number | undefined }[]
          | undefined;
      }[]
    | undefined,
): Readonly<Record<string, number>> {
  const ports: Record<string, number> = {};
  for (const { name, containerPort } of (containers ?? []).flatMap((container) => container.ports ?? [])) {
    if (containerPort !== undefined) ports[name ?? String(containerPort)] = containerPort;
  }
  return ports;
}
