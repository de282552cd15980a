import { ROOT_KEY } from '../snapshot/format.ts';
import type { PieceSource } from '../snapshot/piece-source.ts';
import type { ConfigStore } from '../store/config-store.ts';

/** A snapshot read straight from the store that it was published to. */
export function storePieces(store: ConfigStore): PieceSource {
  return { root: () => store.get(ROOT_KEY), pieces: (keys) => store.getMany(keys) };
}
