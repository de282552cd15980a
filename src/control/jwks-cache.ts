import { hasElapsed } from '../engine/elapsed.ts';
import { type ListedKey, listedKeys } from '../engine/jwt/listed-keys.ts';
import type { JwksConfig } from '../engine/policy-config.ts';
import { ForbiddenAddress, fetchJsonGuarded, type GuardedFetchOptions } from './guarded-fetch.ts';

interface Entry {
  keys: readonly ListedKey[] | undefined;
  uri: string | undefined;
  problem: { readonly reason: string; readonly sinceMs: number; readonly isForbidden: boolean } | undefined;
  attemptedAtMs: number;
}

interface JwksRequest {
  readonly issuer: string;
  readonly jwksUri: string | undefined;
}

/** istiod refreshes keys at this interval (PILOT_JWT_PUB_KEY_REFRESH_INTERVAL). */
const REFRESH_INTERVAL_MS = 20 * 60 * 1000;
const RETRY_INTERVAL_MS = 30 * 1000;

/** Key sets of identity providers. Keys that were once fetched go on when the provider fails. */
export class JwksCache {
  readonly #entries = new Map<string, Entry>();
  readonly #fetchJson: (url: string) => Promise<object>;
  #revision = 0;

  constructor(options: GuardedFetchOptions = {}) {
    this.#fetchJson = (url) => fetchJsonGuarded(url, options);
  }

  /** What is known now; what is not is fetched by the next `refresh`. */
  lookup(request: JwksRequest): JwksConfig {
    const entry = this.#entryOf(request);
    const uri = entry.uri ?? request.jwksUri;
    const named = uri === undefined ? {} : { uri };
    if (entry.keys !== undefined) return { keys: entry.keys, ...named };
    const unavailable = whyUnavailable(request, entry);
    // With the URI an edge may try for itself: not where nobody may call.
    return entry.problem?.isForbidden === true ? { unavailable } : { unavailable, ...named };
  }

  /** Grows whenever a lookup would give something else than before. */
  get revision(): number {
    return this.#revision;
  }

  /** Fetches what was looked up and never tried. Never rejects. */
  fetchNew(nowMs: number): Promise<void> {
    return this.#fetch(nowMs, (entry) => entry.attemptedAtMs === Number.NEGATIVE_INFINITY);
  }

  /** Fetches what is due. Never rejects. */
  refresh(nowMs: number): Promise<void> {
    return this.#fetch(nowMs, ({ problem, attemptedAtMs }) => {
      return hasElapsed(attemptedAtMs, problem === undefined ? REFRESH_INTERVAL_MS : RETRY_INTERVAL_MS, nowMs);
    });
  }

  async #fetch(nowMs: number, isWanted: (entry: Entry) => boolean): Promise<void> {
    const wanted = [...this.#entries].filter(([, entry]) => isWanted(entry));
    await Promise.all(
      wanted.map(async ([id, entry]) => {
        if (await update(JSON.parse(id) as [string, string?], entry, nowMs, this.#fetchJson)) this.#revision++;
      }),
    );
  }

  #entryOf({ issuer, jwksUri }: JwksRequest): Entry {
    const id = JSON.stringify(jwksUri === undefined ? [issuer] : ['', jwksUri]);
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { keys: undefined, uri: jwksUri, problem: undefined, attemptedAtMs: Number.NEGATIVE_INFINITY };
      this.#entries.set(id, entry);
    }
    return entry;
  }
}

function whyUnavailable({ issuer }: JwksRequest, { problem }: Entry): string {
  const whose = issuer === '' ? 'the keys' : `the keys of issuer ${issuer}`;
  if (problem === undefined) return `${whose} have not been fetched yet`;
  return `${whose} are unavailable since ${new Date(problem.sinceMs).toISOString()}: ${problem.reason}`;
}

async function update(
  [issuer, jwksUri]: [string, string?],
  entry: Entry,
  nowMs: number,
  fetchJson: (url: string) => Promise<object>,
): Promise<boolean> {
  const before = JSON.stringify([entry.keys, entry.uri, entry.keys === undefined ? entry.problem : undefined]);
  entry.attemptedAtMs = nowMs;
  try {
    entry.uri = jwksUri ?? (await discover(issuer, fetchJson));
    const keys = listedKeys(await fetchJson(entry.uri));
    if (keys === undefined) throw new Error(`${entry.uri} has no list of keys`);
    entry.keys = keys;
    entry.problem = undefined;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    // The time is that of the first failure: an outage is one problem, however often it is looked at.
    entry.problem = {
      reason,
      sinceMs: entry.problem?.sinceMs ?? nowMs,
      isForbidden: error instanceof ForbiddenAddress,
    };
  }
  return JSON.stringify([entry.keys, entry.uri, entry.keys === undefined ? entry.problem : undefined]) !== before;
}

/** OpenID Connect Discovery 1.0 §4, as istiod does for a rule that names only its issuer. */
async function discover(issuer: string, fetchJson: (url: string) => Promise<object>): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { jwks_uri: uri } = (await fetchJson(url)) as { jwks_uri?: unknown };
  if (typeof uri !== 'string') throw new Error(`${url} names no jwks_uri`);
  return uri;
}
