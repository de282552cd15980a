import { z } from 'zod';
import type { CaStore } from '../store/ca-store.ts';

const LEDGER_FILE = 'leaves.jsonl';
/** Beyond these a workload's proxies are counted as one: who asks under ever new names must not fill the memory. */
const MAX_PROXIES_OF_IDENTITY = 5_000;
const COMPACT_ABOVE_LINES = 2_000;
const LOOK_FOR_EXPIRED_MS = 60_000;

/** The newest leaf that one proxy has from one issuer. */
const entrySchema = z.object({
  identity: z.string(),
  /** Empty: an agent that does not say which proxy it serves, as Istio's. */
  proxyId: z.string(),
  issuer: z.string(),
  notAfterMs: z.number(),
  retired: z.boolean().optional(),
});

export type LedgerEntry = z.infer<typeof entrySchema>;

/**
 * Which proxies may still show a leaf of which issuer. It is what a root rotation waits for, so a line is in the store
 * before its certificate leaves the CA.
 */
export class LeafLedger {
  readonly #store: CaStore;
  readonly #entries = new Map<string, LedgerEntry>();
  readonly #proxies = new Map<string, Set<string>>();
  #lines = 0;
  #nextLookMs = 0;
  /** Lines and rewritings of the file, one after the other: a line between them would be lost. */
  #lastWrite: Promise<void> = Promise.resolve();

  private constructor(store: CaStore) {
    this.#store = store;
  }

  static async open(store: CaStore, nowMs: number): Promise<LeafLedger> {
    const ledger = new LeafLedger(store);
    await ledger.#read();
    await ledger.#compact(nowMs);
    return ledger;
  }

  /** To look at beside the process that writes. */
  static async openToRead(store: CaStore): Promise<LeafLedger> {
    const ledger = new LeafLedger(store);
    await ledger.#read();
    return ledger;
  }

  async #read(): Promise<void> {
    for (const line of ((await this.#store.read(LEDGER_FILE)) ?? '').split('\n')) {
      const entry = parseEntry(line);
      if (entry !== undefined) this.#apply(entry);
    }
  }

  async record(entry: Omit<LedgerEntry, 'retired'>, nowMs: number): Promise<void> {
    const bounded = { ...entry, proxyId: this.#boundedProxyId(entry, nowMs) };
    const before = this.#entries.get(keyOf(bounded));
    const notAfterMs = Math.max(bounded.notAfterMs, before?.notAfterMs ?? 0);
    await this.#append({ ...bounded, notAfterMs }, nowMs);
  }

  /** This proxy shows a leaf of `keep` now, or none any more: what it has from other issuers is out of use. */
  async retire(identity: string, proxyId: string, keep: string | undefined, nowMs: number): Promise<void> {
    // One of the nameless ones cannot speak for all of them.
    if (proxyId === '' || !this.knows(identity, proxyId)) return;
    for (const entry of [...this.#entries.values()]) {
      const isOut = entry.identity === identity && entry.proxyId === proxyId && entry.issuer !== keep;
      if (isOut) await this.#append({ ...entry, retired: true }, nowMs);
    }
  }

  knows(identity: string, proxyId: string): boolean {
    return this.#proxies.get(identity)?.has(proxyId) === true;
  }

  /** Entries whose leaf can still be shown. */
  outstanding(nowMs: number): LedgerEntry[] {
    return [...this.#entries.values()].filter(({ notAfterMs }) => notAfterMs > nowMs);
  }

  async #append(entry: LedgerEntry, nowMs: number): Promise<void> {
    this.#apply(entry);
    const write = this.#lastWrite.then(async () => {
      await this.#store.appendLine(LEDGER_FILE, JSON.stringify(entry));
      if (this.#lines > COMPACT_ABOVE_LINES && this.#lines > 4 * this.#entries.size) await this.#compact(nowMs);
    });
    this.#lastWrite = write.catch(() => {});
    await write;
  }

  #apply(entry: LedgerEntry): void {
    this.#lines += 1;
    if (entry.retired === true) {
      this.#entries.delete(keyOf(entry));
      return;
    }
    this.#entries.set(keyOf(entry), entry);
    const proxies = this.#proxies.get(entry.identity) ?? new Set();
    this.#proxies.set(entry.identity, proxies.add(entry.proxyId));
  }

  async #compact(nowMs: number): Promise<void> {
    this.#forgetExpired(nowMs);
    this.#lines = this.#entries.size;
    const kept = [...this.#entries.values()];
    await this.#store.write(LEDGER_FILE, kept.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  }

  #boundedProxyId({ identity, proxyId }: { identity: string; proxyId: string }, nowMs: number): string {
    const hasRoom = (): boolean => (this.#proxies.get(identity)?.size ?? 0) < MAX_PROXIES_OF_IDENTITY;
    if (this.knows(identity, proxyId) || hasRoom()) return proxyId;
    // Not at every request of one that asks under ever new names.
    if (nowMs >= this.#nextLookMs) {
      this.#forgetExpired(nowMs);
      this.#nextLookMs = nowMs + LOOK_FOR_EXPIRED_MS;
    }
    return hasRoom() ? proxyId : '';
  }

  #forgetExpired(nowMs: number): void {
    const kept = this.outstanding(nowMs);
    this.#entries.clear();
    this.#proxies.clear();
    const lines = this.#lines;
    for (const entry of kept) this.#apply(entry);
    this.#lines = lines;
  }
}

function keyOf({ identity, proxyId, issuer }: LedgerEntry): string {
  return `${identity} ${proxyId} ${issuer}`;
}

/** The last line of a process that died may be half a line. */
function parseEntry(line: string): LedgerEntry | undefined {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return undefined;
  }
}
