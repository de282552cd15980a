import { runWrk } from './edge-processes.ts';
import type { Contender } from './peers/contender.ts';

export const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
export const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);

/**
 * One after the other, again and again: other work on the machine comes and goes in minutes, not in seconds, so that
 * figures of one round can be held against each other. The first round warms up and is left out.
 */
export async function inRounds<C, S>(all: readonly C[], measure: (one: C) => Promise<S>): Promise<readonly S[][]> {
  const samples = all.map((): S[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, one] of all.entries()) {
      const sample = await measure(one);
      if (round > 0) samples[index]?.push(sample);
    }
  }
  return samples;
}

export interface Sample {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** A request; NaN where it cannot be told. */
  readonly cpuMicros: number;
  readonly residentMb: number;
}

/** One contender under load. */
export async function loaded({ port, usage }: Contender, path: string, headers: readonly string[]): Promise<Sample> {
  const before = usage?.();
  const load = await runWrk(`http://127.0.0.1:${port}${path}`, SECONDS, headers);
  const after = usage?.();
  return {
    ...load,
    cpuMicros:
      before === undefined || after === undefined ? Number.NaN : ((after.cpuMs - before.cpuMs) * 1000) / load.requests,
    residentMb: after?.residentMb ?? Number.NaN,
  };
}
