import { CloudflareClient, type CloudflareClientOptions } from './cloudflare-client.ts';
import { type ConfigStore, StoreError } from './config-store.ts';
import {
  LIST_PAGE_KEYS,
  MAX_BULK_DELETE_KEYS,
  MAX_BULK_GET_KEYS,
  MAX_BULK_WRITE_BYTES,
  MAX_BULK_WRITE_PAIRS,
  MAX_VALUE_BYTES,
  MIN_SAME_KEY_WRITE_INTERVAL_MS,
} from './limits.ts';

export interface WorkersKvOptions extends Pick<CloudflareClientOptions, 'apiToken' | 'timeoutMs' | 'retry'> {
  /** `https://api.cloudflare.com/client/v4/accounts/<id>`, or `http://127.0.0.1:<port>/cdn-cgi/local/explorer/api`. */
  readonly apiBase: string;
  readonly namespaceId: string;
  /** 0 for local stores, which do not mind. */
  readonly minSameKeyWriteIntervalMs?: number;
}

const MAX_PARTIAL_ATTEMPTS = 3;

interface Pair {
  readonly key: string;
  readonly value: string;
}

/** Cloudflare Workers KV by its REST API; Miniflare's and wrangler's local explorer speak the same. */
export class WorkersKvStore implements ConfigStore {
  readonly name: string;
  readonly #client: CloudflareClient;
  readonly #minIntervalMs: number;
  /** Of recently written keys: when. */
  readonly #writtenAtMs = new Map<string, number>();

  constructor(options: WorkersKvOptions) {
    const { apiBase, namespaceId } = options;
    const base = `${apiBase.replace(/\/+$/, '')}/storage/kv/namespaces/${encodeURIComponent(namespaceId)}`;
    this.#client = new CloudflareClient({ ...options, name: `Workers KV namespace ${namespaceId}`, base });
    this.name = this.#client.name;
    this.#minIntervalMs =
      options.minSameKeyWriteIntervalMs ?? (isLoopback(options.apiBase) ? 0 : MIN_SAME_KEY_WRITE_INTERVAL_MS);
  }

  async get(key: string): Promise<string | undefined> {
    const path = `values/${encodeURIComponent(key)}`;
    return this.#client.text({ method: 'GET', path, verb: 'read' }, true);
  }

  async getMany(keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const batch of batches(keys, MAX_BULK_GET_KEYS)) {
      const body = { keys: batch, type: 'text' };
      const answer = await this.#client.envelope({ method: 'POST', path: 'bulk/get', body, verb: 'read' });
      const values = (answer as { result?: { values?: Record<string, unknown> } }).result?.values ?? {};
      for (const key of batch) {
        const value = Object.hasOwn(values, key) ? values[key] : undefined;
        if (typeof value === 'string') found.set(key, value);
      }
    }
    return found;
  }

  async put(entries: ReadonlyMap<string, string>): Promise<void> {
    for (const pairs of writeBatches(entries, this.name)) {
      let left = pairs;
      for (let attempt = 1; left.length > 0; attempt++) {
        await this.#respectRate(left);
        const answer = await this.#client.envelope({ method: 'PUT', path: 'bulk', body: left, verb: 'write to' });
        const lost = lostKeys(answer);
        for (const { key } of left) if (!lost.has(key)) this.#writtenAtMs.set(key, Date.now());
        left = left.filter(({ key }) => lost.has(key));
        if (left.length > 0 && attempt >= MAX_PARTIAL_ATTEMPTS) throw this.#partialWrite(left, pairs);
      }
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const body of batches(keys, MAX_BULK_DELETE_KEYS)) {
      await this.#client.envelope({ method: 'POST', path: 'bulk/delete', body, verb: 'delete from' });
    }
  }

  async list(prefix: string): Promise<string[]> {
    const keys: string[] = [];
    let cursor = '';
    do {
      const query = new URLSearchParams({
        prefix,
        limit: String(LIST_PAGE_KEYS),
        ...(cursor === '' ? {} : { cursor }),
      });
      const answer = await this.#client.envelope({ method: 'GET', path: `keys?${query}`, verb: 'list' });
      const page = answer as { result?: { name: string }[]; result_info?: { cursor?: string } };
      for (const { name } of page.result ?? []) keys.push(name);
      cursor = page.result_info?.cursor ?? '';
    } while (cursor !== '');
    return keys.sort();
  }

  /** Waits until a second has passed since the last write to any of the keys. */
  async #respectRate(pairs: readonly Pair[]): Promise<void> {
    const nowMs = Date.now();
    let waitMs = 0;
    for (const { key } of pairs) {
      const writtenAtMs = this.#writtenAtMs.get(key);
      if (writtenAtMs !== undefined) waitMs = Math.max(waitMs, writtenAtMs + this.#minIntervalMs - nowMs);
    }
    for (const [key, writtenAtMs] of this.#writtenAtMs) {
      if (writtenAtMs + this.#minIntervalMs < nowMs) this.#writtenAtMs.delete(key);
    }
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }

  #partialWrite(lost: readonly Pair[], pairs: readonly Pair[]): StoreError {
    return new StoreError('unavailable', `${this.name} took only a part of what was written`, {
      store: this.name,
      why: `${lost.length} of ${pairs.length} values were not stored, the first is ${lost[0]?.key}`,
      fix: 'Publish again; nothing points to the new values yet.',
    });
  }
}

/** A bulk write may succeed for some of its pairs only; those named here are to be sent again. */
function lostKeys(answer: unknown): Set<string> {
  const { result } = answer as { result?: { unsuccessful_keys?: readonly string[] } | null };
  return new Set(result?.unsuccessful_keys);
}

function* writeBatches(entries: ReadonlyMap<string, string>, store: string): Generator<Pair[]> {
  let pairs: Pair[] = [];
  let bytes = 0;
  for (const [key, value] of entries) {
    const size = Buffer.byteLength(value);
    if (size > MAX_VALUE_BYTES) {
      const why = `it has ${size} bytes; Workers KV takes ${MAX_VALUE_BYTES}`;
      throw new StoreError('rejected', `${key} is too large`, { store, why, fix: 'Split the largest host.' });
    }
    if (pairs.length > 0 && (pairs.length >= MAX_BULK_WRITE_PAIRS || bytes + size > MAX_BULK_WRITE_BYTES)) {
      yield pairs;
      pairs = [];
      bytes = 0;
    }
    pairs.push({ key, value });
    // Quotes of JSON inside JSON are escaped; a fifth more is what configuration needs.
    bytes += size * 1.2;
  }
  if (pairs.length > 0) yield pairs;
}

function* batches<T>(items: readonly T[], size: number): Generator<T[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

function isLoopback(apiBase: string): boolean {
  try {
    return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(apiBase).hostname);
  } catch {
    return false;
  }
}
