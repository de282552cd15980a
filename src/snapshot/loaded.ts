import type { ClusterConfig, DomainConfig, GatewayConfig } from '../engine/config.ts';
import type { ServingConfig } from '../engine/serving.ts';
import { bucketOf, coveringWildcards, isWildcard } from './bucket.ts';
import type { Version } from './history.ts';
import type { BucketPiece, GatewayPiece } from './pieces.ts';

export interface LoadedBucket {
  readonly hash: string;
  readonly piece: BucketPiece;
  readonly bytes: number;
  /** Ticks of the reader's own counter. */
  usedAt: number;
}

/**
 * One version with the buckets that were needed so far. Buckets are only ever added: a request that holds this object
 * keeps what it saw; eviction makes a new one.
 */
export class LoadedSnapshot implements ServingConfig {
  readonly info: Version;
  readonly gatewayPiece: GatewayPiece;
  readonly buckets: Map<number, LoadedBucket>;
  readonly #wildcards: ReadonlySet<string>;
  readonly #clusters = new Map<string, ClusterConfig>();

  constructor(info: Version, gatewayPiece: GatewayPiece, buckets: Map<number, LoadedBucket>) {
    this.info = info;
    this.gatewayPiece = gatewayPiece;
    this.buckets = buckets;
    this.#wildcards = new Set(info.content.wildcards);
  }

  get version(): number {
    return this.info.version;
  }

  get gateway(): GatewayConfig {
    return this.gatewayPiece.gateway;
  }

  /** Wildcard domains that cover a host, most specific first, `*` last. */
  wildcardsFor(host: string): string[] {
    return coveringWildcards(host, this.#wildcards);
  }

  domain(name: string): DomainConfig | undefined {
    if (isWildcard(name) && !this.#wildcards.has(name)) return undefined;
    const bucket = this.buckets.get(bucketOf(name, this.info.content.buckets.length));
    // "Not loaded" must never look like "not configured": that would be a 404 for a host that exists.
    if (bucket === undefined)
      throw new Error(`the bucket of ${name} is not loaded; await the reader's load(host) first`);
    return bucket.piece.domains.get(name);
  }

  /** A cluster of the gateway itself or of a host that is loaded. */
  cluster(name: string): ClusterConfig | undefined {
    const known = this.#clusters.get(name) ?? this.gatewayPiece.clusters.get(name);
    if (known !== undefined) return known;
    for (const { piece } of this.buckets.values()) {
      const cluster = piece.clusters.get(name);
      if (cluster === undefined) continue;
      this.#clusters.set(name, cluster);
      return cluster;
    }
    return undefined;
  }

  bucketsOf(host: string): Set<number> {
    return bucketsForHost(host, this.info.content.buckets.length, this.#wildcards);
  }

  /** Whether everything that a host needs is here; marks it as used. Every request asks: nothing is built for it. */
  holds(host: string, tick: number): boolean {
    if (!this.#holdsDomain(host, tick)) return false;
    const wildcards = this.#wildcards;
    if (wildcards.size === 0) return true;
    for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
      const wildcard = `*${host.slice(dot)}`;
      if (wildcards.has(wildcard) && !this.#holdsDomain(wildcard, tick)) return false;
    }
    return !wildcards.has('*') || this.#holdsDomain('*', tick);
  }

  #holdsDomain(name: string, tick: number): boolean {
    const bucket = this.buckets.get(bucketOf(name, this.info.content.buckets.length));
    if (bucket === undefined) return false;
    bucket.usedAt = tick;
    return true;
  }

  /** The same version with more buckets; those that it has stay the same objects. */
  with(buckets: ReadonlyMap<number, LoadedBucket>): LoadedSnapshot {
    return new LoadedSnapshot(this.info, this.gatewayPiece, new Map([...buckets, ...this.buckets]));
  }

  /** This version within a memory budget: without the buckets that were not used for the longest time. */
  evict(maxBytes: number, keep: ReadonlySet<number>): LoadedSnapshot {
    let bytes = 0;
    for (const bucket of this.buckets.values()) bytes += bucket.bytes;
    if (bytes <= maxBytes) return this;
    const kept = new Map(this.buckets);
    const oldestFirst = [...kept].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [index, bucket] of oldestFirst) {
      if (bytes <= maxBytes) break;
      if (keep.has(index)) continue;
      kept.delete(index);
      bytes -= bucket.bytes;
    }
    return new LoadedSnapshot(this.info, this.gatewayPiece, kept);
  }
}

export function bucketsForHost(host: string, count: number, wildcards: ReadonlySet<string>): Set<number> {
  const indexes = new Set([bucketOf(host, count)]);
  for (const wildcard of coveringWildcards(host, wildcards)) indexes.add(bucketOf(wildcard, count));
  return indexes;
}
