import { ROOT_KEY } from '../snapshot/format.ts';
import type { PieceSource } from '../snapshot/piece-source.ts';
import type { ConfigStore } from '../store/config-store.ts';
import { DenoKvStore } from '../store/deno-kv.ts';
import { FolderStore } from '../store/folder.ts';
import { deno } from './deno-runtime.ts';
import { logProblem } from './log.ts';

const WATCH_AGAIN_AFTER_MS = 1_000;

/** `kv` (with DENO_KV_PATH, if not Deno's own database of this script) or `folder:PATH`. */
export async function openDenoStore(vars: Readonly<Record<string, string>>): Promise<ConfigStore> {
  const { FORESAIL_STORE: target = 'kv', DENO_KV_PATH: path } = vars;
  if (target === 'kv') return new DenoKvStore(await deno.openKv(path));
  if (target.startsWith('folder:')) return new FolderStore(target.slice('folder:'.length));
  throw new TypeError(`FORESAIL_STORE must be kv or folder:PATH, not ${target}`);
}

export function snapshotIn(store: ConfigStore): PieceSource {
  return { root: () => store.get(ROOT_KEY), pieces: (keys) => store.getMany(keys) };
}

/** Calls back at every publication, for as long as this process runs; folders are only looked at now and then. */
export async function watchRoot(store: ConfigStore, onPublication: () => void): Promise<void> {
  while (store instanceof DenoKvStore) {
    try {
      await store.watch(ROOT_KEY, onPublication);
    } catch (error) {
      logProblem('publications are seen late: Deno KV cannot be watched', String(error));
    }
    await new Promise((resolve) => setTimeout(resolve, WATCH_AGAIN_AFTER_MS));
  }
}
