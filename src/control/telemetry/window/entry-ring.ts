import type { AccessLogEntry } from '../../../engine/telemetry/access-log-entry.ts';

export interface EntryFilter {
  readonly sinceMs?: number;
  readonly requestId?: string;
  readonly reporter?: AccessLogEntry['reporter'];
  readonly traceId?: string;
  /** Fully qualified. */
  readonly service?: string;
  readonly minCode?: number;
  /** `AuthorizationPolicy/default/deny-admin`. */
  readonly origin?: string;
}

/** The newest access-log entries, and whoever wants to be told of new ones. */
export class EntryRing {
  readonly #limit: number;
  readonly #entries: AccessLogEntry[] = [];
  readonly #listeners = new Set<(entry: AccessLogEntry) => void>();
  #next = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(entry: AccessLogEntry): void {
    this.#entries[this.#next] = entry;
    this.#next = (this.#next + 1) % this.#limit;
    for (const listener of this.#listeners) listener(entry);
  }

  /** Newest first, as they came. */
  list(filter: EntryFilter = {}, limit = 100): AccessLogEntry[] {
    const found: AccessLogEntry[] = [];
    const { length } = this.#entries;
    for (let back = 1; back <= length && found.length < limit; back++) {
      const entry = this.#entries[(this.#next - back + length) % length];
      if (entry !== undefined && fits(entry, filter)) found.push(entry);
    }
    return found;
  }

  /** Returns what ends it. */
  follow(listener: (entry: AccessLogEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function fits(entry: AccessLogEntry, filter: EntryFilter): boolean {
  const { sinceMs, requestId, reporter, traceId, service, minCode, origin } = filter;
  return (
    (sinceMs === undefined || entry.timeMs >= sinceMs) &&
    (requestId === undefined || entry.requestId === requestId) &&
    (reporter === undefined || entry.reporter === reporter) &&
    (traceId === undefined || entry.traceId === traceId) &&
    (service === undefined || entry.service === service) &&
    (minCode === undefined || entry.code >= minCode || entry.code === 0) &&
    (origin === undefined || originText(entry) === origin)
  );
}

function originText({ origin }: AccessLogEntry): string | undefined {
  return origin === undefined ? undefined : `${origin.kind}/${origin.namespace}/${origin.name}`;
}
