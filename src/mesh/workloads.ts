import type { DaemonSet, Deployment, Namespace, Pod, ReplicaSet, StatefulSet } from '../resources/kinds.ts';
import { labelsMatch } from './labels.ts';
import type { MeshWorkload } from './registry.ts';
import { Remembered } from './remember.ts';

type PodOwner = Deployment | StatefulSet | DaemonSet | ReplicaSet;
type PodTemplate = NonNullable<PodOwner['spec']['template']>;

/**
 * What runs: the pods; where an owner of pods has none that are known (a folder of YAML), its template stands for
 * them. A Deployment scaled to zero runs nothing.
 */
export function workloads(
  pods: readonly Pod[],
  owners: readonly PodOwner[],
  namespaces: readonly Namespace[],
): MeshWorkload[] {
  const disabled = new Set(namespaces.filter(isInjectionDisabled).map(({ metadata }) => metadata.name));
  const running = pods
    .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .map((pod) => {
      const isDisabled = disabled.has(pod.metadata.namespace);
      return rememberedPods.get(pod, [isDisabled], () => ofPod(pod, disabled));
    });
  const templates = owners.flatMap((owner): MeshWorkload[] => {
    const { template, replicas } = owner.spec;
    if (template === undefined || replicas === 0) return [];
    const { namespace } = owner.metadata;
    const labels = template.metadata?.labels ?? {};
    const known = running.some((pod) => pod.namespace === namespace && labelsMatch(labels, pod.labels));
    return known ? [] : [ofTemplate(owner, template, labels, disabled)];
  });
  return [...running, ...templates];
}

const rememberedPods = new Remembered<Pod, MeshWorkload>();

function ofPod(pod: Pod, disabled: ReadonlySet<string>): MeshWorkload {
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
    hasSidecar: hasSidecar(pod, disabled),
    origin: pod.originOf(),
  };
}

function ofTemplate(
  owner: PodOwner,
  template: PodTemplate,
  labels: Readonly<Record<string, string>>,
  disabled: ReadonlySet<string>,
): MeshWorkload {
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
    hasSidecar: willBeInjected(owner.metadata.namespace, labels, template.metadata?.annotations ?? {}, disabled),
    origin: owner.originOf(),
  };
}

/** A pod that runs shows it; one that is only written down will be injected unless that is turned off. */
function hasSidecar({ metadata, spec, status }: Pod, disabled: ReadonlySet<string>): boolean {
  if (status?.phase !== undefined) {
    return [...spec.containers, ...(spec.initContainers ?? [])].some(({ name }) => name === 'istio-proxy');
  }
  return willBeInjected(metadata.namespace, metadata.labels, metadata.annotations, disabled);
}

function willBeInjected(
  namespace: string,
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
  disabled: ReadonlySet<string>,
): boolean {
  const inject = labels['sidecar.istio.io/inject'] ?? annotations['sidecar.istio.io/inject'];
  return inject === undefined ? !disabled.has(namespace) : inject === 'true';
}

function isInjectionDisabled({ metadata }: Namespace): boolean {
  return metadata.labels['istio-injection'] === 'disabled';
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
