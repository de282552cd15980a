import type { CaStore } from '../../src/ca/store/ca-store.ts';

/** Keeps everything in memory; after `writesLeft` writes it dies as a process does, and nothing more reaches it. */
export class MemoryStore implements CaStore {
  readonly name = 'memory';
  readonly files: Map<string, string>;
  writesLeft = Number.POSITIVE_INFINITY;
  #last: Promise<unknown> = Promise.resolve();

  constructor(files: ReadonlyMap<string, string> = new Map()) {
    this.files = new Map(files);
  }

  async read(name: string): Promise<string | undefined> {
    return this.files.get(name);
  }

  async write(name: string, text: string): Promise<void> {
    this.#die();
    this.files.set(name, text);
  }

  async remove(name: string): Promise<void> {
    this.#die();
    this.files.delete(name);
  }

  async list(): Promise<readonly string[]> {
    return [...this.files.keys()];
  }

  async appendLine(name: string, line: string): Promise<void> {
    this.#die();
    this.files.set(name, `${this.files.get(name) ?? ''}${line}\n`);
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #die(): void {
    if (this.writesLeft <= 0) throw new Crash('the process has died');
    this.writesLeft -= 1;
  }
}

export class Crash extends Error {}
