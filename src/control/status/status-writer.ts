import { isDeepStrictEqual } from 'node:util';
import { RateLimit } from '../../ca/callers/rate-limit.ts';
import type { Log } from '../../ca/log.ts';
import { asFields } from '../../resources/metadata.ts';
import type { KubeClient } from '../kubernetes/kube-client.ts';
import { isKubeError } from '../kubernetes/kube-error.ts';
import { resourcePath } from '../kubernetes/resource-path.ts';
import { type DesiredStatus, idOf } from './desired-status.ts';
import { statusBody } from './status-body.ts';

export interface StatusWriterOptions {
  readonly client: KubeClient;
  isLeader(): boolean;
  readonly log: Log;
  readonly writesPerSecond?: number;
  readonly burst?: number;
  readonly nowMs?: () => number;
}

export const STATUS_FIELD_MANAGER = 'foresail-status';
const DEFAULT_WRITES_PER_SECOND = 20;
const DEFAULT_BURST = 100;
const PAUSE_MS = 50;
const RETRY_MS = 5_000;
const MAX_RACES = 5;

/** Writes statuses, each only when it is to say something else, some at a time, and only while we lead. */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #limit: RateLimit;
  readonly #nowMs: () => number;
  /** What we have written, as it was to be. */
  readonly #written = new Map<string, DesiredStatus>();
  /** By object: the newest wish counts. */
  #waiting = new Map<string, DesiredStatus>();
  #wishes: readonly DesiredStatus[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWorking = false;
  #isStopped = false;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? Date.now;
    const { writesPerSecond = DEFAULT_WRITES_PER_SECOND, burst = DEFAULT_BURST } = options;
    this.#limit = new RateLimit({ perSecond: writesPerSecond, burst, now: this.#nowMs });
  }

  /** All that there is to say; what is said already costs nothing. */
  set(wishes: readonly DesiredStatus[]): void {
    this.#wishes = wishes;
    const ids = new Set<string>();
    for (const wish of wishes) {
      const id = idOf(wish.target);
      ids.add(id);
      if (isDeepStrictEqual(this.#written.get(id), wish)) this.#waiting.delete(id);
      else this.#waiting.set(id, wish);
    }
    for (const id of [...this.#written.keys(), ...this.#waiting.keys()]) {
      if (ids.has(id)) continue;
      this.#written.delete(id);
      this.#waiting.delete(id);
    }
    this.#schedule(0);
  }

  /** Another replica may have written meanwhile, or not have come to it: everything is looked at again. */
  takeOver(): void {
    this.#written.clear();
    this.set(this.#wishes);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped || this.#isWorking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#work(), delayMs);
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    let delayMs: number | undefined;
    while (this.#waiting.size > 0 && this.#options.isLeader() && !this.#isStopped) {
      if (!this.#limit.take('statuses')) {
        delayMs = PAUSE_MS;
        break;
      }
      const [next] = this.#waiting;
      if (next === undefined) break;
      const [id, wish] = next;
      this.#waiting.delete(id);
      try {
        await this.#write(wish);
        this.#written.set(id, wish);
      } catch (error) {
        this.#options.log('status_not_written', {
          object: id,
          why: error instanceof Error ? error.message : String(error),
        });
        if (!this.#waiting.has(id)) this.#waiting.set(id, wish);
        delayMs = RETRY_MS;
        break;
      }
    }
    this.#isWorking = false;
    if (delayMs !== undefined) this.#schedule(delayMs);
  }

  async #write({ target, content }: DesiredStatus): Promise<void> {
    const { client } = this.#options;
    const { definition, namespace, name, uid, generation } = target;
    for (let race = 1; ; race++) {
      const found = await this.#read(target);
      if (found === undefined) return;
      const { version, object } = found;
      const metadata = asFields(object.metadata) ?? {};
      // Another object under the same name, or a newer generation of it: whoever sees that speaks of it.
      if (metadata.uid !== uid || Number(metadata.generation ?? 0) > generation) return;
      const live = asFields(object.status) ?? {};
      const status = statusBody(content, generation, live, this.#nowMs());
      if (isDeepStrictEqual(pick(live, Object.keys(status)), status)) return;
      const { group, plural, kind } = definition;
      const path = resourcePath({ group, version, plural }, { namespace, name, subresource: 'status' });
      const body = {
        apiVersion: `${group}/${version}`,
        kind,
        // Against what was read: what others say in the same list must not be lost.
        metadata: { name, ...(namespace === '' ? {} : { namespace }), resourceVersion: metadata.resourceVersion },
        status,
      };
      try {
        await client.patch(path, 'apply', body, { query: { fieldManager: STATUS_FIELD_MANAGER, force: true } });
        return;
      } catch (error) {
        if (isKubeError(error, 404)) return;
        if (!isKubeError(error, 409) || race >= MAX_RACES) throw error;
      }
    }
  }

  /** In the first version that is served. */
  async #read({ definition, namespace, name }: DesiredStatus['target']) {
    const { group, versions, plural } = definition;
    for (const version of versions) {
      try {
        const object = await this.#options.client.get<Readonly<Record<string, unknown>>>(
          resourcePath({ group, version, plural }, { namespace, name }),
        );
        return { version, object };
      } catch (error) {
        if (!isKubeError(error, 404)) throw error;
      }
    }
    return undefined;
  }
}

function pick(fields: Readonly<Record<string, unknown>>, keys: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(keys.map((key) => [key, fields[key]]));
}
