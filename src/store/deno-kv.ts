import { type ConfigStore, StoreError } from './config-store.ts';

/** `Deno.Kv` as far as it is used here. */
export interface DenoKvDatabase {
  get(key: KvKey): Promise<KvEntry>;
  /** At most ten keys. */
  getMany(keys: readonly KvKey[]): Promise<readonly KvEntry[]>;
  set(key: KvKey, value: unknown): Promise<unknown>;
  delete(key: KvKey): Promise<void>;
  list(selector: { readonly prefix: KvKey }): AsyncIterable<KvEntry>;
  watch(keys: readonly KvKey[]): ReadableStream<readonly KvEntry[]>;
}

export type KvKey = readonly (string | number)[];

export interface KvEntry {
  readonly key: KvKey;
  /** Null: there is none. */
  readonly value: unknown;
}

/** What stands under a key itself: the bytes, or where they are. */
type Head = { readonly bytes: Uint8Array } | { readonly generation: string; readonly chunks: number };

/** Deno KV refuses values above 65,536 bytes, with what their encoding adds. */
const CHUNK_BYTES = 60 * 1024;
const MAX_KEYS_IN_ONE_READ = 10;
const HEADS = 'foresail';
const CHUNKS = 'foresail-chunks';

/**
 * Deno KV. Values that are too large for it lie in chunks of a generation of their own; one write of the head makes
 * all of them current, so that a reader has the old value or the new one.
 */
export class DenoKvStore implements ConfigStore {
  readonly name = 'Deno KV';
  readonly #kv: DenoKvDatabase;

  constructor(kv: DenoKvDatabase) {
    this.#kv = kv;
  }

  async get(key: string): Promise<string | undefined> {
    return (await this.getMany([key])).get(key);
  }

  async getMany(keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    const entries = await this.#entries(keys.map((key) => [HEADS, key]));
    for (const [i, key] of keys.entries()) {
      const value = await this.#valueOf(key, entries[i]?.value as Head | null);
      if (value !== undefined) found.set(key, value);
    }
    return found;
  }

  async put(entries: ReadonlyMap<string, string>): Promise<void> {
    for (const [key, value] of entries) {
      const before = (await this.#kv.get([HEADS, key])).value as Head | null;
      await this.#kv.set([HEADS, key], await this.#stored(key, new TextEncoder().encode(value)));
      await this.#deleteChunks(key, before);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const before = (await this.#kv.get([HEADS, key])).value as Head | null;
      await this.#kv.delete([HEADS, key]);
      await this.#deleteChunks(key, before);
    }
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { key } of this.#kv.list({ prefix: [HEADS] })) {
      const name = String(key[1]);
      if (name.startsWith(prefix)) keys.push(name);
    }
    return keys.sort();
  }

  /** Calls back at every write to the key, also of other processes; once at the beginning too. */
  async watch(key: string, onWrite: () => void): Promise<void> {
    const changes = this.#kv.watch([[HEADS, key]]).getReader();
    while (!(await changes.read()).done) onWrite();
  }

  async #stored(key: string, bytes: Uint8Array): Promise<Head> {
    if (bytes.length <= CHUNK_BYTES) return { bytes };
    const generation = crypto.randomUUID();
    const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
    for (let i = 0; i < chunks; i++) {
      const chunk = bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES);
      await this.#kv.set([CHUNKS, key, generation, i], chunk);
    }
    return { generation, chunks };
  }

  async #valueOf(key: string, head: Head | null): Promise<string | undefined> {
    if (head === null) return undefined;
    if ('bytes' in head) return new TextDecoder().decode(head.bytes);
    const entries = await this.#entries(chunkKeys(key, head));
    const decoder = new TextDecoder();
    let text = '';
    for (const { value } of entries) {
      if (value === null) return this.#valueAfter(key, head.generation);
      text += decoder.decode(value as Uint8Array, { stream: true });
    }
    return text + decoder.decode();
  }

  /** A chunk is gone because its value was replaced meanwhile; else it is lost. */
  async #valueAfter(key: string, generation: string): Promise<string | undefined> {
    const head = (await this.#kv.get([HEADS, key])).value as Head | null;
    if (head !== null && 'generation' in head && head.generation === generation) {
      const parts = { store: this.name, why: 'a chunk of it is missing', fix: 'Publish again.' };
      throw new StoreError('unavailable', `${key} is incomplete`, parts);
    }
    return this.#valueOf(key, head);
  }

  async #deleteChunks(key: string, head: Head | null): Promise<void> {
    if (head === null || !('generation' in head)) return;
    for (const chunk of chunkKeys(key, head)) await this.#kv.delete(chunk);
  }

  async #entries(keys: readonly KvKey[]): Promise<readonly KvEntry[]> {
    const entries: KvEntry[] = [];
    for (let start = 0; start < keys.length; start += MAX_KEYS_IN_ONE_READ) {
      entries.push(...(await this.#kv.getMany(keys.slice(start, start + MAX_KEYS_IN_ONE_READ))));
    }
    return entries;
  }
}

function chunkKeys(key: string, { generation, chunks }: { generation: string; chunks: number }): KvKey[] {
  return Array.from({ length: chunks }, (_, i) => [CHUNKS, key, generation, i]);
}
