import type { ConfigStore } from './config-store.ts';

/** For tests, and for an edge in the same process. */
export class MemoryStore implements ConfigStore {
  readonly name = 'memory';
  readonly values = new Map<string, string>();

  async get(key: string): Promise<string | undefined> {
    return this.values.get(key);
  }

  async getMany(keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const key of keys) {
      const value = this.values.get(key);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  async put(entries: ReadonlyMap<string, string>): Promise<void> {
    for (const [key, value] of entries) this.values.set(key, value);
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.values.delete(key);
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.values.keys()].filter((key) => key.startsWith(prefix)).sort();
  }
}
