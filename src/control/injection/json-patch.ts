import { isDeepStrictEqual } from 'node:util';

/** An operation of RFC 6902, as far as admission needs them. */
export type PatchOperation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

/** The operations that make `after` of `before`; what is equal is not named. Lists of named things are matched by name. */
export function jsonPatch(before: unknown, after: unknown, path = ''): PatchOperation[] {
  if (isDeepStrictEqual(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return listPatch(before, after, path);
  if (isObject(before) && isObject(after)) return objectPatch(before, after, path);
  return [{ op: 'replace', path, value: after }];
}

function objectPatch(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  path: string,
): PatchOperation[] {
  const operations: PatchOperation[] = [];
  for (const key of Object.keys(before)) {
    if (after[key] === undefined && before[key] !== undefined)
      operations.push({ op: 'remove', path: below(path, key) });
  }
  for (const [key, value] of Object.entries(after)) {
    if (value === undefined) continue;
    if (before[key] === undefined) operations.push({ op: 'add', path: below(path, key), value });
    else operations.push(...jsonPatch(before[key], value, below(path, key)));
  }
  return operations;
}

function listPatch(before: readonly unknown[], after: readonly unknown[], path: string): PatchOperation[] {
  const [namesBefore, namesAfter] = [namesOf(before), namesOf(after)];
  if (namesBefore === undefined || namesAfter === undefined) return [{ op: 'replace', path, value: after }];
  const stays = commonInOrder(namesBefore, namesAfter);
  const removals = namesBefore.flatMap((name, index): PatchOperation[] =>
    stays.has(name) ? [] : [{ op: 'remove', path: below(path, index) }],
  );
  const others = namesAfter.flatMap((name, index): PatchOperation[] =>
    stays.has(name)
      ? jsonPatch(before[namesBefore.indexOf(name)], after[index], below(path, index))
      : [{ op: 'add', path: below(path, index), value: after[index] }],
  );
  // From the end, so that no removal moves what another one names.
  return [...removals.reverse(), ...others];
}

/** The names that both have in one order: the longest common subsequence. What moves past them is taken out and put in. */
function commonInOrder(first: readonly unknown[], second: readonly unknown[]): ReadonlySet<unknown> {
  let best: readonly (readonly unknown[])[] = second.map(() => []);
  for (const name of first) {
    let longest: readonly unknown[] = [];
    best = second.map((other, index) => {
      const withName = other === name ? [...(best[index - 1] ?? []), name] : [];
      for (const rival of [best[index] ?? [], withName]) if (rival.length > longest.length) longest = rival;
      return longest;
    });
  }
  return new Set(best.at(-1));
}

/** Undefined where things have no names, or one name twice. */
function namesOf(list: readonly unknown[]): readonly unknown[] | undefined {
  const names = list.map((item) => (isObject(item) ? item.name : undefined));
  return names.every((name) => typeof name === 'string') && new Set(names).size === names.length ? names : undefined;
}

function below(path: string, key: string | number): string {
  return `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
