import type { ServerResponse } from 'node:http';
import { ApiError, errors } from './api-error.ts';
import type { Faults } from './faults.ts';
import type { Fields, KubeObject } from './kube-object.ts';
import type { ChangeRecord, ObjectStore } from './object-store.ts';
import { type ResourceType, typeKey } from './resource-types.ts';
import type { Filter } from './selectors.ts';

export interface WatchRequest {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly filter: Filter;
  readonly query: URLSearchParams;
  /** The form in which objects are sent. */
  readonly present: (object: KubeObject) => Fields;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: Fields;
}

export interface OpenWatch {
  readonly plural: string;
  /** Ends it as servers do after a while, or, abruptly, as networks do. */
  end(abruptly: boolean): void;
}

/** An event that waits for the next one waits no longer than this. */
const HELD_MS = 20;
const INITIAL_EVENTS_END = 'k8s.io/initial-events-end';

/** Streams changes until the client or somebody's patience ends. */
export class Watcher {
  readonly open = new Set<OpenWatch>();
  readonly #store: ObjectStore;
  readonly #faults: Faults;
  readonly #bookmarkIntervalMs: number;

  constructor(store: ObjectStore, faults: Faults, bookmarkIntervalMs: number) {
    this.#store = store;
    this.#faults = faults;
    this.#bookmarkIntervalMs = bookmarkIntervalMs;
  }

  watch(request: WatchRequest, response: ServerResponse): void {
    const { type, query } = request;
    const key = typeKey(type);
    const from = query.get('resourceVersion') ?? '';
    const isWatchList = query.get('sendInitialEvents') === 'true';
    const wantsBookmarks = query.get('allowWatchBookmarks') === 'true' && this.#faults.hasBookmarks;
    if (isWatchList && !this.#faults.hasWatchList) {
      throw errors.invalid(
        'ListOptions.meta.k8s.io ""',
        'sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
      );
    }
    if (isWatchList && query.get('resourceVersionMatch') !== 'NotOlderThan') {
      throw errors.invalid(
        'ListOptions.meta.k8s.io ""',
        'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      );
    }
    if (Number(from) > this.#store.resourceVersion) {
      throw new ApiError(
        504,
        'Timeout',
        `Too large resource version: ${from}, current: ${this.#store.resourceVersion}`,
      );
    }
    let backlog: readonly ChangeRecord[] = [];
    let gone: ApiError | undefined;
    try {
      if (Number(from) > 0 && !isWatchList) backlog = this.#store.changesSince(key, Number(from));
    } catch (error) {
      if (!(error instanceof ApiError) || this.#faults.goneAsStatus) throw error;
      gone = error;
    }

    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const send = (event: WatchEvent): void => {
      if (!response.writableEnded) response.write(`${JSON.stringify(event)}\n`);
    };
    if (gone !== undefined) {
      send({ type: 'ERROR', object: gone.status });
      response.end();
      return;
    }
    if (Number(from) === 0 || isWatchList) {
      for (const object of this.#store.list(key)) {
        if (isWanted(object, request)) send({ type: 'ADDED', object: request.present(object) });
      }
    }
    const bookmark = (annotations?: Fields): void => {
      const resourceVersion = String(this.#store.resourceVersion);
      const metadata = {
        resourceVersion,
        creationTimestamp: null,
        ...(annotations === undefined ? {} : { annotations }),
      };
      const apiVersion = type.group === '' ? 'v1' : `${type.group}/${type.versions[0]}`;
      send({ type: 'BOOKMARK', object: { kind: type.kind, apiVersion, metadata } });
    };
    if (isWatchList && wantsBookmarks) bookmark({ [INITIAL_EVENTS_END]: 'true' });

    const { deliver, flush } = this.#delivery(send);
    const pass = (change: ChangeRecord): void => {
      const event = toEvent(change, request);
      if (event !== undefined) deliver(event);
    };
    for (const change of backlog) pass(change);
    const unlisten = this.#store.onChange((changedType, change) => {
      if (changedType === key) pass(change);
    });
    const bookmarks = wantsBookmarks ? setInterval(bookmark, this.#bookmarkIntervalMs) : undefined;
    const timeoutS = Number(query.get('timeoutSeconds') ?? 0);
    const self: OpenWatch = {
      plural: type.plural,
      end: (abruptly) => {
        if (response.writableEnded) return;
        // Late is not lost: a client that resumes from a later event could not know of it.
        flush();
        if (!abruptly) {
          response.end();
          return;
        }
        // In the middle of an event, as it happens.
        response.write('{"type":"MODIFIED","object":{"kind":"');
        response.socket?.destroySoon();
      },
    };
    const timeout = timeoutS > 0 ? setTimeout(() => self.end(false), timeoutS * 1000) : undefined;
    this.open.add(self);
    response.on('close', () => {
      this.open.delete(self);
      unlisten();
      clearInterval(bookmarks);
      clearTimeout(timeout);
    });
  }

  /** `send`, with what is set to go wrong on the way. */
  #delivery(send: (event: WatchEvent) => void): { deliver: (event: WatchEvent) => void; flush: () => void } {
    let held: WatchEvent | undefined;
    const repeat = (event: WatchEvent): void => {
      for (let i = 0; i < this.#faults.deliveries; i++) send(event);
    };
    const flush = (): void => {
      if (held !== undefined) repeat(held);
      held = undefined;
    };
    const deliver = (event: WatchEvent): void => {
      if (held === undefined && this.#faults.reorder?.() === true) {
        held = event;
        setTimeout(flush, HELD_MS).unref();
        return;
      }
      repeat(event);
      flush();
    };
    return { deliver, flush };
  }
}

function isWanted(object: KubeObject, { namespace, filter }: WatchRequest): boolean {
  return (namespace === undefined || object.metadata.namespace === namespace) && filter(object);
}

/** An object that comes to match is ADDED, one that no longer does is DELETED. */
function toEvent(
  { object, before, isDeleted, resourceVersion }: ChangeRecord,
  request: WatchRequest,
): WatchEvent | undefined {
  const isNow = !isDeleted && isWanted(object, request);
  const wasBefore = before !== undefined && isWanted(before, request);
  if (isNow) return { type: wasBefore ? 'MODIFIED' : 'ADDED', object: request.present(object) };
  if (!wasBefore) return undefined;
  const last = { ...before, metadata: { ...before.metadata, resourceVersion: String(resourceVersion) } };
  return { type: 'DELETED', object: request.present(last) };
}
