import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaStore } from './ca-store.ts';

const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;
const LOCK = 'lock';
const LOCK_RETRY_MS = 20;
const LOCK_TIMEOUT_MS = 10_000;

/** A folder that only its owner can read. */
export class FolderCaStore implements CaStore {
  readonly name: string;
  readonly #folder: string;
  /** Work of this process waits in line; that of others waits for the lock file. */
  #lastWork: Promise<unknown> = Promise.resolve();
  #writes = 0;

  constructor(folder: string) {
    this.#folder = folder;
    this.name = `folder ${folder}`;
  }

  async read(name: string): Promise<string | undefined> {
    try {
      return await readFile(this.#path(name), 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** A crash at any moment leaves the old file or the new one. */
  async write(name: string, text: string): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
    this.#writes += 1;
    const temporary = this.#path(`.${name}.${process.pid}.${this.#writes}`);
    const file = await open(temporary, 'w', PRIVATE_FILE);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.#path(name));
    await this.#syncFolder();
  }

  async remove(name: string): Promise<void> {
    await rm(this.#path(name), { force: true });
  }

  async list(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#folder)).filter((name) => !name.startsWith('.') && name !== LOCK);
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  async appendLine(name: string, line: string): Promise<void> {
    await appendFile(this.#path(name), `${line}\n`, { mode: PRIVATE_FILE });
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastWork.then(async () => {
      await mkdir(this.#folder, { recursive: true, mode: PRIVATE_FOLDER });
      const release = await this.#lock();
      try {
        return await work();
      } finally {
        await release();
      }
    });
    this.#lastWork = done.catch(() => {});
    return done;
  }

  async #lock(): Promise<() => Promise<void>> {
    const path = this.#path(LOCK);
    const deadlineMs = Date.now() + LOCK_TIMEOUT_MS;
    for (;;) {
      try {
        const file = await open(path, 'wx', PRIVATE_FILE);
        await file.writeFile(String(process.pid));
        await file.close();
        return () => rm(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      if (await this.#isAbandoned(path)) await rm(path, { force: true });
      else if (Date.now() > deadlineMs) throw new Error(`${path} is held by another process`);
      else await sleep(LOCK_RETRY_MS);
    }
  }

  /** Its holder is no more, or died before it wrote its number. */
  async #isAbandoned(path: string): Promise<boolean> {
    try {
      const pid = Number(await readFile(path, 'utf8'));
      if (pid === process.pid) return false;
      if (pid > 0) return !isAlive(pid);
      return Date.now() - (await stat(path)).mtimeMs > LOCK_TIMEOUT_MS / 2;
    } catch (error) {
      if (isMissing(error)) return false;
      throw error;
    }
  }

  async #syncFolder(): Promise<void> {
    const folder = await open(this.#folder);
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
