import type { EncodedContent } from './encode.ts';
import {
  bucketKey,
  gatewayKey,
  MAX_INLINE_BYTES,
  SNAPSHOT_FORMAT,
  type SnapshotContent,
  type SnapshotRoot,
  type SourcesRef,
  sourcesKey,
  type VersionInfo,
} from './format.ts';
import { toHistoryEntry, type Version, versionsOf } from './history.ts';

export interface RootMetadata {
  readonly mesh: string;
  readonly syncer: string;
  readonly createdAtMs: number;
  /** The root that this one follows. */
  readonly previous: SnapshotRoot | undefined;
  /** Earlier versions that can be rolled back to. */
  readonly keepVersions: number;
  /** How long pieces stay that no kept version uses: edges may still be on an older root. */
  readonly graceMs: number;
  readonly note?: string;
  /** Keys found in the store that nothing refers to. */
  readonly orphans?: readonly string[];
}

export interface ComposedRoot {
  readonly root: SnapshotRoot;
  /** Keys whose grace period is over: to be deleted once the root is written. */
  readonly expired: readonly string[];
}

/** The root of an encoded configuration as the next version. */
export function composeRoot(encoded: EncodedContent, sources: SourcesRef, metadata: RootMetadata): ComposedRoot {
  const content: SnapshotContent = { ...encoded.content, sources };
  const isSmall = encoded.summary.bytes <= MAX_INLINE_BYTES;
  const inline: [string, unknown][] = [];
  for (const [key, text] of isSmall ? encoded.pieces : []) {
    if (!key.startsWith('s/')) inline.push([key.slice(key.indexOf('/') + 1), JSON.parse(text)]);
  }
  return nextRoot(encoded, content, isSmall ? Object.fromEntries(inline) : undefined, metadata);
}

/** A new version with the content of an old one. */
export function composeRollback(target: Version, metadata: RootMetadata): ComposedRoot {
  return nextRoot(target, target.content, undefined, metadata);
}

/** Every key that a content refers to. */
export function keysOf({ gateway, buckets, sources }: SnapshotContent): string[] {
  return [gatewayKey(gateway), ...buckets.map(bucketKey), sourcesKey(sources.base)];
}

function nextRoot(
  { hash, summary }: Pick<VersionInfo, 'hash' | 'summary'>,
  content: SnapshotContent,
  inline: Readonly<Record<string, unknown>> | undefined,
  metadata: RootMetadata,
): ComposedRoot {
  const { mesh, syncer, createdAtMs, previous, keepVersions, graceMs, note, orphans } = metadata;
  const before = previous === undefined ? [] : versionsOf(previous);
  const kept = before.slice(0, keepVersions);
  const history = kept.map((version, i) => toHistoryEntry(version, kept[i - 1]?.content ?? content));

  const used = new Set([content, ...kept.map((version) => version.content)].flatMap(keysOf));
  const retiredSince = new Map(previous?.retired);
  for (const key of [...before.flatMap((version) => keysOf(version.content)), ...(orphans ?? [])]) {
    if (!retiredSince.has(key)) retiredSince.set(key, createdAtMs);
  }
  const unused = [...retiredSince].filter(([key]) => !used.has(key));
  const isExpired = (sinceMs: number): boolean => sinceMs + graceMs <= createdAtMs;
  return {
    root: {
      format: SNAPSHOT_FORMAT,
      version: (previous?.version ?? 0) + 1,
      createdAtMs,
      hash,
      mesh,
      syncer,
      summary,
      ...(note === undefined ? {} : { note }),
      content,
      ...(inline === undefined ? {} : { inline }),
      history,
      retired: unused.filter(([, sinceMs]) => !isExpired(sinceMs)),
    },
    expired: unused.filter(([, sinceMs]) => isExpired(sinceMs)).map(([key]) => key),
  };
}
