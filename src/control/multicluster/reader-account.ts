import type { KubeObject } from '../install/kube-object.ts';

const READ = ['get', 'list', 'watch'];

/** Who may see what runs in a cluster, and change nothing. Istio's name of it, so that one that is there serves. */
export const READER_ACCOUNT = 'istio-reader-service-account';

export function readerAccount(name: string, namespace: string): readonly KubeObject[] {
  const labels = { 'app.kubernetes.io/part-of': 'foresail' };
  const role = `${name}-${namespace}`;
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: role, labels },
      rules: [
        { apiGroups: [''], resources: ['namespaces', 'nodes', 'pods', 'services', 'endpoints'], verbs: READ },
        { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: READ },
        { apiGroups: ['networking.istio.io'], resources: ['workloadentries'], verbs: READ },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: role, labels },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
  ];
}
