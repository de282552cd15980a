import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { CaStore } from '../../ca/store/ca-store.ts';
import { LINK_STATE_FILE, LinkError, type LinkState, parseLinkState } from './link-state.ts';

/** The public halves, as cluster gateways read them. */
export const PUBLIC_KEYS_FILE = 'edge-pass-keys.json';

/** A pass lives a minute; after that and some slack no request carries one of the key before. */
export const OLD_PASSES_END_AFTER_MS = 2 * 60_000;

/** Name of the file with the private half of a key, a JWK: what the worker's secret EDGE_PASS_KEY is. */
export function privateKeyFile(id: string): string {
  return `edge-pass-${id}.jwk`;
}

/**
 * The keys that edge passes are signed with, in a store of private files. Every change is in an order in which a
 * process that dies in between leaves what works, and the next call goes on.
 */
export class LinkKeys {
  readonly #store: CaStore;
  readonly #now: () => number;

  constructor(store: CaStore, now: () => number = Date.now) {
    this.#store = store;
    this.#now = now;
  }

  /** Undefined: there are none yet. */
  async read(): Promise<LinkState | undefined> {
    const text = await this.#store.read(LINK_STATE_FILE);
    return text === undefined ? undefined : parseLinkState(text, this.#store.name);
  }

  /** The public halves as a JWK set; undefined: there are no keys. */
  async publicKeys(): Promise<string | undefined> {
    return await this.#store.read(PUBLIC_KEYS_FILE);
  }

  /** Makes the first key where there is none. */
  async create(mesh: string): Promise<LinkState> {
    return await this.#store.exclusively(async () => {
      const state = await this.read();
      if (state !== undefined && state.mesh !== mesh) {
        throw new LinkError(`the keys in ${this.#store.name} are of mesh ${state.mesh}, not ${mesh}`, {
          fix: `Say --mesh ${state.mesh}, or give the other mesh a folder of its own with --dir.`,
        });
      }
      if (state !== undefined) return await this.#write(state);
      const id = await this.#make();
      const nowMs = this.#now();
      return await this.#write({
        format: 1,
        mesh,
        active: id,
        activeSinceMs: nowMs,
        keys: [{ id, madeAtMs: nowMs }],
      });
    });
  }

  /** A new key beside the one in use; again while two are there, it is still the same new one. */
  async rotate(): Promise<LinkState> {
    return await this.#store.exclusively(async () => {
      const state = await this.#known();
      if (state.keys.length > 1) return await this.#write(state);
      const id = await this.#make();
      const nowMs = this.#now();
      const keys = [{ id, madeAtMs: nowMs }, ...state.keys];
      return await this.#write({ ...state, active: id, activeSinceMs: nowMs, keys });
    });
  }

  /** Forgets all keys but the one in use. */
  async dropOld({ force = false } = {}): Promise<LinkState> {
    return await this.#store.exclusively(async () => {
      const state = await this.#known();
      const waitMs = state.activeSinceMs + OLD_PASSES_END_AFTER_MS - this.#now();
      if (state.keys.length > 1 && waitMs > 0 && !force) {
        throw new LinkError('requests with a pass of the old key may still be on their way', {
          fix: `Wait ${Math.ceil(waitMs / 1000)} s after the worker has its new key, or say --force.`,
        });
      }
      const next = await this.#write({ ...state, keys: state.keys.filter(({ id }) => id === state.active) });
      for (const name of await this.#store.list()) {
        const [, id] = /^edge-pass-(.+)\.jwk$/.exec(name) ?? [];
        if (id !== undefined && id !== next.active) await this.#store.remove(name);
      }
      return next;
    });
  }

  async #known(): Promise<LinkState> {
    const state = await this.read();
    if (state !== undefined) return state;
    throw new LinkError(`there are no keys in ${this.#store.name}`, { fix: 'Make some with `foresail link`.' });
  }

  async #make(): Promise<string> {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(privateKey);
    const id = (await calculateJwkThumbprint(jwk)).slice(0, 16);
    await this.#store.write(privateKeyFile(id), `${JSON.stringify({ ...jwk, kid: id, alg: 'ES256' })}\n`);
    return id;
  }

  async #write(state: LinkState): Promise<LinkState> {
    const keys = await Promise.all(state.keys.map(({ id }) => this.#publicHalf(id)));
    // Gateways know a key before anything says that it is in use.
    await this.#store.write(PUBLIC_KEYS_FILE, `${JSON.stringify({ keys }, undefined, 2)}\n`);
    await this.#store.write(LINK_STATE_FILE, `${JSON.stringify(state, undefined, 2)}\n`);
    return state;
  }

  async #publicHalf(id: string): Promise<JWK> {
    const text = await this.#store.read(privateKeyFile(id));
    if (text === undefined) {
      throw new LinkError(`${privateKeyFile(id)} is gone from ${this.#store.name}`, {
        fix: 'Bring it back from a backup, or begin anew in another folder (--dir).',
      });
    }
    const { kty, crv, x, y } = JSON.parse(text) as JWK;
    return { kty, crv, x, y, kid: id, alg: 'ES256', use: 'sig' } as JWK;
  }
}
