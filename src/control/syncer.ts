import type { Finding } from '../resources/finding.ts';
import type { SnapshotInput } from '../snapshot/encode.ts';
import { DEFAULT_RETRY, type RetryPolicy, retryDelayMs } from '../store/retry.ts';
import type { Publisher, PublishResult } from './publish.ts';
import type { Source, SourceState } from './sources/source.ts';

export interface Compiled {
  readonly gateway: SnapshotInput;
  /** Of the passes; those of the source come with its state. */
  readonly findings: readonly Finding[];
}

export type SyncerEvent =
  | {
      readonly kind: 'synced';
      readonly result: PublishResult;
      readonly findings: readonly Finding[];
      readonly state: SourceState;
      /** From the change that was noticed to the written root. */
      readonly tookMs: number;
    }
  /** Nothing was lost: the edge goes on with what it has, and the syncer tries again. */
  | { readonly kind: 'failed'; readonly error: unknown; readonly retryInMs: number };

export type SnapshotPublisher = Pick<Publisher, 'publish' | 'sweep'>;

export interface SyncerOptions {
  readonly source: Source;
  readonly publisher: SnapshotPublisher;
  compile(state: SourceState): Compiled | Promise<Compiled>;
  onEvent(event: SyncerEvent): void;
  readonly retry?: Partial<RetryPolicy>;
}

export interface Syncer {
  /** After the first publish; rejects when the source is not there at all. A store that fails is tried again. */
  readonly ready: Promise<void>;
  /** Looks at the source now. */
  poke(): void;
  /** Compiles again although the source is the same: something else that goes in has changed. */
  recompile(): void;
  /** Resolves when what was going on has come to its end. */
  stop(): Promise<void>;
}

const SWEEP_INTERVAL_MS = 60 * 60 * 1000;
/** A store that fails for hours is still asked this often. */
const RETRY: RetryPolicy = { ...DEFAULT_RETRY, maxAttempts: Number.POSITIVE_INFINITY, firstDelayMs: 500 };

/** Source → compile → publish, again at every change. One round at a time; a change during a round starts the next. */
export function startSyncer(options: SyncerOptions): Syncer {
  const { source, publisher, compile, onEvent } = options;
  const retry = { ...RETRY, ...options.retry };
  const first = Promise.withResolvers<void>();
  const stopped = Promise.withResolvers<void>();
  let isStopped = false;
  let isDirty = true;
  let wake = Promise.withResolvers<void>();
  let publishedRevision: number | undefined;
  let sweptAtMs = Number.NEGATIVE_INFINITY;

  const poke = (): void => {
    isDirty = true;
    wake.resolve();
  };
  const round = async (): Promise<void> => {
    const startedMs = performance.now();
    const state = await source.read();
    if (state.revision === publishedRevision) return;
    const { gateway, findings } = await compile(state);
    const result = await publisher.publish(gateway);
    publishedRevision = state.revision;
    first.resolve();
    const tookMs = performance.now() - startedMs;
    onEvent({ kind: 'synced', result, state, findings: [...state.findings, ...findings], tookMs });
  };
  const sweep = async (): Promise<void> => {
    if (performance.now() - sweptAtMs < SWEEP_INTERVAL_MS) return;
    sweptAtMs = performance.now();
    // Only garbage waits for it.
    await publisher.sweep().catch(() => {});
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!isStopped) {
      if (!isDirty) {
        await sweep();
        await Promise.race([wake.promise, stopped.promise]);
        continue;
      }
      isDirty = false;
      wake = Promise.withResolvers();
      try {
        await round();
        failures = 0;
      } catch (error) {
        isDirty = true;
        const retryInMs = Math.round(retryDelayMs(++failures, undefined, retry));
        onEvent({ kind: 'failed', error, retryInMs });
        await Promise.race([retry.sleep(retryInMs), wake.promise, stopped.promise]);
      }
    }
  };

  const unwatch = source.watch(poke);
  // Who does not wait for it hears of it by events.
  first.promise.catch(() => {});
  const finished = source.read().then(run, first.reject);
  return {
    ready: first.promise,
    poke,
    recompile: () => {
      publishedRevision = undefined;
      poke();
    },
    stop: async () => {
      isStopped = true;
      unwatch();
      stopped.resolve();
      await finished;
      first.resolve();
    },
  };
}
