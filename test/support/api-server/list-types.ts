import { type Fields, isFields } from './kube-object.ts';

export type ListType = 'atomic' | 'set' | { readonly keys: readonly string[] };
/** How the list at a path of field names merges; items are the path element `*`. */
export type ListTypes = (path: readonly string[]) => ListType;

/** Lists of Kubernetes' own kinds that do not merge whole, by field name. */
const BUILT_IN: Readonly<Record<string, ListType>> = {
  finalizers: 'set',
  ownerReferences: { keys: ['uid'] },
  conditions: { keys: ['type'] },
  containers: { keys: ['name'] },
  initContainers: { keys: ['name'] },
  volumes: { keys: ['name'] },
  env: { keys: ['name'] },
  volumeMounts: { keys: ['mountPath'] },
  imagePullSecrets: { keys: ['name'] },
  webhooks: { keys: ['name'] },
};

/** The schema of a custom resource decides; of Kubernetes' kinds, the table. */
export function listTypesOf(schema: Fields | undefined): ListTypes {
  return (path) => {
    const name = path.at(-1) ?? '';
    if (path[0] === 'metadata' || schema === undefined) {
      if (name === 'ports')
        return { keys: path.includes('containers') ? ['containerPort', 'protocol'] : ['port', 'protocol'] };
      return BUILT_IN[name] ?? 'atomic';
    }
    let node: unknown = schema;
    for (const part of path) {
      if (!isFields(node)) return 'atomic';
      const properties: Fields = isFields(node.properties) ? node.properties : {};
      node = part === '*' ? node.items : (properties[part] ?? node.additionalProperties);
    }
    if (!isFields(node)) return 'atomic';
    if (node['x-kubernetes-list-type'] === 'set') return 'set';
    const keys = node['x-kubernetes-list-map-keys'];
    return node['x-kubernetes-list-type'] === 'map' && Array.isArray(keys) ? { keys: keys.map(String) } : 'atomic';
  };
}
