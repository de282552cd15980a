import { createHash } from 'node:crypto';
import type { ConfigOrigin } from '../../engine/values.ts';
import type { XdsResource } from '../resource.ts';

export type ResourcesByName = ReadonlyMap<string, XdsResource>;

const NONE: ResourcesByName = new Map();

/** Everything that one kind of client gets, at one time. Never changed. */
export class XdsSnapshot {
  readonly types: ReadonlyMap<string, ResourcesByName>;

  /** `before`: types that are as they were there are shared with it, so that they are known to need no push. */
  constructor(resources: Iterable<XdsResource>, before?: XdsSnapshot) {
    const types = new Map<string, Map<string, XdsResource>>();
    for (const resource of resources) {
      let byName = types.get(resource.typeUrl);
      if (byName === undefined) {
        byName = new Map();
        types.set(resource.typeUrl, byName);
      }
      byName.set(resource.name, resource);
    }
    const shared = [...types].map(([typeUrl, byName]): [string, ResourcesByName] => {
      const old = before?.of(typeUrl);
      return [typeUrl, old !== undefined && isSame(old, byName) ? old : byName];
    });
    this.types = new Map(shared);
  }

  of(typeUrl: string): ResourcesByName {
    return this.types.get(typeUrl) ?? NONE;
  }

  /** This, and whatever of the older one's types is gone here: what old routes still point to stays while they go. */
  keeping(older: XdsSnapshot, typeUrls: readonly string[]): XdsSnapshot {
    const kept: XdsResource[] = [];
    for (const typeUrl of typeUrls) {
      const now = this.of(typeUrl);
      const before = older.of(typeUrl);
      if (now === before) continue;
      for (const [name, resource] of before) if (!now.has(name)) kept.push(resource);
    }
    if (kept.length === 0) return this;
    return new XdsSnapshot([...kept, ...[...this.types.values()].flatMap((byName) => [...byName.values()])], this);
  }
}

/** Where a resource was written belongs to it: lines move while its bytes stay. */
function isSame(before: ResourcesByName, now: ResourcesByName): boolean {
  if (before.size !== now.size) return false;
  for (const [name, resource] of now) {
    const old = before.get(name);
    if (old === resource) continue;
    if (old === undefined || old.version !== resource.version || !isSameOrigin(old.origin, resource.origin))
      return false;
  }
  return true;
}

function isSameOrigin(a: ConfigOrigin | undefined, b: ConfigOrigin | undefined): boolean {
  return a === b || (a?.file === b?.file && a?.line === b?.line && a?.name === b?.name && a?.kind === b?.kind);
}

/** The same for the same resources in the same versions, whatever else a snapshot holds. */
export function contentVersion(resources: Iterable<XdsResource>): string {
  const hash = createHash('sha256');
  for (const { name, version } of resources) hash.update(`${name}\0${version}\0`);
  return hash.digest('base64url').slice(0, 16);
}
