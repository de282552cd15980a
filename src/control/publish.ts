import { composeRollback, composeRoot, keysOf, type RootMetadata } from '../snapshot/compose-root.ts';
import { decodeVersion } from '../snapshot/decode.ts';
import { type Change, diffSnapshots } from '../snapshot/diff.ts';
import { encodeContent, type SnapshotInput } from '../snapshot/encode.ts';
import { EncodeMemory } from '../snapshot/encode-memory.ts';
import { SnapshotError } from '../snapshot/errors.ts';
import { ROOT_KEY, type SnapshotRoot, type SourcesRef, type VersionInfo } from '../snapshot/format.ts';
import { infoOf, type Version, versionsOf } from '../snapshot/history.ts';
import { type RootSigner, sealRoot } from '../snapshot/sign.ts';
import type { ConfigStore } from '../store/config-store.ts';
import { PublishError } from './publish-error.ts';
import { type CurrentRoot, RootKeeper } from './root-keeper.ts';
import { SourcesKeeper } from './sources-keeper.ts';
import { storePieces } from './store-pieces.ts';
import { findOrphans } from './sweep.ts';

export interface PublisherOptions {
  readonly store: ConfigStore;
  readonly mesh: string;
  /** Who publishes, so that two syncers on one store can tell each other apart. */
  readonly syncer: string;
  readonly signer?: RootSigner;
  readonly keepVersions?: number;
  readonly graceMs?: number;
  /** Publish over a root that cannot be read. */
  readonly replaceBrokenRoot?: boolean;
  /** Where several take turns in publishing to one store. */
  readonly fence?: VersionFence;
  nowMs?(): number;
}

/** What keeps versions growing although a store may be slow to show what another publisher has written. */
export interface VersionFence {
  /** The newest version that anybody has set out to write. */
  readonly version: number;
  /** Before a root is written. Rejects where it is another's turn. */
  claimVersion(version: number): Promise<void>;
}

export interface Published {
  readonly kind: 'published';
  readonly version: VersionInfo;
  /** Undefined: the version before could not be read. */
  readonly changes: readonly Change[] | undefined;
  /** The root included. */
  readonly writtenKeys: readonly string[];
  readonly deletedKeys: number;
  /** Another syncer's version that came between. */
  readonly foreign: VersionInfo | undefined;
}

export type PublishResult =
  | Published
  | { readonly kind: 'unchanged'; readonly version: VersionInfo }
  /** Another replica publishes; this is what it has published last. */
  | { readonly kind: 'standby'; readonly version: VersionInfo };

export const DEFAULT_KEEP_VERSIONS = 20;
export const DEFAULT_GRACE_MS = 60 * 60 * 1000;
const MAX_RACES = 5;

/** A root and what has to be in the store before it. */
interface Draft {
  readonly root: SnapshotRoot;
  readonly expired: readonly string[];
  readonly pieces: ReadonlyMap<string, string>;
  readonly changes: readonly Change[] | undefined;
}

