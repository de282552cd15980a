import { decide } from '../../src/engine/decide.ts';
import type { RequestFacts } from '../../src/engine/facts.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import { BENCH_ENVIRONMENT } from './engine-environment.ts';

const CALLS = 10_000;
const ROUNDS = 15;

/** What one decision takes: the least of several rounds, since other work on the machine only adds to it. */
export function decisionMicros(serving: ServingConfig, facts: RequestFacts): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    for (let call = 0; call < CALLS; call++) decide(serving, facts, BENCH_ENVIRONMENT);
    return ((performance.now() - startMs) * 1_000) / CALLS;
  });
  return Math.min(...rounds);
}
