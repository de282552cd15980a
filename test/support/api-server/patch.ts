import { errors } from './api-error.ts';
import { elementOf } from './field-set.ts';
import { type Fields, isEqual, isFields } from './kube-object.ts';
import type { ListTypes } from './list-types.ts';

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Fields = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Kubernetes' merge patch that knows which lists are keyed; of its directives `$patch: delete` and `replace`. */
export function strategicMergePatch(
  target: unknown,
  patch: unknown,
  lists: ListTypes,
  names: readonly string[] = [],
): unknown {
  if (Array.isArray(patch)) {
    const type = lists(names);
    if (type === 'atomic' || !Array.isArray(target)) return patch;
    const result: unknown[] = [...target];
    for (const item of patch) {
      const element = elementOf(item, type);
      const index = result.findIndex((there) => elementOf(there, type) === element);
      if (isFields(item) && item.$patch === 'delete') {
        if (index !== -1) result.splice(index, 1);
      } else if (index === -1) result.push(item);
      else result[index] = strategicMergePatch(result[index], item, lists, [...names, '*']);
    }
    return result;
  }
  if (!isFields(patch)) return patch;
  const { $patch: directive, ...fields } = patch;
  const result: Fields = isFields(target) && directive !== 'replace' ? { ...target } : {};
  for (const [key, value] of Object.entries(fields)) {
    if (value === null) delete result[key];
    else result[key] = strategicMergePatch(result[key], value, lists, [...names, key]);
  }
  return result;
}

/** RFC 6902. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw errors.badRequest('a JSON patch is a list of operations');
  let result = structuredClone(target);
  for (const operation of operations.filter(isFields)) result = applyOperation(result, operation);
  return result;
}

function applyOperation(target: unknown, { op, path, from, value }: Fields): unknown {
  const at = pointer(path);
  switch (op) {
    case 'add':
      return edit(target, at, (parent, key) => insert(parent, key, value), value);
    case 'remove':
      return edit(target, at, remove, undefined);
    case 'replace':
      return edit(target, at, (parent, key) => replace(parent, key, value), value);
    case 'copy':
      return applyOperation(target, { op: 'add', path, value: structuredClone(read(target, pointer(from))) });
    case 'move': {
      const moved = read(target, pointer(from));
      return applyOperation(applyOperation(target, { op: 'remove', path: from }), { op: 'add', path, value: moved });
    }
    case 'test':
      if (!isEqual(read(target, at), value)) throw errors.invalid('the patch', `testing value ${String(path)} failed`);
      return target;
    default:
      throw errors.badRequest(`unknown operation ${String(op)} in a JSON patch`);
  }
}

function pointer(path: unknown): string[] {
  if (typeof path !== 'string') throw errors.badRequest('an operation of a JSON patch needs a path');
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(target: unknown, path: readonly string[]): unknown {
  let current = target;
  for (const part of path) {
    if (Array.isArray(current)) current = current[Number(part)];
    else current = isFields(current) ? current[part] : undefined;
  }
  return current;
}

type Edit = (parent: Fields | unknown[], key: string) => void;

function edit(target: unknown, path: readonly string[], change: Edit, whole: unknown): unknown {
  const key = path.at(-1);
  if (key === undefined) return whole;
  const parent = read(target, path.slice(0, -1));
  if (!isFields(parent) && !Array.isArray(parent)) {
    throw errors.invalid('the patch', `/${path.join('/')} does not lead anywhere`);
  }
  change(parent, key);
  return target;
}

function insert(parent: Fields | unknown[], key: string, value: unknown): void {
  if (!Array.isArray(parent)) parent[key] = value;
  else parent.splice(key === '-' ? parent.length : Number(key), 0, value);
}

function replace(parent: Fields | unknown[], key: string, value: unknown): void {
  if (Array.isArray(parent)) parent[Number(key)] = value;
  else if (Object.hasOwn(parent, key)) parent[key] = value;
  else throw errors.invalid('the patch', `there is no ${key} to replace`);
}

function remove(parent: Fields | unknown[], key: string): void {
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else if (Object.hasOwn(parent, key)) delete parent[key];
  else throw errors.invalid('the patch', `there is no ${key} to remove`);
}
