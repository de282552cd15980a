import { type AnyResource, splitApiVersion } from '../resources/kinds.ts';
import { byAge, groupKind, ResourceSet } from './resource-set.ts';

/** Above this, sorting anew is no slower. */
const MAX_DIFFERENCE = 1_000;

/**
 * The set of each state of a source, made of the set before it: kinds of which nothing changed keep their lists, which is
 * how later passes see that there is nothing to do. Equal to a new ResourceSet of the same resources.
 */
export class ResourceSets {
  #resources: readonly AnyResource[] = [];
  #set = new ResourceSet([]);
  #keys = new Set<string>();

  next(resources: readonly AnyResource[]): ResourceSet {
    const set = this.#following(resources) ?? this.#afresh(resources);
    this.#resources = resources;
    this.#set = set;
    return set;
  }

  #afresh(resources: readonly AnyResource[]): ResourceSet {
    this.#keys = new Set(resources.map(keyOf));
    return new ResourceSet(resources);
  }

  /** Undefined where that is not simple: much has changed, or there are objects of one name. */
  #following(resources: readonly AnyResource[]): ResourceSet | undefined {
    const before = this.#resources;
    const { start, endBefore, endAfter } = differenceOf(before, resources);
    const removed = before.slice(start, endBefore);
    const added = resources.slice(start, endAfter);
    if (removed.length + added.length > MAX_DIFFERENCE || this.#set.findings.length > 0) return undefined;
    for (const resource of removed) this.#keys.delete(keyOf(resource));
    for (const resource of added) {
      const key = keyOf(resource);
      if (this.#keys.has(key)) return undefined;
      this.#keys.add(key);
    }
    const isGone = new Set(removed);
    const addedByKind = Map.groupBy(added, kindOf);
    const touched = new Set([...removed.map(kindOf), ...addedByKind.keys()]);
    return this.#set.with(
      [...touched].map((kind) => {
        const kept = this.#set.ofKind(kind).filter((resource) => !isGone.has(resource));
        return [kind, merged(kept, addedByKind.get(kind) ?? [])];
      }),
    );
  }
}

function differenceOf(before: readonly AnyResource[], after: readonly AnyResource[]) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let endBefore = before.length;
  let endAfter = after.length;
  while (endBefore > start && endAfter > start && before[endBefore - 1] === after[endAfter - 1]) {
    endBefore--;
    endAfter--;
  }
  return { start, endBefore, endAfter };
}

/** Few into many that are in order. */
function merged(sorted: readonly AnyResource[], added: readonly AnyResource[]): AnyResource[] {
  const result: AnyResource[] = [];
  let from = 0;
  for (const resource of [...added].sort(byAge)) {
    let to = from;
    while (to < sorted.length && byAge(sorted[to] ?? resource, resource) < 0) to++;
    for (const item of sorted.slice(from, to)) result.push(item);
    result.push(resource);
    from = to;
  }
  for (const item of sorted.slice(from)) result.push(item);
  return result;
}

function kindOf({ apiVersion, kind }: AnyResource): string {
  return groupKind(splitApiVersion(apiVersion).group, kind);
}

function keyOf(resource: AnyResource): string {
  return `${kindOf(resource)}|${resource.metadata.namespace}|${resource.metadata.name}`;
}
