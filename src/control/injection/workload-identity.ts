import type { V1ObjectMeta, V1OwnerReference } from '@kubernetes/client-node';

/** What a pod belongs to, as telemetry names it. */
export interface WorkloadName {
  readonly name: string;
  /** `kubernetes://apis/apps/v1/namespaces/shop/deployments/web` */
  readonly owner: string;
  readonly canonicalName: string;
  readonly canonicalRevision: string;
}

const MAX_LABEL_LENGTH = 63;

/** Istio's naming: a ReplicaSet stands for its Deployment, a scheduled Job for its CronJob. */
export function workloadNameOf(metadata: V1ObjectMeta, namespace: string): WorkloadName {
  const labels = metadata.labels ?? {};
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true);
  const fallback = metadata.name ?? (metadata.generateName ?? '').replace(/-$/, '');
  const { apiVersion, kind, name } =
    controller === undefined
      ? { apiVersion: 'v1', kind: 'Pod', name: fallback }
      : ownerOf(controller, labels['pod-template-hash']);
  const canonicalName =
    labels['service.istio.io/canonical-name'] ?? labels['app.kubernetes.io/name'] ?? labels.app ?? name;
  const canonicalRevision =
    labels['service.istio.io/canonical-revision'] ?? labels['app.kubernetes.io/version'] ?? labels.version ?? 'latest';
  return {
    name,
    owner: `kubernetes://apis/${apiVersion}/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`,
    canonicalName: asLabelValue(canonicalName),
    canonicalRevision: asLabelValue(canonicalRevision),
  };
}

function ownerOf({ apiVersion, kind, name }: V1OwnerReference, templateHash: string | undefined) {
  if (kind === 'ReplicaSet' && templateHash !== undefined && name.endsWith(`-${templateHash}`)) {
    return { apiVersion, kind: 'Deployment', name: name.slice(0, -templateHash.length - 1) };
  }
  if (kind === 'Job') {
    const [, cronJob] = /^(.+)-\d{8,}$/.exec(name) ?? [];
    if (cronJob !== undefined) return { apiVersion, kind: 'CronJob', name: cronJob };
  }
  return { apiVersion, kind, name };
}

/** Names of workloads may be longer than values of labels, and a cut must not end in a dash. */
function asLabelValue(text: string): string {
  return text.slice(0, MAX_LABEL_LENGTH).replace(/[^A-Za-z0-9]+$/, '');
}
