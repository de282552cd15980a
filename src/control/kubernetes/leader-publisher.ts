import type { SnapshotInput } from '../../snapshot/encode.ts';
import { infoOf } from '../../snapshot/history.ts';
import type { Publisher, PublishResult } from '../publish.ts';
import type { SnapshotPublisher } from '../syncer.ts';
import { type LeaderElection, NotLeader } from './leader-election.ts';

/** Publishes only while this replica leads; the others look at what the leader has published. */
export class LeaderPublisher implements SnapshotPublisher {
  readonly #publisher: Publisher;
  readonly #leader: LeaderElection;

  constructor(publisher: Publisher, leader: LeaderElection) {
    this.#publisher = publisher;
    this.#leader = leader;
  }

  async publish(input: SnapshotInput): Promise<PublishResult> {
    if (this.#leader.isLeader) return this.#publisher.publish(input);
    const [current] = await this.#publisher.versions();
    if (current === undefined) throw new NotLeader('nothing is published yet; the replica that leads will do it');
    return { kind: 'standby', version: infoOf(current) };
  }

  async sweep(): Promise<void> {
    if (this.#leader.isLeader) await this.#publisher.sweep();
  }
}
