/**
 * The shape of a snapshot in a store. `root` is the only key that changes; `b/` (buckets), `g/` (gateway) and `s/`
 * (sources) keys hold immutable pieces named by the SHA-256 of their text. Every value is UTF-8 JSON text.
 */

/** The format that is written. */
export const SNAPSHOT_FORMAT = 1;
/** Format N reads N-1; there is nothing before 1. */
export const OLDEST_READABLE_FORMAT = Math.max(1, SNAPSHOT_FORMAT - 1);

export const ROOT_KEY = 'root';
export const PIECE_PREFIXES = ['b/', 'g/', 's/'] as const;

/** Up to here all pieces travel in the root as well, so that a cold edge needs one read. */
export const MAX_INLINE_BYTES = 64 * 1024;

export const bucketKey = (hash: string): string => `b/${hash}`;
export const gatewayKey = (hash: string): string => `g/${hash}`;
export const sourcesKey = (hash: string): string => `s/${hash}`;

/** Which pieces make up one version; hashes without key prefix. */
export interface SnapshotContent {
  readonly gateway: string;
  /** A power of two of them; a domain lives in bucket hash(domain) mod length. */
  readonly buckets: readonly string[];
  /** Domains with a wildcard, `*` included: a host also needs the buckets of those that cover it. */
  readonly wildcards: readonly string[];
  readonly sources: SourcesRef;
}

/** Object → file and line: a piece, and the small edits since it was written, so that moved lines rewrite no piece. */
export interface SourcesRef {
  readonly base: string;
  readonly edits: readonly SourcesEdit[];
}

/** Replaces `remove` entries from index `at` by `insert`. */
export interface SourcesEdit {
  readonly at: number;
  readonly remove: number;
  readonly insert: readonly SourceEntry[];
}

/** `gap` is the distance to the first line of the object before it in the same file, so that a longer object moves one number. */
export type SourceEntry = readonly [file: string, kind: string, namespace: string, name: string, gap: number];

export interface SnapshotSummary {
  readonly domains: number;
  readonly routes: number;
  readonly clusters: number;
  readonly policies: number;
  readonly bytes: number;
}

export interface VersionInfo {
  readonly version: number;
  readonly createdAtMs: number;
  /** Identity of the content, the same for equal content of different versions. */
  readonly hash: string;
  readonly syncer: string;
  readonly summary: SnapshotSummary;
  /** `rollback to 12`, for example. */
  readonly note?: string;
}

/** An earlier version, as the difference to the version after it. */
export interface HistoryEntry extends VersionInfo {
  readonly gateway?: string;
  /** Those that only this version has, and those that only the version after it has. */
  readonly wildcards?: { readonly here: readonly string[]; readonly later: readonly string[] };
  readonly sources?: SourcesRef;
  /** All buckets, when their number was another one. */
  readonly buckets?: readonly string[];
  /** Otherwise those that differ. */
  readonly changed?: readonly (readonly [index: number, hash: string])[];
}

export interface SnapshotRoot extends VersionInfo {
  readonly format: number;
  readonly mesh: string;
  readonly content: SnapshotContent;
  /** Gateway and bucket pieces by hash, when they are small. */
  readonly inline?: Readonly<Record<string, unknown>>;
  /** Newest first. */
  readonly history: readonly HistoryEntry[];
  /** Keys that no kept version uses, and since when; deleted after the grace period. */
  readonly retired: readonly (readonly [key: string, sinceMs: number])[];
}
