import type { Cluster } from '../cluster.ts';
import type { Pod } from '../pod.ts';

export type Test = (name: string, run: () => Promise<void> | void, timeoutMs?: number) => void;

export interface Stage {
  readonly cluster: () => Cluster;
  readonly pod: (name: string) => Pod;
  /** With these resources in addition, which are taken out again. What they do is to be waited for. */
  during(yaml: string, work: () => Promise<void>): Promise<void>;
}

/** A part of the suite: all parts share the cluster, and leave it as they found it. */
export type Part = (test: Test, stage: Stage) => void;

/** Of what a change of the configuration does: it says when it hangs, not how fast it is. */
export const SOON = { timeout: 60_000, interval: 100 };

/** What comes out when something is done again and again: one value where all pods agree. */
export async function often<T>(what: () => Promise<T>): Promise<readonly T[]> {
  const seen = new Map<string, T>();
  for (let i = 0; i < TIMES; i++) {
    const value = await what();
    seen.set(JSON.stringify(value), value);
  }
  return [...seen.values()];
}

const TIMES = 8;
