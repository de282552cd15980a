import { canonicalJson } from './canonical.ts';
import type { SnapshotOrigin, SourceTable } from './sources.ts';

/** Kind, namespace, name. */
export type ObjectRef = readonly [kind: string, namespace: string, name: string];

/** A value with its origins replaced by `[index into objects, line offset or -1, path?]`. */
export interface Interned {
  readonly objects: readonly ObjectRef[];
  readonly value: unknown;
}

/** Text of an `Interned`. It holds no absolute line, so that moving an object in its file leaves it as it was. */
export function internedJson(value: unknown, sources: Pick<SourceTable, 'add'>): string {
  const objects: ObjectRef[] = [];
  const indexes = new Map<string, number>();
  const valueJson = canonicalJson(value, (origin) => {
    const id = `${origin.kind}/${origin.namespace}/${origin.name}`;
    let index = indexes.get(id);
    if (index === undefined) {
      index = objects.push([origin.kind, origin.namespace, origin.name]) - 1;
      indexes.set(id, index);
      sources.add(origin);
    }
    const offset = origin.line === undefined ? -1 : origin.line - (origin.objectLine ?? 1);
    return JSON.stringify(origin.path === undefined ? [index, offset] : [index, offset, origin.path]);
  });
  return `{"objects":${JSON.stringify(objects)},"value":${valueJson}}`;
}

/** Fields of the configuration that are keyed by names which users choose. */
const NAMED_MAPS: ReadonlySet<string> = new Set(['virtualHosts', 'policies', 'providers']);

/** Puts origins back, in place. */
export function hydrateOrigins(value: unknown, objects: readonly ObjectRef[]): void {
  if (Array.isArray(value)) {
    for (const item of value) hydrateOrigins(item, objects);
  } else if (typeof value === 'object' && value !== null) {
    const fields = value as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      const field = fields[key];
      if (key === 'origin' && Array.isArray(field)) fields[key] = toOrigin(field, objects);
      else if (NAMED_MAPS.has(key)) fields[key] = hydrateMap(field, objects);
      else if (typeof field === 'object' && !(key === 'keys' && Array.isArray(field))) hydrateOrigins(field, objects);
    }
  }
}

/** They lose their prototype: `constructor` is not an entry. */
function hydrateMap(value: unknown, objects: readonly ObjectRef[]): unknown {
  hydrateOrigins(value, objects);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.setPrototypeOf(value, null);
}

function toOrigin(encoded: readonly unknown[], objects: readonly ObjectRef[]): SnapshotOrigin {
  const [index, offset, path] = encoded as [number, number, string | undefined];
  const object = objects[index];
  if (object === undefined) throw new Error(`an origin names object ${index} of ${objects.length}`);
  return {
    kind: object[0],
    namespace: object[1],
    name: object[2],
    ...(path === undefined ? {} : { path }),
    ...(offset < 0 ? {} : { lineOffset: offset }),
  };
}
