import { type SourceEntry, type SourcesRef, sourcesKey } from '../snapshot/format.ts';
import { sha256Hex } from '../snapshot/hash.ts';
import { applyEdits, extendEdits } from '../snapshot/sources.ts';
import type { ConfigStore } from '../store/config-store.ts';

/** Where objects are in their files, published as a piece or as edits to the piece that is there. */
export class SourcesKeeper {
  readonly #store: ConfigStore;
  #base: { readonly hash: string; readonly entries: readonly SourceEntry[] } | undefined;

  constructor(store: ConfigStore) {
    this.#store = store;
  }

  /** How to refer to `entries`, and the piece to write for it, if any. */
  async refer(
    entries: readonly SourceEntry[],
    previous: SourcesRef | undefined,
  ): Promise<{ ref: SourcesRef; piece: ReadonlyMap<string, string> }> {
    const base = previous === undefined ? undefined : await this.#load(previous.base);
    if (previous !== undefined && base !== undefined) {
      const edits = extendEdits(previous.edits, applyEdits(base, previous.edits), entries);
      if (edits !== undefined) return { ref: { base: previous.base, edits }, piece: new Map() };
    }
    const text = JSON.stringify(entries);
    const hash = await sha256Hex(text);
    this.#base = { hash, entries };
    return { ref: { base: hash, edits: [] }, piece: new Map([[sourcesKey(hash), text]]) };
  }

  async #load(hash: string): Promise<readonly SourceEntry[] | undefined> {
    if (hash === '') return undefined;
    if (this.#base?.hash === hash) return this.#base.entries;
    const text = await this.#store.get(sourcesKey(hash));
    // Lost or altered: a new piece is written.
    if (text === undefined || (await sha256Hex(text)) !== hash) return undefined;
    const entries = JSON.parse(text) as readonly SourceEntry[];
    this.#base = { hash, entries };
    return entries;
  }
}
