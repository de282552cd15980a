import { hasElapsed } from '../engine/elapsed.ts';

type KeySet = readonly Readonly<Record<string, unknown>>[];

interface Attempt {
  readonly atMs: number;
  readonly keys: KeySet | undefined;
}

/** One key set at most every so often, whatever tokens people send (jose's own default). */
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 5_000;
const MAX_BYTES = 1024 * 1024;
const MAX_URIS = 256;

/** Fetches key sets again when a token names a key that the snapshot does not have yet. */
export class JwksRefetcher {
  readonly #attempts = new Map<string, Attempt>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  async refetch(uri: string): Promise<KeySet | undefined> {
    const last = this.#attempts.get(uri);
    const nowMs = this.#nowMs();
    if (last !== undefined && !hasElapsed(last.atMs, COOLDOWN_MS, nowMs)) return last.keys;
    if (this.#attempts.size >= MAX_URIS) this.#attempts.clear();
    // Booked before it is sent: requests that come meanwhile do not send their own.
    this.#attempts.set(uri, { atMs: nowMs, keys: last?.keys });
    const keys = await fetchKeys(uri);
    if (keys !== undefined) this.#attempts.set(uri, { atMs: nowMs, keys });
    return keys;
  }
}

async function fetchKeys(uri: string): Promise<KeySet | undefined> {
  try {
    const response = await fetch(uri, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json' },
    });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const text = await response.text();
    if (text.length > MAX_BYTES) return undefined;
    const { keys } = JSON.parse(text) as { readonly keys?: unknown };
    return Array.isArray(keys) ? keys.filter((key) => typeof key === 'object' && key !== null) : undefined;
  } catch {
    return undefined;
  }
}
