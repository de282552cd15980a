import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../ca/log.ts';
import type { EnvoyAdmin } from './admin.ts';

export interface DrainOptions {
  readonly admin: EnvoyAdmin;
  /** Istio's terminationDrainDuration: how long connections may take to end. */
  readonly maxMs: number;
  /** Clients that have not yet heard of it still come: endpoints take a moment to be withdrawn. */
  readonly minMs: number;
  readonly log: Log;
}

const LOOK_EVERY_MS = 100;

/** Asks clients to leave (`connection: close`, GOAWAY) and waits until they have, or the time is up. */
export async function drain({ admin, maxMs, minMs, log }: DrainOptions): Promise<void> {
  const startedAtMs = Date.now();
  try {
    await admin.ask('POST', '/drain_listeners?graceful&skip_exit');
  } catch (error) {
    log('drain-failed', { why: error instanceof Error ? error.message : String(error) });
    return;
  }
  let left = -1;
  while (Date.now() - startedAtMs < maxMs) {
    await sleep(LOOK_EVERY_MS);
    left = await admin.countConnections().catch(() => 0);
    if (left === 0 && Date.now() - startedAtMs >= minMs) break;
  }
  log('drained', { tookMs: Date.now() - startedAtMs, connectionsLeft: left });
}
