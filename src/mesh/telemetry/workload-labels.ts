import {
  type DestinationLabels,
  UNKNOWN,
  UNKNOWN_WORKLOAD,
  type WorkloadLabels,
} from '../../engine/telemetry/workload-labels.ts';
import { labelsMatch } from '../labels.ts';
import type { GatewayWorkload, MeshSettings } from '../model.ts';
import type { MeshService, MeshWorkload, ServiceRegistry } from '../registry.ts';

interface Labelled {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
}

/** Istio's canonical names: its own labels, then Kubernetes' recommended ones, then `app` and `version`. */
export function workloadLabels(
  { name, namespace, labels, serviceAccount }: Labelled,
  { trustDomain, clusterId }: Pick<MeshSettings, 'trustDomain' | 'clusterId'>,
): WorkloadLabels {
  const workload = ownerName(name, labels);
  return {
    workload,
    namespace,
    principal: `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`,
    app: labels.app ?? UNKNOWN,
    version: labels.version ?? UNKNOWN,
    cluster: clusterId,
    canonicalService:
      labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? workload,
    canonicalRevision:
      labels['service.istio.io/canonical-revision'] ??
      labels['app.kubernetes.io/version'] ??
      labels.version ??
      'latest',
  };
}

export function gatewayLabels(gateway: GatewayWorkload, settings: MeshSettings): WorkloadLabels {
  const name = gateway.labels.app ?? gateway.labels.istio ?? 'gateway';
  return workloadLabels({ ...gateway, name }, settings);
}

/** What is the same for all workloads of a subset; where they differ nobody can know before one of them is chosen. */
export function destinationLabels(
  service: MeshService,
  subset: Readonly<Record<string, string>>,
  registry: ServiceRegistry,
  settings: MeshSettings,
): DestinationLabels {
  const all = registry
    .workloadsOf(service)
    .filter(({ labels }) => labelsMatch(subset, labels))
    .map((workload: MeshWorkload) => workloadLabels(workload, settings));
  const [first] = all;
  const common = (field: keyof WorkloadLabels): string =>
    first !== undefined && all.every((labels) => labels[field] === first[field]) ? first[field] : UNKNOWN;
  const fields = Object.keys(UNKNOWN_WORKLOAD) as (keyof WorkloadLabels)[];
  const workload = Object.fromEntries(fields.map((field) => [field, common(field)]));
  return { ...UNKNOWN_WORKLOAD, ...workload, serviceName: service.name, serviceNamespace: service.namespace };
}

/** Pods of a ReplicaSet end in its hash and their own: `web-5d4f8c7b9-x2x7q` is of `web`. */
function ownerName(name: string, labels: Readonly<Record<string, string>>): string {
  const hash = labels['pod-template-hash'];
  const at = hash === undefined ? -1 : name.lastIndexOf(`-${hash}`);
  return at > 0 ? name.slice(0, at) : name;
}
