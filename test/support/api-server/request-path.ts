import type { ResourceType } from './resource-types.ts';

export interface ResourcePath {
  readonly type: ResourceType;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

/** `/apis/<group>/<version>[/namespaces/<ns>]/<plural>[/<name>[/<subresource>]]`; undefined: it names no resource. */
export function parseResourcePath(path: readonly string[], types: readonly ResourceType[]): ResourcePath | undefined {
  const [root, ...afterRoot] = path;
  if (root !== 'api' && root !== 'apis') return undefined;
  const group = root === 'api' ? '' : (afterRoot[0] ?? '');
  const [version, ...rest] = root === 'api' ? afterRoot : afterRoot.slice(1);
  if (version === undefined) return undefined;
  const find = (plural: string | undefined): ResourceType | undefined =>
    types.find((type) => type.group === group && type.plural === plural && type.versions.includes(version));
  if (rest[0] === 'namespaces' && rest.length >= 3) {
    const type = find(rest[2]);
    if (type?.namespaced === true) {
      return { type, version, namespace: rest[1], name: rest[3], subresource: rest[4] };
    }
  }
  const type = find(rest[0]);
  if (type === undefined || rest.length > 3) return undefined;
  return { type, version, namespace: undefined, name: rest[1], subresource: rest[2] };
}
