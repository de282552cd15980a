import { splitApiVersion } from '../../../resources/kinds.ts';
import { type ResourceId, resourcePath } from '../../kubernetes/resource-path.ts';
import type { KubeObject } from '../kube-object.ts';

/** Every kind that an installation consists of, in the order in which they are taken away. */
const PLURALS: Readonly<Record<string, { readonly apiVersion: string; readonly plural: string }>> = {
  MutatingWebhookConfiguration: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    plural: 'mutatingwebhookconfigurations',
  },
  ValidatingWebhookConfiguration: {
    apiVersion: 'admissionregistration.k8s.io/v1',
    plural: 'validatingwebhookconfigurations',
  },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers' },
  PodDisruptionBudget: { apiVersion: 'policy/v1', plural: 'poddisruptionbudgets' },
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  Service: { apiVersion: 'v1', plural: 'services' },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', plural: 'networkpolicies' },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps' },
  RoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'rolebindings' },
  Role: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'roles' },
  ClusterRoleBinding: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterrolebindings' },
  ClusterRole: { apiVersion: 'rbac.authorization.k8s.io/v1', plural: 'clusterroles' },
  ServiceAccount: { apiVersion: 'v1', plural: 'serviceaccounts' },
};
const DEFINITIONS = { apiVersion: 'apiextensions.k8s.io/v1', plural: 'customresourcedefinitions' };
const NAMESPACES = { apiVersion: 'v1', plural: 'namespaces' };

function resourceOf({ apiVersion, plural }: { readonly apiVersion: string; readonly plural: string }): ResourceId {
  return { ...splitApiVersion(apiVersion), plural };
}

/** Kinds of which Foresail removes objects. Definitions are not among them: with them everybody's configuration would go. */
export const REMOVABLE: readonly { readonly kind: string; readonly apiVersion: string; readonly id: ResourceId }[] =
  Object.entries(PLURALS).map(([kind, entry]) => ({ kind, apiVersion: entry.apiVersion, id: resourceOf(entry) }));

export function objectPath({ kind, metadata }: Pick<KubeObject, 'kind' | 'metadata'>): string {
  const entry = kind === 'CustomResourceDefinition' ? DEFINITIONS : kind === 'Namespace' ? NAMESPACES : PLURALS[kind];
  if (entry === undefined) throw new TypeError(`an installation has no ${kind}`);
  return resourcePath(resourceOf(entry), metadata);
}
