import { SnapshotError } from '../snapshot/errors.ts';
import { ROOT_KEY, type SnapshotRoot, type VersionInfo } from '../snapshot/format.ts';
import { infoOf } from '../snapshot/history.ts';
import { readRoot } from '../snapshot/root.ts';
import { isSigned, type RootVerifier } from '../snapshot/sign.ts';
import type { ConfigStore } from '../store/config-store.ts';
import { PublishError } from './publish-error.ts';

export interface CurrentRoot {
  readonly text: string | undefined;
  /** Undefined: there is none, or not one whose history may go on under our signature. */
  readonly root: SnapshotRoot | undefined;
  /** 0: there is none. */
  readonly version: number;
  /** Who published it, when that was not we, after we had published. */
  readonly foreign: VersionInfo | undefined;
}

/** A counter above this is not one that publishing has led to. */
const MAX_COUNTED_VERSION = 2 ** 40;

/**
 * The root as the store has it, seen by somebody who writes it too: KV may still show an older one than was written,
 * and another syncer may have written a newer one.
 */
export class RootKeeper {
  readonly #store: ConfigStore;
  readonly #verifier: RootVerifier | undefined;
  /** Publish whatever stands there: broken, or signed by others. */
  readonly #replaceBroken: boolean;
  #own: { readonly text: string; readonly root: SnapshotRoot } | undefined;

  constructor(store: ConfigStore, verifier: RootVerifier | undefined, replaceBroken: boolean) {
    this.#store = store;
    this.#verifier = verifier;
    this.#replaceBroken = replaceBroken;
  }

  async read(): Promise<CurrentRoot> {
    const own = this.#own;
    const text = await this.#store.get(ROOT_KEY);
    if (own !== undefined && text === own.text) return toCurrent(own.text, own.root);
    if (text === undefined) return { text, root: undefined, version: 0, foreign: undefined };
    const current = await this.#parse(text);
    // An own write that is not visible yet.
    if (own !== undefined && current.version < own.root.version) return toCurrent(own.text, own.root);
    return own === undefined ? { ...current, foreign: undefined } : current;
  }

  wrote(text: string, root: SnapshotRoot): void {
    this.#own = { text, root };
  }

  /** Whether nobody has written since `read`. */
  async isStill(current: CurrentRoot): Promise<boolean> {
    return (await this.read()).text === current.text;
  }

  /** Whose root stands there now, when it is not the one that we have just written. */
  async foreignNow(): Promise<VersionInfo | undefined> {
    try {
      return (await this.read()).foreign;
    } catch {
      // Writing has succeeded; not being able to look again does not undo that.
      return undefined;
    }
  }

  async #parse(text: string): Promise<CurrentRoot> {
    if (this.#verifier === undefined && isSigned(text) && !this.#replaceBroken) {
      throw PublishError.wouldBeUnsigned(this.#store.name);
    }
    const verifiers = this.#verifier === undefined ? [] : [this.#verifier];
    try {
      const root = await readRoot(text, verifiers);
      return { ...toCurrent(text, root), foreign: infoOf(root) };
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      const isUnsigned = error.code === 'unsigned' || error.code === 'bad-signature';
      if (!isUnsigned && !this.#replaceBroken) throw PublishError.brokenRoot(this.#store.name, error);
      return this.#counterOf(text);
    }
  }

  /**
   * Of a root that we did not sign only the counter is taken over: signing a history that somebody else wrote would
   * make it ours.
   */
  async #counterOf(text: string): Promise<CurrentRoot> {
    const bySeconds = Math.floor(Date.now() / 1000);
    try {
      const root = await readRoot(text, []);
      const version = root.version < MAX_COUNTED_VERSION ? root.version : bySeconds;
      return { text, root: undefined, version, foreign: infoOf(root) };
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      if (!this.#replaceBroken) throw PublishError.brokenRoot(this.#store.name, error);
      return { text, root: undefined, version: bySeconds, foreign: undefined };
    }
  }
}

function toCurrent(text: string, root: SnapshotRoot): CurrentRoot {
  return { text, root, version: root.version, foreign: undefined };
}
