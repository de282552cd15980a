import type { Fields } from './kube-object.ts';
import type { ResourceType } from './resource-types.ts';

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

/** Answers `/api`, `/apis`, `/api/v1`, `/apis/<group>` and `/apis/<group>/<version>`; undefined: there is no such path. */
export function discover(path: readonly string[], types: readonly ResourceType[]): Fields | undefined {
  const [root, ...rest] = path;
  if (root === 'api') {
    if (rest.length === 0) return { kind: 'APIVersions', versions: ['v1'] };
    return rest.length === 1 ? resourceList('', rest[0] ?? '', types) : undefined;
  }
  if (root !== 'apis') return undefined;
  const [group, version, ...more] = rest;
  if (more.length > 0) return undefined;
  if (group === undefined) {
    const groups = [...new Set(types.map((type) => type.group))].filter((name) => name !== '');
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((name) => groupOf(name, types)) };
  }
  if (!types.some((type) => type.group === group)) return undefined;
  return version === undefined
    ? { kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group, types) }
    : resourceList(group, version, types);
}

function groupOf(name: string, types: readonly ResourceType[]): Fields {
  const versions = [...new Set(types.filter(({ group }) => group === name).flatMap((type) => type.versions))];
  const named = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: named, preferredVersion: named[0] };
}

function resourceList(group: string, version: string, types: readonly ResourceType[]): Fields | undefined {
  const served = types.filter((type) => type.group === group && type.versions.includes(version));
  if (served.length === 0) return undefined;
  const resources = served.flatMap(({ kind, plural, singular, namespaced, shortNames, hasStatus }) => [
    { name: plural, singularName: singular, namespaced, kind, verbs: VERBS, shortNames },
    ...(hasStatus
      ? [{ name: `${plural}/status`, singularName: '', namespaced, kind, verbs: ['get', 'patch', 'update'] }]
      : []),
  ]);
  const groupVersion = group === '' ? version : `${group}/${version}`;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources };
}
