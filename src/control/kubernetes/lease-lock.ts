import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeClient } from './kube-client.ts';
import { KubeError } from './kube-error.ts';
import { type LeaseName, microTime, readLease, writeLease } from './lease.ts';

const HOLD_MS = 10_000;
const RETRY_MS = 50;
const PATIENCE_MS = 60_000;

/** Runs short work while nobody else holds the Lease; one that is not let go is taken over after its time. */
export async function withLeaseLock<T>(client: KubeClient, name: LeaseName, work: () => Promise<T>): Promise<T> {
  const identity = randomUUID();
  const deadlineMs = performance.now() + PATIENCE_MS;
  let seen = { resourceVersion: '', atMs: 0 };
  for (;;) {
    const found = await readLease(client, name);
    const nowMs = performance.now();
    const resourceVersion = found?.metadata.resourceVersion ?? '';
    if (seen.resourceVersion !== resourceVersion) seen = { resourceVersion, atMs: nowMs };
    const isFree = (found?.spec.holderIdentity ?? '') === '' || nowMs - seen.atMs >= HOLD_MS;
    const time = microTime(Date.now());
    const spec = { holderIdentity: identity, leaseDurationSeconds: HOLD_MS / 1000, acquireTime: time, renewTime: time };
    const held = isFree ? await writeLease(client, { metadata: { ...name, ...found?.metadata }, spec }) : undefined;
    if (held !== undefined) {
      try {
        return await work();
      } finally {
        // One that cannot be given back runs out by itself.
        await writeLease(client, { ...held, spec: { ...held.spec, holderIdentity: '' } }).catch(() => undefined);
      }
    }
    if (nowMs > deadlineMs) throw new KubeError(0, 'Locked', `Lease ${name.namespace}/${name.name} is held by another`);
    await sleep(RETRY_MS * (0.5 + Math.random()));
  }
}
