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
  /** The root that this one follows, whose history goes on. */
  readonly previous: SnapshotRoot | undefined;
  /** Of the root in the store, also where its history is not taken over; 0: there is none. */
  readonly previousVersion: number;
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
  return nextRoot(encoded, { ...encoded.content, sources }, encoded.pieces, metadata);
}

/** A new version with the content of an old one, whose pieces these are. */
export function composeRollback(
  target: Version,
  pieces: ReadonlyMap<string, string>,
  metadata: RootMetadata,
): ComposedRoot {
  return nextRoot(target, target.content, pieces, metadata);
}

/** Every key that a content refers to. */
export function keysOf({ gateway, buckets, sources }: SnapshotContent): string[] {
  return [gatewayKey(gateway), ...buckets.map(bucketKey), sourcesKey(sources.base)];
}

function nextRoot(
  { hash, summary }: Pick<VersionInfo, 'hash' | 'summary'>,
  content: SnapshotContent,
  pieces: ReadonlyMap<string, string>,
  metadata: RootMetadata,
): ComposedRoot {
  const { mesh, syncer, createdAtMs, previous, previousVersion, keepVersions, graceMs, note, orphans } = metadata;
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
      version: previousVersion + 1,
      createdAtMs,
      hash,
      mesh,
      syncer,
      summary,
      ...(note === undefined ? {} : { note }),
      content,
      ...(summary.bytes <= MAX_INLINE_BYTES ? { inline: inlined(pieces) } : {}),
      history,
      retired: unused.filter(([, sinceMs]) => !isExpired(sinceMs)),
    },
    expired: unused.filter(([, sinceMs]) => isExpired(sinceMs)).map(([key]) => key),
  };
}

function inlined(pieces: ReadonlyMap<string, string>): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  for (const [key, text] of pieces) {
    if (!key.startsWith('s/')) entries.push([key.slice(key.indexOf('/') + 1), JSON.parse(text)]);
  }
  return Object.fromEntries(entries);
}
