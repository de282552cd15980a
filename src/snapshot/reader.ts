import { hasElapsed } from '../engine/elapsed.ts';
import type { ConfigOrigin } from '../engine/values.ts';
import { assemble } from './assemble.ts';
import { SnapshotError } from './errors.ts';
import { type SnapshotRoot, type SourceEntry, sourcesKey } from './format.ts';
import { versionsOf } from './history.ts';
import type { LoadedSnapshot } from './loaded.ts';
import { messageOf, type PieceSource, readPieces } from './piece-source.ts';
import { type ReaderStatus, StatusBoard } from './reader-status.ts';
import { readRoot } from './root.ts';
import type { RootVerifier } from './sign.ts';
import { applyEdits, type SnapshotOrigin, SourceTable } from './sources.ts';

export interface ReaderOptions {
  /** With at least one, unsigned, altered and older roots are refused. */
  readonly verifiers: readonly RootVerifier[];
  readonly refreshIntervalMs: number;
  /** Of bucket text; the parsed form takes about four times as much memory. */
  readonly maxBucketBytes: number;
  nowMs(): number;
}

interface Run {
  readonly promise: Promise<void>;
  readonly startedMs: number;
}

/** How long nothing is asked again after an attempt that did not help. */
const RETRY_AFTER_MS = 1_000;
/** Pieces of an announced version appear within a minute or so; until then it is looked for more often. */
const BEHIND_INTERVAL_MS = 5_000;
/** A shared load whose request was cancelled never ends in Workers; after this long a waiter does it itself. */
const STUCK_AFTER_MS = 2_000;
/** A new version whose pieces are not all visible is stood in for by one of these many before it. */
const MAX_STEPS_BACK = 3;
const MAX_FAILURES_NOTED = 1_000;

/**
 * Serves the newest complete, verified version of a snapshot and keeps it while anything newer is missing, broken or
 * out of reach. `ready(host)` → `current` is all that a warm request does.
 */
export class SnapshotReader {
  readonly #source: PieceSource;
  readonly #options: ReaderOptions;
  readonly #board = new StatusBoard();
  #current: LoadedSnapshot | undefined;
  /** The newest root that was accepted; `current` may still be of an older version. */
  #root: SnapshotRoot | undefined;
  /** Text of the newest root, when nothing of it is left to do. */
  #settledText: string | undefined;
  #tick = 0;
  #lastRefreshMs = Number.NEGATIVE_INFINITY;
  #running: Run | undefined;
  #failedAtMs = new Map<string, number>();
  #sources: { readonly id: string; readonly table: SourceTable } | undefined;

