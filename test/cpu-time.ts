import { expect } from 'vitest';

/** How far a busy machine, cold code and a collector may stretch what an idle one needs. */
const SLACK = 12;

/**
 * Holds work to an order of magnitude: `milliseconds` are of CPU on an idle machine. It finds work that grows with
 * the square of its input, or never ends; how fast things are is for the benchmarks to say.
 */
export function expectCpuBelow(milliseconds: number, run: () => void): void {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(milliseconds * SLACK);
}
