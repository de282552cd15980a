import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_RETRY, type RetryPolicy, retryDelayMs } from '../../../store/retry.ts';
import type { KubeClient } from '../../kubernetes/kube-client.ts';
import { isKubeError, KubeError } from '../../kubernetes/kube-error.ts';
import { type ResourceId, resourcePath } from '../../kubernetes/resource-path.ts';
import { type ObservedObject, readObserved } from './observed-object.ts';
import { laterResourceVersion } from './resource-version.ts';
import { readWatchEvent } from './watch-event.ts';
import { DEFAULT_SILENCE_MS, listWithWatch } from './watch-list.ts';

export interface ReflectorOptions {
  readonly client: KubeClient;
  /** The resource in every version that will do, the best first. */
  readonly resources: readonly ResourceId[];
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Nothing but `metadata` is asked for. */
  readonly metadataOnly?: boolean;
  readonly pageSize?: number;
  readonly retry?: Partial<RetryPolicy>;
  /** How long a watch is asked to last, before jitter. */
  readonly watchTimeoutS?: number;
  /** How long a list that comes as a stream may be silent before pages are asked for. */
  readonly watchListSilenceMs?: number;
  /** All that there is now. */
  onList(objects: readonly ObservedObject[]): void;
  onObject(object: ObservedObject): void;
  onDelete(object: ObservedObject): void;
  /** `missing`: the API server does not know the kind; it is asked again. */
  onState(state: ReflectorState): void;
}

export type ReflectorState =
  | { readonly kind: 'synced' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'failing'; readonly error: unknown; readonly retryInMs: number };

const DEFAULT_PAGE_SIZE = 500;
const DEFAULT_WATCH_TIMEOUT_S = 300;
/** A kind whose definition is missing is asked for this often, unless somebody knows better. */
const MISSING_RETRY_MS = 30_000;
const RETRY: RetryPolicy = { ...DEFAULT_RETRY, firstDelayMs: 200, maxDelayMs: 30_000 };

