import type * as z from 'zod';

type Fields = Record<PropertyKey, unknown>;

/**
 * Kubernetes takes `field: null` for an absent field. Of the nulls that a schema has refused, those that are fields
 * of a mapping are left out; undefined where there was none. The given body stays as it is.
 */
export function withoutNulls(body: Fields, issues: readonly z.core.$ZodIssue[]): Fields | undefined {
  // Containers that have been copied already: every one is copied once, however many nulls are in it.
  const copies = new WeakSet<object>();
  const root = { body };
  for (const { path } of issues) {
    if (!endsInNull(body, path)) continue;
    let parent: Fields = root;
    let key: PropertyKey = 'body';
    for (const part of path) {
      parent = ownCopy(parent, key, copies);
      key = part;
    }
    delete parent[key];
  }
  return root.body === body ? undefined : root.body;
}

/** Whether `path` leads to a null that is a field of a mapping. An item of a list cannot be absent. */
function endsInNull(body: Fields, path: readonly PropertyKey[]): boolean {
  let current: unknown = body;
  let container: unknown;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return false;
    container = current;
    current = (current as Fields)[part];
  }
  return current === null && container !== undefined && !Array.isArray(container);
}

function ownCopy(parent: Fields, key: PropertyKey, copies: WeakSet<object>): Fields {
  const child = parent[key] as Fields;
  if (copies.has(child)) return child;
  const copy = (Array.isArray(child) ? [...(child as unknown[])] : { ...child }) as Fields;
  copies.add(copy);
  parent[key] = copy;
  return copy;
}
