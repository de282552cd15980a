import type { KeyObject } from 'node:crypto';
import { CaError } from '../ca-error.ts';
import { type Log, NO_LOG } from '../log.ts';
import { formatSpiffeId, isTrustDomain, type WorkloadIdentity } from '../spiffe-id.ts';
import type { CaStore } from '../store/ca-store.ts';
import type { AlternativeNames } from '../x509/extensions.ts';
import { type CaState, formatCaState, parseCaState, STATE_FILE } from './ca-state.ts';
import { createRoot } from './create-root.ts';
import { issueLeaf, type Leaf } from './issue-leaf.ts';
import { type Issuer, type IssuerMaterial, importIssuer } from './issuer.ts';
import { readIssuer, writeIssuer } from './issuer-files.ts';
import { DEFAULT_LEAF_TTL_MS, MAX_LEAF_TTL_MS } from './lifetimes.ts';
import { type TrustBundle, trustBundleOf } from './trust-bundle.ts';

export interface MeshCaOptions {
  readonly store: CaStore;
  readonly now?: () => number;
  readonly log?: Log;
  readonly defaultTtlMs?: number;
  readonly maxTtlMs?: number;
}

interface Loaded {
  readonly text: string;
  readonly state: CaState;
  readonly issuers: ReadonlyMap<string, Issuer>;
  readonly active: Issuer;
  readonly bundle: TrustBundle;
}

/** The mesh's certificate authority: its issuers as the store has them, and what they sign. */
export class MeshCa {
  readonly store: CaStore;
  readonly now: () => number;
  readonly log: Log;
  readonly #defaultTtlMs: number;
  readonly #maxTtlMs: number;
  readonly #onChange = new Set<() => void>();
  #loaded: Loaded;

  private constructor(options: MeshCaOptions, loaded: Loaded) {
    this.store = options.store;
    this.now = options.now ?? Date.now;
    this.log = options.log ?? NO_LOG;
    this.#defaultTtlMs = options.defaultTtlMs ?? DEFAULT_LEAF_TTL_MS;
    this.#maxTtlMs = options.maxTtlMs ?? MAX_LEAF_TTL_MS;
    this.#loaded = loaded;
  }

  /** Makes the first issuer: a new root, or one that is plugged in. Refuses where there is one already. */
  static async init(
    options: MeshCaOptions & { readonly trustDomain: string; readonly material?: IssuerMaterial },
  ): Promise<MeshCa> {
    const { store, trustDomain, now = Date.now } = options;
    if (!isTrustDomain(trustDomain)) throw new CaError('bad-material', `${trustDomain} is no trust domain`);
    await store.exclusively(async () => {
      if ((await store.read(STATE_FILE)) !== undefined) {
        throw new CaError('bad-state', `there is a CA in ${store.name} already`, {
          fix: '`foresail ca status` shows it, `foresail ca rotate` replaces its root.',
        });
      }
      const issuer = importIssuer(options.material ?? (await createRoot(trustDomain, now())), now());
      await writeIssuer(store, issuer);
      const state: CaState = {
        format: 1,
        trustDomain,
        active: issuer.id,
        issuers: [issuer.id],
        revoked: [],
        crlNumber: 1,
      };
      await store.write(STATE_FILE, formatCaState(state));
    });
    return await MeshCa.open(options);
  }

  static async open(options: MeshCaOptions): Promise<MeshCa> {
    const loaded = await load(options.store, new Map());
    return new MeshCa(options, loaded);
  }

  get state(): CaState {
    return this.#loaded.state;
  }

  get trustDomain(): string {
    return this.#loaded.state.trustDomain;
  }

  get active(): Issuer {
    return this.#loaded.active;
  }

  get issuers(): ReadonlyMap<string, Issuer> {
    return this.#loaded.issuers;
  }

  get bundle(): TrustBundle {
    return this.#loaded.bundle;
  }

  /** Called after every change of issuers, roots or revoked certificates. Returns how to stop it. */
  onChange(listener: () => void): () => void {
    this.#onChange.add(listener);
    return () => this.#onChange.delete(listener);
  }

  /** Takes over what another process has written. */
  async reload(): Promise<void> {
    const loaded = await load(this.store, this.#loaded.issuers);
    if (loaded.text === this.#loaded.text) return;
    this.#loaded = loaded;
    for (const listener of this.#onChange) listener();
  }

  /** Changes the state in the store, whoever else does, and takes it over. */
  async change(change: (state: CaState) => CaState | Promise<CaState>): Promise<void> {
    await this.store.exclusively(async () => {
      const { state } = await readState(this.store);
      await this.store.write(STATE_FILE, formatCaState(await change(state)));
    });
    await this.reload();
  }

  ttlMs(wishedMs: number): number {
    if (wishedMs < 0 || !Number.isFinite(wishedMs)) throw new CaError('bad-request', 'the validity is not positive');
    if (wishedMs > this.#maxTtlMs) {
      throw new CaError('bad-request', `the validity is longer than ${Math.floor(this.#maxTtlMs / 1000)} s`);
    }
    return wishedMs === 0 ? this.#defaultTtlMs : wishedMs;
  }

  async issueWorkload(publicKey: KeyObject, identity: WorkloadIdentity, ttlMs = 0): Promise<Leaf> {
    return await this.#issue(publicKey, { uris: [formatSpiffeId(identity)] }, this.ttlMs(ttlMs));
  }

  /** For the control plane's own listeners, which are found by DNS names. */
  async issueServer(publicKey: KeyObject, names: AlternativeNames, ttlMs: number): Promise<Leaf> {
    return await this.#issue(publicKey, names, ttlMs);
  }

  async #issue(publicKey: KeyObject, names: AlternativeNames, ttlMs: number): Promise<Leaf> {
    return await issueLeaf(this.#loaded.active, { publicKey, names, ttlMs }, this.now());
  }
}

async function load(store: CaStore, known: ReadonlyMap<string, Issuer>): Promise<Loaded> {
  const { state, text } = await readState(store);
  const issuers = new Map<string, Issuer>();
  for (const id of state.issuers) issuers.set(id, known.get(id) ?? (await readIssuer(store, id)));
  const active = issuers.get(state.active);
  if (active === undefined)
    throw new CaError('bad-state', `the active issuer ${state.active} is not among the issuers`);
  return { text, state, issuers, active, bundle: trustBundleOf([...issuers.values()]) };
}

async function readState(store: CaStore): Promise<{ state: CaState; text: string }> {
  const text = await store.read(STATE_FILE);
  if (text === undefined) {
    throw new CaError('bad-state', `there is no CA in ${store.name}`, { fix: 'Make one with `foresail ca init`.' });
  }
  return { state: parseCaState(text, store.name), text };
}