/** Keeps up with one resource of an API server: lists it, then watches from there, for ever. */
export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #retry: RetryPolicy;
  readonly #abort = new AbortController();
  #wake = Promise.withResolvers<void>();
  #resourceVersion = '';
  #hasWatchList = true;
  #failures = 0;
  /** Which of the versions is asked for, counted on at every one that is not served. */
  #version = 0;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#retry = { ...RETRY, ...options.retry };
  }

  /** Resolves when it was stopped. */
  async run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        if (this.#resourceVersion === '') await this.#list();
        await this.#watch();
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        await this.#recover(error);
      }
    }
  }

  /** Tries again now, whatever it waits for. */
  poke(): void {
    this.#wake.resolve();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake.resolve();
  }

  async #list(): Promise<void> {
    const { onList, onState } = this.#options;
    const { objects, resourceVersion } = (await this.#listByWatch()) ?? (await this.#listByPages());
    onList(objects);
    this.#resourceVersion = resourceVersion;
    this.#failures = 0;
    onState({ kind: 'synced' });
  }

  /** KEP-3157: the list as a stream, which costs the server less. Undefined where it is not served. */
  async #listByWatch(): Promise<Listed | undefined> {
    if (!this.#hasWatchList) return undefined;
    try {
      const { client, metadataOnly = false, watchListSilenceMs = DEFAULT_SILENCE_MS } = this.#options;
      const request = { query: this.#selectors, signal: this.#abort.signal, metadataOnly };
      const listed = await listWithWatch(client, this.#path, request, watchListSilenceMs);
      if (listed !== undefined) return listed;
    } catch (error) {
      // Only a refusal of the question itself; whatever else is wrong is as wrong for pages.
      if (!isKubeError(error, 422) && !isKubeError(error, 400)) throw error;
    }
    this.#hasWatchList = false;
    return undefined;
  }

  async #listByPages(): Promise<Listed> {
    const { client, pageSize = DEFAULT_PAGE_SIZE, metadataOnly } = this.#options;
    let limit: number | undefined = pageSize;
    for (;;) {
      try {
        const objects: ObservedObject[] = [];
        let next: string | undefined;
        for (;;) {
          const page: ListAnswer = await client.get(this.#path, {
            query: { ...this.#selectors, limit, continue: next },
            signal: this.#abort.signal,
            metadataOnly: metadataOnly === true,
          });
          for (const item of page.items ?? []) {
            const observed = readObserved(item);
            if (observed !== undefined) objects.push(observed);
          }
          next = page.metadata?.continue;
          if (next === undefined || next === '') {
            return { objects, resourceVersion: page.metadata?.resourceVersion ?? '' };
          }
        }
      } catch (error) {
        // The list took longer than its version is kept: once more, in one piece.
        if (!isGone(error) || limit === undefined) throw error;
        limit = undefined;
      }
    }
  }

  async #watch(): Promise<void> {
    const { client, metadataOnly, watchTimeoutS = DEFAULT_WATCH_TIMEOUT_S, onObject, onDelete } = this.#options;
    // Not all at the same moment, for every kind and every replica.
    const timeoutSeconds = Math.ceil(watchTimeoutS * (1 + this.#retry.random()));
    const lines = client.lines(this.#path, {
      query: {
        ...this.#selectors,
        watch: true,
        allowWatchBookmarks: true,
        resourceVersion: this.#resourceVersion,
        timeoutSeconds,
      },
      signal: this.#abort.signal,
      metadataOnly: metadataOnly === true,
    });
    const startedMs = performance.now();
    let hasProgress = false;
    for await (const line of lines) {
      const event = readWatchEvent(line);
      if (event === undefined) continue;
      if (event.type === 'ERROR') throw event.error;
      hasProgress = true;
      this.#failures = 0;
      this.#resourceVersion = laterResourceVersion(this.#resourceVersion, event.resourceVersion);
      if (event.type === 'BOOKMARK') continue;
      if (event.type === 'DELETED') onDelete(event.object);
      else onObject(event.object);
    }
    // A watch that ends at once, again and again, is a failure that does not say so.
    if (!hasProgress && performance.now() - startedMs < SHORT_WATCH_MS) {
      throw new KubeError(0, 'WatchClosed', 'the watch was closed at once');
    }
  }

  async #recover(error: unknown): Promise<void> {
    const { onState } = this.#options;
    if (isGone(error)) {
      // Its changes are forgotten: all of it again, and the objects that are the same are recognised.
      this.#resourceVersion = '';
      if (this.#failures === 0) {
        this.#failures = 1;
        return;
      }
    }
    if (isKubeError(error, 404)) {
      this.#resourceVersion = '';
      this.#version += 1;
      if (this.#version % this.#options.resources.length !== 0) return;
      onState({ kind: 'missing' });
      await this.#pause(MISSING_RETRY_MS * (0.5 + this.#retry.random()));
      return;
    }
    this.#failures += 1;
    const retryAfterMs = error instanceof KubeError ? error.retryAfterMs : undefined;
    const retryInMs = Math.round(retryDelayMs(this.#failures, retryAfterMs, this.#retry));
    // One lost connection is the normal end of a watch.
    if (this.#failures > 1) onState({ kind: 'failing', error, retryInMs });
    await this.#pause(retryInMs);
  }

  async #pause(ms: number): Promise<void> {
    this.#wake = Promise.withResolvers();
    const timer = new AbortController();
    await Promise.race([sleep(ms, undefined, { signal: timer.signal }).catch(() => {}), this.#wake.promise]);
    timer.abort();
  }

  get #path(): string {
    const { resources, namespace } = this.#options;
    const resource = resources[this.#version % resources.length];
    if (resource === undefined) throw new Error('a reflector needs a resource to watch');
    return resourcePath(resource, { namespace });
  }

  get #selectors(): { labelSelector: string | undefined; fieldSelector: string | undefined } {
    const { labelSelector, fieldSelector } = this.#options;
    return { labelSelector, fieldSelector };
  }
}

const SHORT_WATCH_MS = 1_000;

export interface Listed {
  readonly objects: readonly ObservedObject[];
  readonly resourceVersion: string;
}

interface ListAnswer {
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  readonly items?: readonly unknown[];
}

function isGone(error: unknown): boolean {
  return isKubeError(error, 410);
}
