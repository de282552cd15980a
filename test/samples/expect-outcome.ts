import { expect } from 'vitest';
import type { RequestCase } from '../../src/control/simulate/cases.ts';
import { runRequestCase } from '../../src/control/simulate/run-case.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import { seededRandom } from '../seeded-random.ts';

/** Runs one request of a golden case's form against a sample. */
export async function expectOutcome(
  serving: ServingConfig,
  request: RequestCase['request'],
  wanted: RequestCase['expect'],
  times = 1,
): Promise<void> {
  const problems = await runRequestCase(
    serving,
    { name: '', request, expect: wanted, times },
    {
      random: seededRandom(1),
      sign: () => Promise.reject(new Error('samples bring their own tokens')),
    },
  );
  expect(problems).toEqual([]);
}
