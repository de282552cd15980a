import type { UserInfo } from './authentication.ts';
import { type Fields, isFields, type KubeObject } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';

export interface Access {
  readonly verb: string;
  readonly group: string;
  /** `pods` or `pods/status`. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

const RBAC = 'rbac.authorization.k8s.io';

/** RBAC: whether a rule of a role that is bound to the user allows it. */
export function isAllowed(user: UserInfo, access: Access, store: ObjectStore): boolean {
  if (user.groups.includes('system:masters')) return true;
  const bindings = [
    ...store.list(`${RBAC}/clusterrolebindings`),
    ...store.list(`${RBAC}/rolebindings`).filter(({ metadata }) => metadata.namespace === access.namespace),
  ];
  return bindings
    .filter((binding) => subjectsOf(binding).some((subject) => isSubject(subject, user)))
    .some((binding) => rulesOf(binding, store).some((rule) => permits(rule, access)));
}

function subjectsOf({ subjects }: KubeObject): Fields[] {
  return Array.isArray(subjects) ? subjects.filter(isFields) : [];
}

function isSubject({ kind, name, namespace }: Fields, { username, groups }: UserInfo): boolean {
  if (kind === 'ServiceAccount') return username === `system:serviceaccount:${String(namespace)}:${String(name)}`;
  return kind === 'Group' ? groups.includes(String(name)) : username === name;
}

function rulesOf({ roleRef, metadata }: KubeObject, store: ObjectStore): Fields[] {
  if (!isFields(roleRef)) return [];
  const role =
    roleRef.kind === 'Role'
      ? store.get(`${RBAC}/roles`, `${metadata.namespace}/${String(roleRef.name)}`)
      : store.get(`${RBAC}/clusterroles`, String(roleRef.name));
  return Array.isArray(role?.rules) ? role.rules.filter(isFields) : [];
}

function permits(rule: Fields, { verb, group, resource, name }: Access): boolean {
  const names = Array.isArray(rule.resourceNames) ? rule.resourceNames : [];
  return (
    has(rule.verbs, verb) &&
    has(rule.apiGroups, group) &&
    (has(rule.resources, resource) || has(rule.resources, `*/${resource.split('/')[1] ?? ''}`)) &&
    (names.length === 0 || (name !== undefined && names.includes(name)))
  );
}

function has(list: unknown, value: string): boolean {
  return Array.isArray(list) && (list.includes('*') || list.includes(value));
}
