import type { Fields } from './kube-object.ts';

/** One resource of the API: what a path like `/apis/apps/v1/deployments` names. */
export interface ResourceType {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly versions: readonly string[];
  readonly hasStatus: boolean;
  /** Of a custom resource, by version. */
  readonly schemas?: Readonly<Record<string, Fields | undefined>>;
}

/** `apps/deployments`: what objects are stored under, whatever the version. */
export function typeKey({ group, plural }: Pick<ResourceType, 'group' | 'plural'>): string {
  return `${group}/${plural}`;
}

type Row = readonly [
  group: string,
  versions: string,
  kind: string,
  plural: string,
  scope: 'N' | 'C',
  status?: 'status' | undefined,
  shortNames?: string,
];

const ROWS: readonly Row[] = [
  ['', 'v1', 'Namespace', 'namespaces', 'C', 'status', 'ns'],
  ['', 'v1', 'Node', 'nodes', 'C', 'status', 'no'],
  ['', 'v1', 'Pod', 'pods', 'N', 'status', 'po'],
  ['', 'v1', 'Service', 'services', 'N', 'status', 'svc'],
  ['', 'v1', 'Endpoints', 'endpoints', 'N', undefined, 'ep'],
  ['', 'v1', 'Secret', 'secrets', 'N'],
  ['', 'v1', 'ConfigMap', 'configmaps', 'N', undefined, 'cm'],
  ['', 'v1', 'ServiceAccount', 'serviceaccounts', 'N', undefined, 'sa'],
  ['', 'v1', 'Event', 'events', 'N', undefined, 'ev'],
  ['events.k8s.io', 'v1', 'Event', 'events', 'N', undefined, 'ev'],
  ['discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices', 'N'],
  ['apps', 'v1', 'Deployment', 'deployments', 'N', 'status', 'deploy'],
  ['apps', 'v1', 'StatefulSet', 'statefulsets', 'N', 'status', 'sts'],
  ['apps', 'v1', 'DaemonSet', 'daemonsets', 'N', 'status', 'ds'],
  ['apps', 'v1', 'ReplicaSet', 'replicasets', 'N', 'status', 'rs'],
  ['batch', 'v1', 'Job', 'jobs', 'N', 'status'],
  ['batch', 'v1', 'CronJob', 'cronjobs', 'N', 'status', 'cj'],
  ['autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers', 'N', 'status', 'hpa'],
  ['policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets', 'N', 'status', 'pdb'],
  ['networking.k8s.io', 'v1', 'NetworkPolicy', 'networkpolicies', 'N', undefined, 'netpol'],
  ['networking.k8s.io', 'v1', 'Ingress', 'ingresses', 'N', 'status', 'ing'],
  ['networking.k8s.io', 'v1', 'IngressClass', 'ingressclasses', 'C'],
  ['coordination.k8s.io', 'v1', 'Lease', 'leases', 'N'],
  ['rbac.authorization.k8s.io', 'v1', 'Role', 'roles', 'N'],
  ['rbac.authorization.k8s.io', 'v1', 'RoleBinding', 'rolebindings', 'N'],
  ['rbac.authorization.k8s.io', 'v1', 'ClusterRole', 'clusterroles', 'C'],
  ['rbac.authorization.k8s.io', 'v1', 'ClusterRoleBinding', 'clusterrolebindings', 'C'],
  ['admissionregistration.k8s.io', 'v1', 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', 'C'],
  ['admissionregistration.k8s.io', 'v1', 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', 'C'],
  ['apiextensions.k8s.io', 'v1', 'CustomResourceDefinition', 'customresourcedefinitions', 'C', 'status', 'crd'],
];

export const BUILT_IN_TYPES: readonly ResourceType[] = ROWS.map(
  ([group, versions, kind, plural, scope, status, shortNames]) => ({
    group,
    kind,
    plural,
    singular: kind.toLowerCase(),
    shortNames: shortNames === undefined ? [] : [shortNames],
    namespaced: scope === 'N',
    versions: versions.split(','),
    hasStatus: status !== undefined,
  }),
);
