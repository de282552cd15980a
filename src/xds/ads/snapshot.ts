import { createHash } from 'node:crypto';
import type { XdsResource } from '../resource.ts';
import { differenceOf } from './difference.ts';
import { isSameResources, LayeredResources, type ResourcesByName } from './resources-by-name.ts';

const NONE: ResourcesByName = new Map<string, XdsResource>();

/** Everything that one kind of client gets, at one time. Never changed. */
export class XdsSnapshot {
  readonly types: ReadonlyMap<string, ResourcesByName>;
  /** What it shares with others. */
  readonly shared: XdsSnapshot | undefined;

  /**
   * `before`: types that are as they were there are the same objects, so that they are known to need no push.
   * `shared`: what others get too, which what is given here comes before.
   */
  constructor(resources: Iterable<XdsResource>, before?: XdsSnapshot, shared?: XdsSnapshot) {
    this.shared = shared;
    const own = new Map<string, Map<string, XdsResource>>();
    for (const resource of resources) {
      let byName = own.get(resource.typeUrl);
      if (byName === undefined) {
        byName = new Map();
        own.set(resource.typeUrl, byName);
      }
      byName.set(resource.name, resource);
    }
    const types = new Map<string, ResourcesByName>(shared?.types);
    for (const [typeUrl, byName] of own) {
      const beside = shared?.types.get(typeUrl);
      types.set(typeUrl, beside === undefined ? byName : new LayeredResources(beside, byName));
    }
    for (const [typeUrl, byName] of types) {
      const old = before?.of(typeUrl);
      if (old !== undefined && isSameResources(old, byName)) types.set(typeUrl, old);
    }
    this.types = types;
  }

  of(typeUrl: string): ResourcesByName {
    return this.types.get(typeUrl) ?? NONE;
  }

  /** Whether all types are the same objects. */
  equals({ types }: XdsSnapshot): boolean {
    return types.size === this.types.size && [...types].every(([typeUrl, byName]) => this.of(typeUrl) === byName);
  }

  /** This, and whatever of the older one's types is gone here: what old routes still point to stays while they go. */
  keeping(older: XdsSnapshot, typeUrls: readonly string[]): XdsSnapshot {
    const kept = typeUrls.flatMap((typeUrl) => {
      const before = older.of(typeUrl);
      const { removed } = differenceOf(before, this.of(typeUrl));
      return removed.flatMap((name) => before.get(name) ?? []);
    });
    return kept.length === 0 ? this : new XdsSnapshot(kept, undefined, this);
  }
}

/** The same for the same resources in the same versions, whatever else a snapshot holds. */
export function contentVersion(resources: Iterable<XdsResource>): string {
  const hash = createHash('sha256');
  for (const { name, version } of resources) hash.update(`${name}\0${version}\0`);
  return hash.digest('base64url').slice(0, 16);
}
