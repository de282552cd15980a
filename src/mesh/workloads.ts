import type { DaemonSet, Deployment, Namespace, Pod, ReplicaSet, StatefulSet } from '../resources/kinds.ts';
import { labelsMatch } from './labels.ts';
import type { NetworkNames } from './multicluster/model.ts';
import { localityOf, type NodeLocalities } from './node-localities.ts';
import type { MeshWorkload } from './registry.ts';
import { Remembered } from './remember.ts';

type PodOwner = Deployment | StatefulSet | DaemonSet | ReplicaSet;
type PodTemplate = NonNullable<PodOwner['spec']['template']>;

/** Where pods are. */
export interface Whereabouts {
  readonly clusterId: string;
  readonly nodes: NodeLocalities;
  /** The same function as long as it says the same. */
  readonly networkOf: NetworkNames;
}

/**
 * What runs: the pods; where an owner of pods has none that are known (a folder of YAML), its template stands for
 * them. A Deployment scaled to zero runs nothing.
 */
export function workloads(
  pods: readonly Pod[],
  owners: readonly PodOwner[],
  namespaces: readonly Namespace[],
  where: Whereabouts,
): MeshWorkload[] {
  const disabled = new Set(namespaces.filter(isInjectionDisabled).map(({ metadata }) => metadata.name));
  const running = pods
    .filter((pod) => pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed')
    .map((pod) => {
      const isDisabled = disabled.has(pod.metadata.namespace);
      const inputs = [isDisabled, where.nodes.get(pod.spec.nodeName ?? ''), where.networkOf, where.clusterId];
      return rememberedPods.get(pod, inputs, () => ofPod(pod, disabled, where));
    });
  const templates = owners.flatMap((owner): MeshWorkload[] => {
    const { template, replicas } = owner.spec;
    if (template === undefined || replicas === 0) return [];
    const { namespace } = owner.metadata;
    const labels = template.metadata?.labels ?? {};
    const known = running.some((pod) => pod.namespace === namespace && labelsMatch(labels, pod.labels));
    return known ? [] : [ofTemplate(owner, template, labels, disabled, where)];
  });
  return [...running, ...templates];
}

const rememberedPods = new Remembered<Pod, MeshWorkload>();

function ofPod(pod: Pod, disabled: ReadonlySet<string>, { clusterId, nodes, networkOf }: Whereabouts): MeshWorkload {
  const { name, namespace, labels, annotations } = pod.metadata;
  return {
    namespace,
    name,
    labels,
    annotations,
    serviceAccount: pod.spec.serviceAccountName ?? 'default',
    address: pod.status?.podIP,
    ports: containerPorts(pod.spec.containers),
    network: networkOf(clusterId, pod.status?.podIP, labels),
    locality: localityOf(labels, pod.spec.nodeName, nodes),
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
  { clusterId, networkOf }: Whereabouts,
): MeshWorkload {
  return {
    namespace: owner.metadata.namespace,
    name: owner.metadata.name,
    labels,
    annotations: { ...owner.metadata.annotations, ...template.metadata?.annotations },
    serviceAccount: template.spec?.serviceAccountName ?? 'default',
    address: undefined,
    ports: containerPorts(template.spec?.containers),
    network: networkOf(clusterId, undefined, labels),
    locality: localityOf(labels, undefined, NO_NODES),
    ready: true,
    hasSidecar: willBeInjected(owner.metadata.namespace, labels, template.metadata?.annotations ?? {}, disabled),
    origin: owner.originOf(),
  };
}

const NO_NODES: NodeLocalities = new Map();

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
