import type { PieceSource } from '../../src/snapshot/piece-source.ts';
import type { MemoryStore } from '../../src/store/memory.ts';

/** A store as an edge sees it, with the faults of a distributed one. */
export class MutableSource implements PieceSource {
  readonly store: MemoryStore;
  /** Keys that are written but not visible here yet. */
  readonly hidden = new Set<string>();
  /** What is read instead of the root that stands in the store. */
  root_: string | undefined;
  failure: Error | undefined;
  latencyMs = 0;
  rootReads = 0;
  bulkReads = 0;

  constructor(store: MemoryStore) {
    this.store = store;
  }

  async root(): Promise<string | undefined> {
    this.rootReads++;
    await this.#wait();
    return this.root_ ?? this.store.values.get('root');
  }

  async pieces(keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    this.bulkReads++;
    await this.#wait();
    const found = await this.store.getMany(keys);
    for (const key of this.hidden) found.delete(key);
    return found;
  }

  async #wait(): Promise<void> {
    if (this.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, this.latencyMs));
    if (this.failure !== undefined) throw this.failure;
  }
}
