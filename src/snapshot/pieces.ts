import type { ClusterConfig, DomainConfig, GatewayConfig } from '../engine/config.ts';
import { SnapshotError } from './errors.ts';
import { hydrateOrigins, type Interned, type ObjectRef } from './origins.ts';

interface RawGateway {
  readonly gateway: Interned;
  readonly clusters: readonly Interned[];
}

interface RawBucket {
  readonly domains: readonly Interned[];
  readonly clusters: readonly Interned[];
}

/** Values of one piece by name. Origins are put back when a value is first asked for, and then stay the same object. */
class LazyMap<T extends object> {
  readonly #raw = new Map<string, Interned>();
  readonly #ready = new Map<string, T>();

  constructor(entries: readonly Interned[], nameField: string) {
    for (const entry of entries) {
      const name = (entry.value as Record<string, unknown>)[nameField];
      if (typeof name !== 'string' || !Array.isArray(entry.objects)) throw new Error(`an entry has no ${nameField}`);
      this.#raw.set(name, entry);
    }
  }

  get(name: string): T | undefined {
    const ready = this.#ready.get(name);
    if (ready !== undefined) return ready;
    const raw = this.#raw.get(name);
    if (raw === undefined) return undefined;
    hydrateOrigins(raw.value, raw.objects as readonly ObjectRef[]);
    this.#ready.set(name, raw.value as T);
    return raw.value as T;
  }

  names(): string[] {
    return [...this.#raw.keys()];
  }
}

export class GatewayPiece {
  readonly gateway: GatewayConfig;
  readonly clusters: LazyMap<ClusterConfig>;

  constructor(json: unknown) {
    const { gateway, clusters } = json as RawGateway;
    hydrateOrigins(gateway.value, gateway.objects);
    this.gateway = gateway.value as GatewayConfig;
    this.clusters = new LazyMap(clusters, 'name');
  }
}

export class BucketPiece {
  readonly domains: LazyMap<DomainConfig>;
  readonly clusters: LazyMap<ClusterConfig>;

  constructor(json: unknown) {
    const { domains, clusters } = json as RawBucket;
    this.domains = new LazyMap(domains, 'domain');
    this.clusters = new LazyMap(clusters, 'name');
  }
}

/** Wraps what goes wrong with content that has the right hash: a writer's mistake, or a format that is not ours. */
export function parsePiece<T>(key: string, json: unknown, Piece: new (json: unknown) => T): T {
  try {
    return new Piece(json);
  } catch (cause) {
    throw new SnapshotError('bad-piece', `the piece ${key} does not have the form of its format`, { cause });
  }
}
