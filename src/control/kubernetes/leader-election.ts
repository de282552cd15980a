import { type Log, NO_LOG } from '../../ca/log.ts';
import type { KubeClient } from './kube-client.ts';
import { type Lease, type LeaseName, microTime, readLease, writeLease } from './lease.ts';

export interface LeaderElectionOptions {
  readonly client: KubeClient;
  readonly lease: LeaseName;
  /** Who we are: unique among replicas. */
  readonly identity: string;
  readonly leaseDurationMs?: number;
  /** A leader that could not renew for so long gives up, before another may take over. */
  readonly renewDeadlineMs?: number;
  readonly retryPeriodMs?: number;
  /** Wall clock, for what others read; they do not reckon with it. */
  readonly nowMs?: () => number;
  /** For how long something has been so: never the wall clock, which differs between machines. */
  readonly monotonicMs?: () => number;
  readonly log?: Log;
}

/** client-go's defaults. */
const DEFAULT_LEASE_DURATION_MS = 15_000;
const DEFAULT_RENEW_DEADLINE_MS = 10_000;
const DEFAULT_RETRY_PERIOD_MS = 2_000;
/** The newest snapshot version that a leader has set out to write: a store may be slow to show it. */
const VERSION_ANNOTATION = 'foresail.dev/snapshot-version';

/** What only the leader may do was tried by somebody who is not, or no longer is. */
export class NotLeader extends Error {
  override readonly name = 'NotLeader';
}

/**
 * Leader election over a Lease, by client-go's rules: who holds a Lease that has not changed for its duration, as seen by
 * our own clock, is taken to be gone; every step is a write against the version that was read.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #monotonicMs: () => number;
  readonly #leaseDurationMs: number;
  readonly #onChange = new Set<(isLeader: boolean) => void>();
  #observed: { readonly lease: Lease; readonly atMs: number } | undefined;
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #isLeader = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;
  /** Steps one after the other: each goes by the version that the one before has left. */
  #lastStep: Promise<unknown> = Promise.resolve();

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
    this.#leaseDurationMs = options.leaseDurationMs ?? DEFAULT_LEASE_DURATION_MS;
  }

  /** False as soon as the lease may have run out, whatever the network does. */
  get isLeader(): boolean {
    const { renewDeadlineMs = DEFAULT_RENEW_DEADLINE_MS } = this.#options;
    return this.#isLeader && this.#monotonicMs() - this.#renewedAtMs < renewDeadlineMs;
  }

  /** The newest snapshot version that any leader has set out to write. */
  get version(): number {
    return Number(this.#observed?.lease.metadata.annotations?.[VERSION_ANNOTATION] ?? 0) || 0;
  }

  onChange(listener: (isLeader: boolean) => void): void {
    this.#onChange.add(listener);
  }

  start(): void {
    void this.#tick();
  }

  /** Says in the Lease that a version is being written; refuses where another has taken the Lease meanwhile. */
  async claimVersion(version: number): Promise<void> {
    await this.#inTurn(async () => {
      const lease = this.#observed?.lease;
      if (!this.isLeader || lease === undefined) throw new NotLeader('another replica leads');
      const annotations = { ...lease.metadata.annotations, [VERSION_ANNOTATION]: String(version) };
      const written = await this.#write({ ...lease, metadata: { ...lease.metadata, annotations } });
      if (!written) throw new NotLeader('another replica has taken the lead');
    });
  }

  /** Lets the next one lead at once. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    await this.#inTurn(async () => {
      const lease = this.#observed?.lease;
      if (!this.#isLeader || lease === undefined) return;
      this.#become(false);
      // As client-go releases: a Lease of one second that nobody holds.
      await this.#write({ ...lease, spec: { ...lease.spec, holderIdentity: '', leaseDurationSeconds: 1 } });
    }).catch(() => {});
  }

  async #tick(): Promise<void> {
    const { retryPeriodMs = DEFAULT_RETRY_PERIOD_MS, log = NO_LOG } = this.#options;
    try {
      await this.#inTurn(() => this.#step());
    } catch (error) {
      log('lease_failed', { why: error instanceof Error ? error.message : String(error) });
    }
    if (this.#isLeader && !this.isLeader) this.#become(false);
    // Replicas that start together should not ask together.
    const jitter = this.#isLeader ? 0 : Math.random() * 0.2;
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.#tick(), retryPeriodMs * (1 + jitter));
  }

  async #step(): Promise<void> {
    if (this.#isStopped) return;
    const { client, lease: name, identity } = this.#options;
    const found = await readLease(client, name);
    const nowMs = this.#monotonicMs();
    if (found !== undefined && found.metadata.resourceVersion !== this.#observed?.lease.metadata.resourceVersion) {
      this.#observed = { lease: found, atMs: nowMs };
    }
    const holder = found?.spec.holderIdentity ?? '';
    if (holder !== '' && holder !== identity && !this.#isAbandoned(found, nowMs)) {
      this.#become(false);
      return;
    }
    const isOurs = holder === identity;
    const time = microTime(this.#options.nowMs?.() ?? Date.now());
    const written = await this.#write({
      metadata: { ...name, ...found?.metadata },
      spec: {
        ...found?.spec,
        holderIdentity: identity,
        leaseDurationSeconds: Math.ceil(this.#leaseDurationMs / 1000),
        acquireTime: (isOurs ? found?.spec.acquireTime : undefined) ?? time,
        renewTime: time,
        leaseTransitions: (found?.spec.leaseTransitions ?? 0) + (isOurs || found === undefined ? 0 : 1),
      },
    });
    this.#become(written);
  }

  /** By our clock since we saw it change, so that no two clocks have to agree. */
  #isAbandoned(found: Lease | undefined, nowMs: number): boolean {
    const seenMs = this.#observed?.atMs ?? nowMs;
    const durationMs = (found?.spec.leaseDurationSeconds ?? 0) * 1000 || this.#leaseDurationMs;
    return nowMs - seenMs >= durationMs;
  }

  async #write(lease: Lease): Promise<boolean> {
    const startedMs = this.#monotonicMs();
    const written = await writeLease(this.#options.client, lease);
    if (written === undefined) return false;
    this.#observed = { lease: written, atMs: this.#monotonicMs() };
    // From before the write: an answer may have been long on its way.
    if (written.spec.holderIdentity === this.#options.identity) this.#renewedAtMs = startedMs;
    return true;
  }

  #become(isLeader: boolean): void {
    if (this.#isLeader === isLeader) return;
    this.#isLeader = isLeader;
    this.#options.log?.(isLeader ? 'leading' : 'not_leading', { identity: this.#options.identity });
    for (const listener of this.#onChange) listener(isLeader);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#lastStep.then(work);
    this.#lastStep = done.catch(() => {});
    return done;
  }
}
