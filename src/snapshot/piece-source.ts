import { SnapshotError } from './errors.ts';
import { sha256Hex } from './hash.ts';

/** Where a reader gets its values: a KV binding, a folder, a map. Both reject when the store cannot be reached. */
export interface PieceSource {
  root(): Promise<string | undefined>;
  /** The values that exist, by key. At most 100 keys, what Workers KV reads in one operation. */
  pieces(keys: readonly string[]): Promise<ReadonlyMap<string, string>>;
}

/**
 * Workers KV reads at most 100 keys and 25 MB in one operation; with buckets of about 256 KiB this many stay well below.
 * https://developers.cloudflare.com/kv/api/read-key-value-pairs/
 */
export const MAX_BULK_READ_KEYS = 50;

export interface Piece {
  readonly json: unknown;
  readonly bytes: number;
}

/** Reads pieces and holds each against the hash that is its name. */
export async function readPieces(source: PieceSource, keys: readonly string[]): Promise<Map<string, Piece>> {
  const pieces = new Map<string, Piece>();
  for (let start = 0; start < keys.length; start += MAX_BULK_READ_KEYS) {
    const batch = keys.slice(start, start + MAX_BULK_READ_KEYS);
    const texts = await readBatch(source, batch);
    for (const key of batch) {
      const text = texts.get(key);
      if (text === undefined)
        throw new SnapshotError('missing-piece', `the piece ${key} is not visible in the store yet`);
      pieces.set(key, { json: await verifyPiece(key, text), bytes: text.length });
    }
  }
  return pieces;
}

async function readBatch(source: PieceSource, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
  try {
    return await source.pieces(keys);
  } catch (cause) {
    throw new SnapshotError('store', `the store could not be read: ${messageOf(cause)}`, { cause });
  }
}

async function verifyPiece(key: string, text: string): Promise<unknown> {
  if ((await sha256Hex(text)) !== key.slice(key.indexOf('/') + 1)) {
    throw new SnapshotError('altered-piece', `the piece ${key} is truncated or altered: its hash is another one`);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SnapshotError('bad-piece', `the piece ${key} is not JSON`, { cause });
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
