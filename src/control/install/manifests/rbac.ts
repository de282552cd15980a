import type { Installation } from '../installation.ts';
import { withRevision } from '../installation.ts';
import type { KubeObject } from '../kube-object.ts';
import { istiodLabels } from './labels.ts';

const READ = ['get', 'list', 'watch'];
const ISTIO = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io'];
const GATEWAY_API = ['gateway.networking.k8s.io', 'gateway.networking.x-k8s.io'];

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** In the whole cluster: what is read, and the little that is written. */
function clusterRules(webhookNames: readonly string[]): Rule[] {
  return [
    { apiGroups: ISTIO, resources: ['*'], verbs: READ },
    { apiGroups: ISTIO, resources: ['*/status'], verbs: ['patch'] },
    { apiGroups: GATEWAY_API, resources: ['*'], verbs: READ },
    { apiGroups: GATEWAY_API, resources: ['*/status'], verbs: ['patch'] },
    {
      apiGroups: [''],
      resources: ['namespaces', 'nodes', 'pods', 'services', 'serviceaccounts', 'secrets', 'configmaps'],
      verbs: READ,
    },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
    { apiGroups: ['apps'], resources: ['deployments', 'statefulsets', 'daemonsets'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses', 'ingressclasses'], verbs: READ },
    { apiGroups: ['networking.k8s.io'], resources: ['ingresses/status'], verbs: ['patch'] },
    { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'], verbs: READ },
    // The mesh's roots, in every namespace. What is created has no name yet that RBAC could compare.
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    {
      apiGroups: [''],
      resources: ['configmaps'],
      resourceNames: ['istio-ca-root-cert'],
      verbs: ['patch'],
    },
    { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
    { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
      verbs: READ,
    },
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'],
      resourceNames: webhookNames,
      verbs: ['patch'],
    },
  ];
}

/** In its own namespace: its CA, and who leads. */
const OWN_RULES: readonly Rule[] = [
  { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
  {
    apiGroups: [''],
    resources: ['secrets'],
    resourceNames: ['foresail-ca'],
    verbs: ['update'],
  },
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
];

/** Least privilege for foresaild: nothing is deleted anywhere, no workload is changed, no secret is written but its own. */
export function rbac(installation: Installation, webhookNames: readonly string[]): KubeObject[] {
  const { namespace, revision } = installation;
  const labels = istiodLabels(installation);
  const account = withRevision('istiod', revision);
  const clusterName = `${withRevision('istiod-clusterrole', revision)}-${namespace}`;
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
  const group = 'rbac.authorization.k8s.io';
  const apiVersion = `${group}/v1`;
  const own = { name: account, namespace, labels };
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: own },
    { apiVersion, kind: 'ClusterRole', metadata: { name: clusterName, labels }, rules: clusterRules(webhookNames) },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: clusterName, labels },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: clusterName },
      subjects,
    },
    { apiVersion, kind: 'Role', metadata: own, rules: OWN_RULES },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: own,
      roleRef: { apiGroup: group, kind: 'Role', name: account },
      subjects,
    },
  ];
}
