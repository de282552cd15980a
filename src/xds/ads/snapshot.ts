import { createHash } from 'node:crypto';
import type { XdsResource } from '../resource.ts';

type ByName = ReadonlyMap<string, XdsResource>;

const NONE: ByName = new Map();

/** Everything that one kind of client gets, at one time. Never changed; answers made from it are shared. */
export class XdsSnapshot {
  readonly types: ReadonlyMap<string, ByName>;
  readonly #responses = new Map<string, Uint8Array>();

  constructor(resources: Iterable<XdsResource>) {
    const types = new Map<string, Map<string, XdsResource>>();
    for (const resource of resources) {
      let byName = types.get(resource.typeUrl);
      if (byName === undefined) {
        byName = new Map();
        types.set(resource.typeUrl, byName);
      }
      byName.set(resource.name, resource);
    }
    this.types = types;
  }

  of(typeUrl: string): ByName {
    return this.types.get(typeUrl) ?? NONE;
  }

  /** The encoded answer of that content: made for the first client that needs it, the same bytes for all others. */
  response(key: string, encode: () => Uint8Array): Uint8Array {
    let bytes = this.#responses.get(key);
    if (bytes === undefined) {
      bytes = encode();
      this.#responses.set(key, bytes);
    }
    return bytes;
  }

  /** This, and whatever of the older one's types is gone here: what old routes still point to stays while they go. */
  keeping(older: XdsSnapshot, typeUrls: readonly string[]): XdsSnapshot {
    const kept: XdsResource[] = [];
    for (const typeUrl of typeUrls) {
      for (const [name, resource] of older.of(typeUrl)) if (!this.of(typeUrl).has(name)) kept.push(resource);
    }
    if (kept.length === 0) return this;
    return new XdsSnapshot([...kept, ...[...this.types.values()].flatMap((byName) => [...byName.values()])]);
  }
}

/** The same for the same resources in the same versions, whatever else a snapshot holds. */
export function contentVersion(resources: Iterable<XdsResource>): string {
  const hash = createHash('sha256');
  for (const { name, version } of resources) hash.update(`${name}\0${version}\0`);
  return hash.digest('base64url').slice(0, 16);
}
