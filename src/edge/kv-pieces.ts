import { ROOT_KEY } from '../snapshot/format.ts';
import type { PieceSource } from '../snapshot/piece-source.ts';

/** The part of a Workers KV binding that is used. */
export interface KvBinding {
  get(key: string, options: { type: 'text'; cacheTtl: number }): Promise<string | null>;
  get(keys: string[], options: { type: 'text'; cacheTtl: number }): Promise<Map<string, string | null>>;
}

/** The least that Workers KV takes: the root changes, and an edge wants to see it. */
const ROOT_CACHE_TTL_S = 30;
/** Pieces never change under their name, but a piece that was not there yet is remembered as missing as long. */
const PIECE_CACHE_TTL_S = 60;

/** A snapshot in Workers KV, read through the worker's binding. */
export function kvPieces(kv: KvBinding): PieceSource {
  return {
    root: async () => (await kv.get(ROOT_KEY, { type: 'text', cacheTtl: ROOT_CACHE_TTL_S })) ?? undefined,
    pieces: async (keys) => {
      const values = await kv.get([...keys], { type: 'text', cacheTtl: PIECE_CACHE_TTL_S });
      const found = new Map<string, string>();
      for (const [key, value] of values) if (value !== null) found.set(key, value);
      return found;
    },
  };
}
