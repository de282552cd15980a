import { type Fields, isEqual, isFields } from './kube-object.ts';
import type { ListTypes } from './list-types.ts';

/** Paths of fields. Elements as in FieldsV1 (`f:spec`, `k:{"name":"a"}`, `v:"x"`), joined by a character that none has. */
export type FieldSet = ReadonlySet<string>;

const SEPARATOR = '\u0000';

export function splitPath(path: string): string[] {
  return path.split(SEPARATOR);
}

/** The fields that somebody who writes this object has an opinion on. */
export function fieldsOf(value: Fields, lists: ListTypes): FieldSet {
  const set = new Set<string>();
  collect(value, [], [], lists, set);
  for (const identity of IDENTITY) set.delete(identity);
  return set;
}

const IDENTITY = [
  ['f:apiVersion'],
  ['f:kind'],
  ...[
    'name',
    'namespace',
    'generateName',
    'uid',
    'resourceVersion',
    'generation',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
    'managedFields',
  ].map((field) => ['f:metadata', `f:${field}`]),
].map((path) => path.join(SEPARATOR));

function collect(
  value: unknown,
  path: readonly string[],
  names: readonly string[],
  lists: ListTypes,
  set: Set<string>,
): void {
  if (isFields(value)) {
    const entries = Object.entries(value).filter(([, field]) => field !== undefined);
    if (entries.length === 0 && path.length > 0) set.add(path.join(SEPARATOR));
    for (const [key, field] of entries) collect(field, [...path, `f:${key}`], [...names, key], lists, set);
    return;
  }
  const type = Array.isArray(value) ? lists(names) : 'atomic';
  if (!Array.isArray(value) || type === 'atomic') {
    set.add(path.join(SEPARATOR));
    return;
  }
  for (const item of value) {
    const element = elementOf(item, type);
    set.add([...path, element].join(SEPARATOR));
    if (type !== 'set') collect(item, [...path, element], [...names, '*'], lists, set);
  }
}

export function elementOf(item: unknown, type: 'set' | { readonly keys: readonly string[] }): string {
  if (type === 'set' || !isFields(item)) return `v:${JSON.stringify(item)}`;
  const keys = type.keys.filter((key) => item[key] !== undefined).map((key) => [key, item[key]]);
  return `k:${JSON.stringify(Object.fromEntries(keys))}`;
}

export function valueAt(value: unknown, path: readonly string[]): unknown {
  let current = value;
  for (const element of path) {
    if (element.startsWith('f:')) current = isFields(current) ? current[element.slice(2)] : undefined;
    else current = Array.isArray(current) ? current.find((item) => isElement(item, element)) : undefined;
  }
  return current;
}

/** Without the field; what it leaves empty goes too. */
export function without(value: unknown, [element, ...rest]: readonly string[]): unknown {
  if (element === undefined) return undefined;
  if (element.startsWith('f:')) {
    const key = element.slice(2);
    if (!isFields(value) || !Object.hasOwn(value, key)) return value;
    const { [key]: field, ...others } = value;
    const left = without(field, rest);
    if (left !== undefined) return { ...others, [key]: left };
    return Object.keys(others).length === 0 ? undefined : others;
  }
  if (!Array.isArray(value)) return value;
  const items = value.flatMap((item: unknown) => {
    if (!isElement(item, element)) return [item];
    const left = rest.length === 0 ? undefined : without(item, rest);
    return left === undefined ? [] : [left];
  });
  return items.length === 0 ? undefined : items;
}

function isElement(item: unknown, element: string): boolean {
  const wanted: unknown = JSON.parse(element.slice(2));
  if (element.startsWith('v:')) return isEqual(item, wanted);
  return (
    isFields(item) && isFields(wanted) && Object.entries(wanted).every(([key, field]) => isEqual(item[key], field))
  );
}

/** The applied object laid over the live one. */
export function overlay(live: unknown, applied: unknown, names: readonly string[], lists: ListTypes): unknown {
  if (isFields(live) && isFields(applied)) {
    const result: Fields = { ...live };
    for (const [key, field] of Object.entries(applied)) result[key] = overlay(live[key], field, [...names, key], lists);
    return result;
  }
  if (!Array.isArray(live) || !Array.isArray(applied)) return applied;
  const type = lists(names);
  if (type === 'atomic') return applied;
  const result: unknown[] = [...live];
  for (const item of applied) {
    const element = elementOf(item, type);
    const index = result.findIndex((there) => isElement(there, element));
    if (index === -1) result.push(item);
    else result[index] = overlay(result[index], item, [...names, '*'], lists);
  }
  return result;
}

export function toFieldsV1(set: FieldSet): Fields {
  const root: Fields = {};
  for (const path of [...set].sort()) {
    const elements = splitPath(path);
    let node = root;
    for (const element of elements) {
      const child = isFields(node[element]) ? (node[element] as Fields) : {};
      node[element] = child;
      node = child;
    }
    if (!elements.at(-1)?.startsWith('f:')) node['.'] = {};
  }
  return root;
}

export function fromFieldsV1(fields: Fields): FieldSet {
  const set = new Set<string>();
  const walk = (node: Fields, path: readonly string[]): void => {
    const children = Object.entries(node).filter(([element]) => element !== '.');
    if (path.length > 0 && (node['.'] !== undefined || children.length === 0)) set.add(path.join(SEPARATOR));
    for (const [element, child] of children) if (isFields(child)) walk(child, [...path, element]);
  };
  walk(fields, []);
  return set;
}
