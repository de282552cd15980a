/**
 * Where the CA keeps what must outlive it: a folder, a Kubernetes Secret. Names are `[a-z0-9.-]+`, so that they can be
 * keys of a Secret. Everything is private, everything is written whole or not at all.
 */
export interface CaStore {
  /** For people. */
  readonly name: string;
  read(name: string): Promise<string | undefined>;
  write(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
  list(): Promise<readonly string[]>;
  /** Adds a line, kept once this resolves. */
  appendLine(name: string, line: string): Promise<void>;
  /** Runs the work while nobody else, in no other process either, runs work on this store. Not to be nested. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}
