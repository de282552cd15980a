import type { Cluster } from '../cluster.ts';
import type { Pod } from '../pod.ts';

export type Test = (name: string, run: () => Promise<void> | void, timeoutMs?: number) => void;

export interface Stage {
  readonly cluster: () => Cluster;
  readonly pod: (name: string) => Pod;
}

/** A part of the suite: all parts share the cluster, and leave it as they found it. */
export type Part = (test: Test, stage: Stage) => void;
