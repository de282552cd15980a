import type { XdsResource } from '../resource.ts';
import { LayeredResources, type ResourcesByName } from './resources-by-name.ts';

/** What a client that has the one needs to have the other. */
export interface Difference {
  /** New, or of another version. */
  readonly changed: readonly XdsResource[];
  readonly removed: readonly string[];
}

/** Of each the last that was asked for: a thousand clients go from one state to the next together. */
const known = new WeakMap<
  ResourcesByName,
  { readonly to: WeakRef<ResourcesByName>; readonly difference: Difference }
>();

const NOTHING: Difference = { changed: [], removed: [] };

export function differenceOf(from: ResourcesByName, to: ResourcesByName): Difference {
  if (from === to) return NOTHING;
  if (from.size === 0) return { changed: [...to.values()], removed: [] };
  const last = known.get(from);
  if (last !== undefined && last.to.deref() === to) return last.difference;
  const difference = compared(from, to, namesThatMayDiffer(from, to));
  known.set(from, { to: new WeakRef(to), difference });
  return difference;
}

function namesThatMayDiffer(from: ResourcesByName, to: ResourcesByName): Iterable<string> {
  if (!(from instanceof LayeredResources && to instanceof LayeredResources)) return [...from.keys(), ...to.keys()];
  const { changed, removed } = differenceOf(from.shared, to.shared);
  return [...removed, ...changed.map(({ name }) => name), ...from.own.keys(), ...to.own.keys()];
}

function compared(from: ResourcesByName, to: ResourcesByName, names: Iterable<string>): Difference {
  const changed: XdsResource[] = [];
  const removed: string[] = [];
  for (const name of new Set(names)) {
    const before = from.get(name);
    const now = to.get(name);
    if (now === undefined) {
      if (before !== undefined) removed.push(name);
    } else if (before?.version !== now.version) changed.push(now);
  }
  return { changed, removed };
}