/** Writes versions: missing pieces first, the root last, garbage after that. One publish at a time. */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #store: ConfigStore;
  readonly #roots: RootKeeper;
  readonly #sources: SourcesKeeper;
  #lastInput: { readonly hash: string; readonly input: SnapshotInput } | undefined;
  readonly #memory = new EncodeMemory();
  #orphans: readonly string[] = [];

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#roots = new RootKeeper(options.store, options.signer?.verifier, options.replaceBrokenRoot ?? false);
    this.#sources = new SourcesKeeper(options.store);
  }

  /** The same, where several take turns. */
  within(fence: VersionFence): Publisher {
    return new Publisher({ ...this.#options, fence });
  }

  get storeName(): string {
    return this.#store.name;
  }

  async publish(input: SnapshotInput, note?: string): Promise<PublishResult> {
    const result = await this.#write(async ({ root: previous, version }) => {
      const encoded = await encodeContent(input, previous?.content.buckets.length, this.#memory);
      const { ref, piece } = await this.#sources.refer(encoded.sources, previous?.content.sources);
      // What the store shows may be older than what was written last: then it is no reason to write nothing.
      const isNewest = previous?.version === version;
      if (isNewest && previous.hash === encoded.hash && isEqualJson(ref, previous.content.sources)) return undefined;
      const pieces = new Map([...encoded.pieces, ...piece]);
      const changes = await this.#changesSince(previous, encoded.hash, async () => input);
      return { ...composeRoot(encoded, ref, this.#metadata(previous, version, note)), pieces, changes };
    });
    this.#lastInput = { hash: result.version.hash, input };
    return result;
  }

  /** A new version with the content of an earlier one; by default the newest whose content is another. */
  async rollback(wanted: number | undefined): Promise<PublishResult> {
    return this.#write(async ({ root: previous, version }) => {
      if (previous === undefined) throw PublishError.nothingPublished(this.#store.name);
      const versions = versionsOf(previous);
      const target = findTarget(versions, wanted);
      if (target === undefined) throw PublishError.noSuchVersion(wanted, versions);
      const pieces = await this.#piecesOf(target);
      const metadata = this.#metadata(previous, version, `rollback to ${target.version}`);
      const changes = await this.#changesSince(previous, target.hash, () => this.#decode(target));
      return { ...composeRollback(target, pieces, metadata), pieces, changes };
    });
  }

  /** Newest first. */
  async versions(): Promise<Version[]> {
    const current = await this.#roots.read();
    return current.root === undefined ? [] : versionsOf(current.root);
  }

  /** Looks for pieces that nothing refers to (a syncer died while writing); the next publish starts their grace period. */
  async sweep(): Promise<void> {
    const { root } = await this.#roots.read();
    if (root !== undefined) this.#orphans = await findOrphans(this.#store, root);
  }

  async #write(prepare: (current: CurrentRoot) => Promise<Draft | undefined>): Promise<PublishResult> {
    let foreign: VersionInfo | undefined;
    for (let race = 1; ; race++) {
      const current = await this.#roots.read();
      if (current.foreign !== undefined) foreign = current.foreign;
      const floor = this.#options.fence?.version ?? 0;
      const draft = await prepare(floor > current.version ? { ...current, version: floor } : current);
      if (draft === undefined) return { kind: 'unchanged', version: infoOf(current.root as SnapshotRoot) };
      const missing = missingPieces(draft, current.root);
      if (missing.size > 0) await this.#store.put(missing);
      // Pieces take time to write; somebody may have been faster.
      if (await this.#roots.isStill(current)) {
        await this.#options.fence?.claimVersion(draft.root.version);
        const text = await sealRoot(JSON.stringify(draft.root), this.#options.signer);
        await this.#store.put(new Map([[ROOT_KEY, text]]));
        this.#roots.wrote(text, draft.root);
        const overwritten = await this.#roots.foreignNow();
        this.#orphans = [];
        return {
          kind: 'published',
          version: infoOf(draft.root),
          changes: draft.changes,
          writtenKeys: [...missing.keys(), ROOT_KEY],
          deletedKeys: overwritten === undefined ? await this.#deleteExpired(draft.expired) : 0,
          foreign: overwritten ?? foreign,
        };
      }
      if (race >= MAX_RACES) throw PublishError.contended(this.#store.name, race);
    }
  }

  async #deleteExpired(expired: readonly string[]): Promise<number> {
    try {
      if (expired.length > 0) await this.#store.delete(expired);
      return expired.length;
    } catch {
      // What is left behind costs only space; a sweep finds it. The version itself is out.
      return 0;
    }
  }

  #metadata(previous: SnapshotRoot | undefined, previousVersion: number, note: string | undefined): RootMetadata {
    const { mesh, syncer, keepVersions, graceMs, nowMs } = this.#options;
    return {
      mesh,
      syncer,
      createdAtMs: nowMs?.() ?? Date.now(),
      previous,
      previousVersion,
      keepVersions: keepVersions ?? DEFAULT_KEEP_VERSIONS,
      graceMs: graceMs ?? DEFAULT_GRACE_MS,
      orphans: this.#orphans,
      ...(note === undefined ? {} : { note }),
    };
  }

  /** Undefined where the version before is damaged: that must not keep a better one from coming. */
  async #changesSince(
    previous: SnapshotRoot | undefined,
    hash: string,
    after: () => Promise<SnapshotInput>,
  ): Promise<readonly Change[] | undefined> {
    if (previous?.hash === hash) return [];
    try {
      const before = previous === undefined ? EMPTY : await this.#decode(versionsOf(previous)[0] as Version);
      const changes = diffSnapshots(before, await after());
      return before === EMPTY ? changes.filter(({ what }) => what !== 'settings') : changes;
    } catch (error) {
      if (error instanceof SnapshotError) return undefined;
      throw error;
    }
  }

  async #decode(version: Version): Promise<SnapshotInput> {
    if (this.#lastInput?.hash === version.hash) return this.#lastInput.input;
    return decodeVersion(storePieces(this.#store), version);
  }

  async #piecesOf(target: Version): Promise<Map<string, string>> {
    const keys = keysOf(target.content);
    const found = await this.#store.getMany(keys);
    const missing = keys.filter((key) => !found.has(key));
    if (missing.length > 0) throw PublishError.incompleteVersion(target.version, missing);
    return found;
  }
}

const EMPTY: SnapshotInput = {
  config: {
    listeners: [],
    settings: { pathNormalization: 'BASE', trustDomain: '', numTrustedProxies: 0, serverHeader: '', identity: '' },
    policies: {},
  },
  domains: new Map(),
  clusters: new Map(),
};

/** Only what a kept version refers to is sure to be there and to stay. */
function missingPieces({ pieces }: Draft, previous: SnapshotRoot | undefined): Map<string, string> {
  const present = new Set(previous === undefined ? [] : versionsOf(previous).flatMap(({ content }) => keysOf(content)));
  return new Map([...pieces].filter(([key]) => !present.has(key)));
}

function findTarget(versions: readonly Version[], wanted: number | undefined): Version | undefined {
  const [current, ...earlier] = versions;
  if (wanted === undefined) return earlier.find((version) => version.hash !== current?.hash);
  return earlier.find((version) => version.version === wanted);
}

function isEqualJson(a: SourcesRef, b: SourcesRef): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
