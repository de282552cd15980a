import { correspondingBuckets } from './bucket.ts';
import { bucketKey, gatewayKey, type SnapshotRoot } from './format.ts';
import type { Version } from './history.ts';
import { bucketsForHost, type LoadedBucket, LoadedSnapshot } from './loaded.ts';
import { type Piece, type PieceSource, readPieces } from './piece-source.ts';
import { BucketPiece, GatewayPiece, parsePiece } from './pieces.ts';

/** What a newly announced version has to bring along before it may serve. */
export interface Wanted {
  /** Buckets of the snapshot that serves now are wanted again, in the new layout. */
  readonly current: LoadedSnapshot | undefined;
  readonly hosts: readonly string[];
}

/**
 * Loads a version: the gateway and the wanted buckets that are not loaded already, with one bulk read. All or nothing.
 * A piece whose hash is unchanged stays the same object, and so do the indexes that the engine has built on it.
 */
export async function assemble(
  source: PieceSource,
  root: SnapshotRoot,
  version: Version,
  wanted: Wanted,
  tick: number,
): Promise<LoadedSnapshot> {
  const { content } = version;
  const { current } = wanted;
  const known = new Map<string, LoadedBucket>();
  for (const bucket of current?.buckets.values() ?? []) known.set(bucket.hash, bucket);

  const hashes = new Map<number, string>();
  for (const index of wantedBuckets(version, wanted)) hashes.set(index, content.buckets[index] ?? '');
  const isGatewayKnown = current?.info.content.gateway === content.gateway;
  const missing = new Set<string>();
  if (!isGatewayKnown) missing.add(gatewayKey(content.gateway));
  for (const hash of hashes.values()) if (!known.has(hash)) missing.add(bucketKey(hash));
  const pieces = await readMissing(source, root, missing);

  const buckets = new Map<number, LoadedBucket>();
  for (const [index, hash] of hashes) {
    let bucket = known.get(hash);
    if (bucket === undefined) {
      const key = bucketKey(hash);
      const { json, bytes } = pieceOf(pieces, key);
      bucket = { hash, bytes, piece: parsePiece(key, json, BucketPiece), usedAt: tick };
      known.set(hash, bucket);
    }
    buckets.set(index, bucket);
  }
  const key = gatewayKey(content.gateway);
  const gatewayPiece =
    isGatewayKnown && current !== undefined
      ? current.gatewayPiece
      : parsePiece(key, pieceOf(pieces, key).json, GatewayPiece);
  return new LoadedSnapshot(version, gatewayPiece, buckets);
}

function wantedBuckets({ content }: Version, { current, hosts }: Wanted): Set<number> {
  const count = content.buckets.length;
  const oldCount = current?.info.content.buckets.length ?? count;
  const wanted = correspondingBuckets(current?.buckets.keys() ?? [], oldCount, count);
  const wildcards = new Set(content.wildcards);
  for (const host of hosts) for (const index of bucketsForHost(host, count, wildcards)) wanted.add(index);
  return wanted;
}

async function readMissing(source: PieceSource, root: SnapshotRoot, keys: Set<string>): Promise<Map<string, Piece>> {
  const pieces = new Map<string, Piece>();
  const toRead: string[] = [];
  const inline = root.inline ?? {};
  for (const key of keys) {
    const hash = key.slice(key.indexOf('/') + 1);
    // Covered by the root's own signature, so there is no hash to check.
    if (Object.hasOwn(inline, hash)) pieces.set(key, { json: inline[hash], bytes: 0 });
    else toRead.push(key);
  }
  for (const [key, piece] of await readPieces(source, toRead)) pieces.set(key, piece);
  return pieces;
}

function pieceOf(pieces: ReadonlyMap<string, Piece>, key: string): Piece {
  const piece = pieces.get(key);
  if (piece === undefined) throw new Error(`${key} was not read`);
  return piece;
}
