import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LeaderElection, type LeaderElectionOptions, NotLeader } from '../../src/control/kubernetes/leader-election.ts';
import { LeaderPublisher } from '../../src/control/kubernetes/leader-publisher.ts';
import { Publisher } from '../../src/control/publish.ts';
import type { ConfigStore } from '../../src/store/config-store.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { errors } from '../support/api-server/api-error.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { clientOf, until } from './harness.ts';
import { snapshotOf } from './snapshots.ts';

const LEASE = { namespace: 'default', name: 'foresail-leader' };
const FAST = { leaseDurationMs: 1_000, renewDeadlineMs: 700, retryPeriodMs: 50 };

let server: ApiServer;
const elections: LeaderElection[] = [];

beforeEach(async () => {
  server = await ApiServer.start();
});

afterEach(async () => {
  for (const election of elections.splice(0)) await election.stop();
  await server.stop();
});

function join(identity: string, options: Partial<LeaderElectionOptions> = {}): LeaderElection {
  const election = new LeaderElection({ client: clientOf(server), lease: LEASE, identity, ...FAST, ...options });
  elections.push(election);
  election.start();
  return election;
}

const leaders = (): number => elections.filter(({ isLeader }) => isLeader).length;

describe('leader election', () => {
  it('has one leader among several, and another one when it stops', async () => {
    const replicas = ['a', 'b', 'c'].map((name) => join(name));
    await until('somebody leads', () => leaders() === 1);
    const first = replicas.find(({ isLeader }) => isLeader);
    for (let i = 0; i < 20; i++) {
      expect(leaders()).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await first?.stop();
    expect(first?.isLeader).toBe(false);
    await until('another leads', () => leaders() === 1);
    expect(server.get('coordination.k8s.io/v1', 'Lease', 'default', LEASE.name)?.spec).toMatchObject({
      leaseDurationSeconds: 1,
      leaseTransitions: 1,
    });
  });

  it('takes over from one that died, and not before its lease has run out, however wrong its clock was', async () => {
    const renewTime = new Date(Date.now() - 3_600_000).toISOString().replace('Z', '000Z');
    await server.create({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: LEASE,
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 1, renewTime },
    });
    let nowMs = 0;
    const election = join('b', { monotonicMs: () => nowMs });
    const steps = (): number => server.requests.filter(({ path }) => path.endsWith(LEASE.name)).length;
    await until('it has looked a few times', () => steps() > 3);
    // Its renewTime is an hour old, but it may have been renewed a moment before we looked.
    expect(election.isLeader).toBe(false);
    nowMs = 1_001;
    await until('it leads', () => election.isLeader);
  });

  it('stops leading by itself when it cannot renew, before anybody else may lead', async () => {
    const election = join('a');
    await until('it leads', () => election.isLeader);
    server.faults.fail(({ method }) => method === 'PUT', errors.forbidden('no'), 1_000);
    await until('it has given up', () => !election.isLeader);
    await expect(election.claimVersion(1)).rejects.toThrow(NotLeader);
  });
});

describe('two replicas that publish to one store', () => {
  it('write one history: the second goes on where the first died, also where the store is slow to show it', async () => {
    const store = new SlowStore();
    const publisherOf = (election: LeaderElection): LeaderPublisher => {
      const publisher = new Publisher({ store, mesh: 'm', syncer: 'test', fence: election });
      return new LeaderPublisher(publisher, election);
    };
    const a = join('a');
    await until('a leads', () => a.isLeader);
    const b = join('b');
    const [one, two] = [publisherOf(a), publisherOf(b)];
    await expect(two.publish(snapshotOf('zero.example.com'))).rejects.toThrow('nothing is published yet');
    for (const host of ['one.example.com', 'two.example.com']) await one.publish(snapshotOf(host));
    store.freeze();
    const last = await one.publish(snapshotOf('three.example.com'));
    expect(last.version.version).toBe(3);
    expect(await two.publish(snapshotOf('other.example.com'))).toMatchObject({
      kind: 'standby',
      version: { version: 2 },
    });
    await a.stop();
    await until('b leads', () => b.isLeader);
    // The store still shows version 2, whose content this is.
    const next = await two.publish(snapshotOf('two.example.com'));
    expect(next).toMatchObject({ kind: 'published', version: { version: 4 } });
    await expect(one.publish(snapshotOf('late.example.com'))).resolves.toMatchObject({ kind: 'standby' });
  });
});

/** Shows the root as it was when it was frozen, except to nobody: as a KV store does for a minute. */
class SlowStore implements ConfigStore {
  readonly name = 'slow';
  readonly #inner = new MemoryStore();
  #frozen: string | undefined;

  freeze(): void {
    void this.#inner.get('root').then((text) => {
      this.#frozen = text;
    });
  }

  async get(key: string): Promise<string | undefined> {
    return key === 'root' && this.#frozen !== undefined ? this.#frozen : this.#inner.get(key);
  }

  getMany: ConfigStore['getMany'] = (keys) => this.#inner.getMany(keys);
  list: ConfigStore['list'] = (prefix) => this.#inner.list(prefix);
  delete: ConfigStore['delete'] = (keys) => this.#inner.delete(keys);
  put: ConfigStore['put'] = (entries) => this.#inner.put(entries);
}
