import { candidateDomains } from '../engine/serving.ts';
import { placementHash } from './hash.ts';

/** Buckets double when their average grows beyond this … */
export const MAX_AVERAGE_BUCKET_BYTES = 256 * 1024;
/** … and halve only below this, so that a mesh at a boundary does not rewrite all of its buckets to and fro. */
export const MIN_AVERAGE_BUCKET_BYTES = 64 * 1024;
/** Keeps the root's list of hashes under 1 MiB. */
const MAX_BUCKETS = 8192;

export function chooseBucketCount(totalBytes: number, previousCount = 1): number {
  let count = previousCount;
  while (count < MAX_BUCKETS && totalBytes / count > MAX_AVERAGE_BUCKET_BYTES) count *= 2;
  while (count > 1 && totalBytes / count < MIN_AVERAGE_BUCKET_BYTES) count /= 2;
  return count;
}

/** `count` is a power of two. */
export function bucketOf(domain: string, count: number): number {
  return placementHash(domain) & (count - 1);
}

export function isWildcard(domain: string): boolean {
  return domain.startsWith('*');
}

/** The wildcards that cover a host, most specific first, `*` last. */
export function coveringWildcards(host: string, wildcards: ReadonlySet<string>): string[] {
  if (wildcards.size === 0) return [];
  return candidateDomains(host)
    .slice(1)
    .filter((name) => wildcards.has(name));
}

/** Buckets of the new layout that hold what the loaded buckets of the old one held. */
export function correspondingBuckets(loaded: Iterable<number>, oldCount: number, newCount: number): Set<number> {
  const result = new Set<number>();
  for (const index of loaded) {
    if (newCount <= oldCount) result.add(index & (newCount - 1));
    else for (let i = index; i < newCount; i += oldCount) result.add(i);
  }
  return result;
}
