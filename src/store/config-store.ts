/** Where snapshots live. Values are text; a store does not know what they mean. */
export interface ConfigStore {
  /** For messages: `folder ./snapshots`, `Workers KV 0f2…`. */
  readonly name: string;
  get(key: string): Promise<string | undefined>;
  /** The values that exist, by key; any number of keys. */
  getMany(keys: readonly string[]): Promise<Map<string, string>>;
  /** Resolves when every value is acknowledged. Values of one call may become visible in any order. */
  put(entries: ReadonlyMap<string, string>): Promise<void>;
  /** Keys that do not exist are no error. */
  delete(keys: readonly string[]): Promise<void>;
  /** All keys with this prefix, sorted. */
  list(prefix: string): Promise<string[]>;
}

export type StoreErrorCode =
  /** Cannot be reached, or does not answer properly: worth another try later. */
  | 'unavailable'
  /** Refuses who asks. */
  | 'unauthorized'
  /** The namespace or folder does not exist. */
  | 'not-found'
  /** Refuses what was asked: too large, malformed. */
  | 'rejected'
  | 'rate-limited';

export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;
  readonly store: string;
  readonly why: string;
  readonly fix: string;

  constructor(code: StoreErrorCode, what: string, parts: { store: string; why: string; fix: string; cause?: unknown }) {
    super(what, { cause: parts.cause });
    this.code = code;
    this.store = parts.store;
    this.why = parts.why;
    this.fix = parts.fix;
  }
}
