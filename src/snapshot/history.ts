import type { HistoryEntry, SnapshotContent, SnapshotRoot, VersionInfo } from './format.ts';

export interface Version extends VersionInfo {
  readonly content: SnapshotContent;
}

/** The root's own version and those before it, newest first, with their whole content. */
export function versionsOf(root: SnapshotRoot): Version[] {
  const versions: Version[] = [{ ...infoOf(root), content: root.content }];
  let newer = root.content;
  for (const entry of root.history) {
    newer = contentBefore(newer, entry);
    versions.push({ ...infoOf(entry), content: newer });
  }
  return versions;
}

/** The entry for a version that is followed by `newer`. */
export function toHistoryEntry(version: Version, newer: SnapshotContent): HistoryEntry {
  const { gateway, buckets, wildcards, sources } = version.content;
  const differing = buckets.flatMap((hash, index) => (hash === newer.buckets[index] ? [] : [[index, hash] as const]));
  return {
    ...infoOf(version),
    ...(gateway === newer.gateway ? {} : { gateway }),
    ...(isEqualJson(wildcards, newer.wildcards) ? {} : { wildcards: compareLists(wildcards, newer.wildcards) }),
    ...(isEqualJson(sources, newer.sources) ? {} : { sources }),
    ...(buckets.length !== newer.buckets.length ? { buckets } : differing.length > 0 ? { changed: differing } : {}),
  };
}

function contentBefore(newer: SnapshotContent, entry: HistoryEntry): SnapshotContent {
  const buckets = [...(entry.buckets ?? newer.buckets)];
  for (const [index, hash] of entry.changed ?? []) buckets[index] = hash;
  return {
    gateway: entry.gateway ?? newer.gateway,
    wildcards: entry.wildcards === undefined ? newer.wildcards : listBefore(newer.wildcards, entry.wildcards),
    sources: entry.sources ?? newer.sources,
    buckets,
  };
}

export function infoOf({ version, createdAtMs, hash, syncer, summary, note }: VersionInfo): VersionInfo {
  return { version, createdAtMs, hash, syncer, summary, ...(note === undefined ? {} : { note }) };
}

function compareLists(here: readonly string[], later: readonly string[]): { here: string[]; later: string[] } {
  const [old, now] = [new Set(here), new Set(later)];
  return { here: here.filter((item) => !now.has(item)), later: later.filter((item) => !old.has(item)) };
}

function listBefore(
  newer: readonly string[],
  { here, later }: { readonly here: readonly string[]; readonly later: readonly string[] },
): string[] {
  const dropped = new Set(later);
  return [...newer.filter((item) => !dropped.has(item)), ...here].sort();
}

function isEqualJson(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
