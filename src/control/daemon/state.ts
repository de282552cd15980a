import type { Finding } from '../../resources/finding.ts';
import type { SyncerEvent } from '../syncer.ts';

export interface SyncStatus {
  /** Undefined: nothing has been published yet. */
  readonly version: number | undefined;
  readonly syncedAtMs: number | undefined;
  /** Why the last try has failed; undefined: it has not. */
  readonly failure: string | undefined;
  readonly findings: readonly Finding[];
}

/** What the last rounds of the syncer have come to. */
export class DaemonState {
  #sync: SyncStatus = { version: undefined, syncedAtMs: undefined, failure: undefined, findings: [] };

  get sync(): SyncStatus {
    return this.#sync;
  }

  take(event: SyncerEvent): void {
    if (event.kind === 'failed') {
      const failure = event.error instanceof Error ? event.error.message : String(event.error);
      this.#sync = { ...this.#sync, failure };
      return;
    }
    const { result, findings } = event;
    this.#sync = { version: result.version.version, syncedAtMs: Date.now(), failure: undefined, findings };
  }
}
