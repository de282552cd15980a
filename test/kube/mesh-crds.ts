import type { KindDefinition } from '../../src/resources/kind.ts';
import { kinds } from '../../src/resources/kinds.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import type { ApiServer } from '../support/api-server/server.ts';

/** A definition that takes any fields: what is under test is not the schema. */
export function openCrd({ group, kind, plural, versions, namespaced }: KindDefinition): Fields {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      names: { kind, plural },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: versions.map((name, index) => ({
        name,
        served: true,
        storage: index === 0,
        subresources: { status: {} },
        schema: {
          openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: CONDITIONS },
        },
      })),
    },
  };
}

const CONDITIONS = {
  status: {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    properties: {
      conditions: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['type'],
        items: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
};

const CUSTOM: readonly KindDefinition[] = Object.values(kinds).filter(({ group }) =>
  /\.istio\.io$|^gateway\.networking\./.test(group),
);

export async function installMeshCrds(server: ApiServer): Promise<void> {
  for (const definition of CUSTOM) await server.create(openCrd(definition));
}
