import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ConfigStore, StoreError, type StoreErrorCode } from './config-store.ts';

const FILE_SUFFIX = '.json';
/** Of values that are being written; left behind only by a crash. */
const DRAFT_SUFFIX = '.draft';
const CONCURRENT_FILES = 16;

/**
 * A folder with one file for each key; `/` in a key makes a folder. Files appear by rename, whole and synced to disk,
 * so that readers of any process see the old value or the new one.
 */
export class FolderStore implements ConfigStore {
  readonly name: string;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.name = `folder ${path}`;
  }

  async get(key: string): Promise<string | undefined> {
    try {
      return await readFile(this.#fileOf(key), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
      throw this.#failure('read', error);
    }
  }

  async getMany(keys: readonly string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    await eachInBatches(keys, async (key) => {
      const value = await this.get(key);
      if (value !== undefined) found.set(key, value);
    });
    return found;
  }

  async put(entries: ReadonlyMap<string, string>): Promise<void> {
    const folders = new Set<string>();
    try {
      for (const key of entries.keys()) folders.add(dirname(this.#fileOf(key)));
      for (const folder of folders) await mkdir(folder, { recursive: true });
      await eachInBatches([...entries], ([key, value]) => writeWhole(this.#fileOf(key), value));
      // A rename is on disk only when its folder is.
      for (const folder of folders) await syncFolder(folder);
    } catch (error) {
      throw this.#failure('write to', error);
    }
  }

  async delete(keys: readonly string[]): Promise<void> {
    try {
      await eachInBatches(keys, (key) => rm(this.#fileOf(key), { force: true }));
    } catch (error) {
      throw this.#failure('delete from', error);
    }
  }

  async list(prefix: string): Promise<string[]> {
    try {
      const files = await readdir(this.#path, { recursive: true, withFileTypes: true });
      return files
        .filter((file) => file.isFile() && file.name.endsWith(FILE_SUFFIX))
        .map((file) => join(file.parentPath, file.name).slice(join(this.#path, '/').length, -FILE_SUFFIX.length))
        .filter((key) => key.startsWith(prefix))
        .sort();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw this.#failure('list', error);
    }
  }

  #fileOf(key: string): string {
    // Keys are ours, but a root can be anybody's: it must not name a file elsewhere.
    if (!/^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(key)) {
      const parts = { store: this.name, why: 'it has characters that no key of Foresail has', fix: 'Publish again.' };
      throw new StoreError('rejected', `${JSON.stringify(key.slice(0, 80))} is not a key`, parts);
    }
    return join(this.#path, `${key}${FILE_SUFFIX}`);
  }

  #failure(verb: string, cause: unknown): unknown {
    if (cause instanceof StoreError) return cause;
    const [code, why, fix] = explain(codeOf(cause), cause);
    return new StoreError(code, `cannot ${verb} the ${this.name}`, { store: this.name, why, fix, cause });
  }
}

async function writeWhole(file: string, value: string): Promise<void> {
  const draft = `${file}.${process.pid}-${crypto.randomUUID()}${DRAFT_SUFFIX}`;
  try {
    const handle = await open(draft, 'w');
    try {
      await handle.writeFile(value);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch {
    // Some file systems cannot; the rename itself has succeeded.
  } finally {
    await handle.close();
  }
}

async function eachInBatches<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let start = 0; start < items.length; start += CONCURRENT_FILES) {
    await Promise.all(items.slice(start, start + CONCURRENT_FILES).map(work));
  }
}

function explain(code: string | undefined, cause: unknown): [StoreErrorCode, string, string] {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return ['unauthorized', 'permission denied', 'Give the user that runs foresail the right to write there.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['unavailable', 'the disk is full', 'Free some space; nothing was lost.'];
    case 'ENOTDIR':
    case 'EEXIST':
      return ['rejected', 'a part of the path is a file', 'Name a folder.'];
    default:
      return ['unavailable', cause instanceof Error ? cause.message : String(cause), 'Check the folder and its disk.'];
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as { code?: string } | null)?.code;
}
