import { hasElapsed } from '../engine/elapsed.ts';
import { type ListedKey, listedKeys } from '../engine/jwt/listed-keys.ts';

type KeySet = readonly ListedKey[];

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
    const { protocol } = new URL(uri);
    // Deno would read a file.
    if (protocol !== 'https:' && protocol !== 'http:') return undefined;
    const response = await fetch(uri, {
      // The control plane has checked this address and follows redirects of its own: nobody may send us elsewhere.
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { accept: 'application/json' },
    });
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const text = await readBounded(response.body);
    if (text === undefined) return undefined;
    return listedKeys(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Undefined: it is more than any key set needs; the rest is not read. */
async function readBounded(body: ReadableStream<Uint8Array> | null): Promise<string | undefined> {
  if (body === null) return '';
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  for (let bytes = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > MAX_BYTES) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}