  constructor(source: PieceSource, options: Partial<ReaderOptions> = {}) {
    this.#source = source;
    this.#options = {
      verifiers: [],
      refreshIntervalMs: 30_000,
      maxBucketBytes: 8 * 1024 * 1024,
      nowMs: Date.now,
      ...options,
    };
  }

  /** Undefined until there is a good snapshot: answer 503 and say `status().problem`. */
  get current(): LoadedSnapshot | undefined {
    return this.#current;
  }

  /** Whether `current` can serve this host (lower case, without port) right now. */
  ready(host: string): boolean {
    return this.#current?.holds(host, ++this.#tick) ?? false;
  }

  /** Loads what the host needs. Never rejects; afterwards `ready(host)` tells whether there is something to serve. */
  async load(host: string): Promise<void> {
    while (!this.ready(host)) {
      const failedAtMs = this.#failedAtMs.get(this.#loadId(host));
      if (failedAtMs !== undefined && !hasElapsed(failedAtMs, RETRY_AFTER_MS, this.#options.nowMs())) return;
      const running = this.#shareable();
      if (running === undefined) return this.#run(() => this.#loadNow(host));
      await this.#join(running);
    }
  }

  /** A refresh in the background when it is time for one: give the promise to `waitUntil`. */
  refreshIfDue(): Promise<void> | undefined {
    const { nowMs, refreshIntervalMs } = this.#options;
    const isBehind = this.#root !== undefined && this.#root.version !== this.#current?.version;
    const intervalMs = isBehind ? Math.min(refreshIntervalMs, BEHIND_INTERVAL_MS) : refreshIntervalMs;
    return hasElapsed(this.#lastRefreshMs, intervalMs, nowMs()) ? this.refresh() : undefined;
  }

  /** Looks for a newer root now. Never rejects. */
  async refresh(): Promise<void> {
    const running = this.#shareable();
    await (running === undefined ? this.#run(() => this.#refresh([])) : this.#join(running));
  }

  status(): ReaderStatus {
    return this.#board.status(this.#current, this.#root);
  }

  /** The origin with its file and line, which only explanations need: reads the sources piece once a version. */
  async locate(origin: ConfigOrigin): Promise<ConfigOrigin> {
    const ref = this.#current?.info.content.sources;
    if (ref === undefined) return origin;
    const id = JSON.stringify(ref);
    if (this.#sources?.id !== id) {
      const key = sourcesKey(ref.base);
      const piece = (await readPieces(this.#source, [key])).get(key);
      const table = SourceTable.from(applyEdits((piece?.json ?? []) as readonly SourceEntry[], ref.edits));
      this.#sources = { id, table };
    }
    return this.#sources?.table.locate(origin as SnapshotOrigin) ?? origin;
  }

  #loadId(host: string): string {
    const current = this.#current;
    if (current === undefined) return '';
    return [...current.bucketsOf(host)].map((index) => current.info.content.buckets[index]).join();
  }

  /** What another request is doing already, unless it seems that it will never end. */
  #shareable(): Run | undefined {
    const running = this.#running;
    if (running === undefined || hasElapsed(running.startedMs, STUCK_AFTER_MS, this.#options.nowMs())) return undefined;
    return running;
  }

  /** Waits for it, but no longer than until it counts as stuck. */
  async #join({ promise, startedMs }: Run): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.min(STUCK_AFTER_MS, startedMs + STUCK_AFTER_MS - this.#options.nowMs()));
    });
    await Promise.race([promise, timeout]);
    clearTimeout(timer);
  }

  async #run(work: () => Promise<void>): Promise<void> {
    const promise = work().catch((error: unknown) => this.#board.problem(error, this.#options.nowMs()));
    const running = { promise, startedMs: this.#options.nowMs() };
    this.#running = running;
    await promise;
    if (this.#running === running) this.#running = undefined;
  }

  async #loadNow(host: string): Promise<void> {
    const id = this.#loadId(host);
    try {
      await (this.#current === undefined ? this.#refresh([host]) : this.#activate([host]));
    } finally {
      if (!this.ready(host)) {
        if (this.#failedAtMs.size > MAX_FAILURES_NOTED) this.#failedAtMs.clear();
        this.#failedAtMs.set(id, this.#options.nowMs());
      }
    }
  }

  async #refresh(hosts: readonly string[]): Promise<void> {
    this.#lastRefreshMs = this.#options.nowMs();
    let text: string | undefined;
    try {
      text = await this.#source.root();
    } catch (cause) {
      throw new SnapshotError('store', `the root could not be read: ${messageOf(cause)}`, { cause });
    }
    if (text === undefined)
      throw new SnapshotError('missing-root', 'the store holds no configuration: nothing was published');
    const isSettled = text === this.#settledText && this.#current?.version === this.#root?.version;
    if (isSettled) return this.#board.good(this.#options.nowMs());
    const root = await readRoot(text, this.#options.verifiers);
    this.#refuseOlder(root);
    this.#root = root;
    await this.#activate(hosts);
    if (this.#current?.version === root.version) this.#settledText = text;
  }

  #refuseOlder(root: SnapshotRoot): void {
    const newest = this.#root;
    if (newest === undefined || root.version >= newest.version) return;
    // A store that was emptied and filled again begins at 1. Where roots are signed that could be a replay.
    if (this.#options.verifiers.length === 0 && root.createdAtMs > newest.createdAtMs) return;
    throw new SnapshotError(
      'older-root',
      `the root has version ${root.version}; version ${newest.version} was seen before`,
    );
  }

  /** Makes the newest version current whose gateway and wanted buckets are all there and good. */
  async #activate(hosts: readonly string[]): Promise<void> {
    const root = this.#root;
    if (root === undefined) return;
    const current = this.#current;
    let firstError: unknown;
    for (const version of versionsOf(root).slice(0, 1 + MAX_STEPS_BACK)) {
      const isCurrent = current?.version === version.version && current.info.hash === version.hash;
      if (isCurrent && hosts.every((host) => current.holds(host, this.#tick))) break;
      try {
        const next = await assemble(this.#source, root, version, { current, hosts }, ++this.#tick);
        const keep = new Set(hosts.flatMap((host) => [...next.bucketsOf(host)]));
        this.#current = this.#joined(next, current).evict(this.#options.maxBucketBytes, keep);
        break;
      } catch (error) {
        firstError ??= error;
        if (error instanceof SnapshotError && error.code === 'store') break;
      }
    }
    if (firstError !== undefined) throw firstError;
    this.#board.good(this.#options.nowMs());
  }

  /**
   * What was assembled, together with what another run has loaded since `base`: one that was taken for stuck may only
   * have been slow. Neither an older version nor fewer buckets may come of it.
   */
  #joined(next: LoadedSnapshot, base: LoadedSnapshot | undefined): LoadedSnapshot {
    const other = this.#current;
    if (other === undefined || other === base) return next;
    if (other.info.hash === next.info.hash && other.version === next.version) return other.with(next.buckets);
    return other.version > next.version ? other : next;
  }
}
