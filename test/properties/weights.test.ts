import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/control/simulate/simulate.ts';
import { seededEnvironment, servingOf } from './support.ts';

const DRAWS = 3_000;
/** So far beyond its mean χ² is once in about a hundred million times. */
const SIGMAS = 8;

const weights = fc
  .array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000 })), {
    minLength: 2,
    maxLength: 5,
  })
  .filter((list) => list.some((weight) => weight > 0));

describe('weights', () => {
  it('are shares of their sum, whatever they come to', async () => {
    await fc.assert(
      fc.asyncProperty(weights, fc.nat(), async (list, seed) => {
        const names = ['a', 'b', 'c', 'd', 'e'].slice(0, list.length);
        const serving = servingOf([{ route: names.map((host, i) => ({ destination: { host }, weight: list[i] })) }]);
        const counts = new Map<string, number>();
        const env = seededEnvironment(seed);
        for (let i = 0; i < DRAWS; i++) {
          const { destination } = await simulate(serving, { url: 'http://shop.example.com/' }, env);
          const service = destination?.split('|')[3]?.split('.')[0] ?? 'none';
          counts.set(service, (counts.get(service) ?? 0) + 1);
        }
        const sum = list.reduce((total, weight) => total + weight, 0);
        let chiSquare = 0;
        for (const [i, name] of names.entries()) {
          const expected = (DRAWS * (list[i] ?? 0)) / sum;
          const count = counts.get(name) ?? 0;
          if (expected === 0) expect({ name, count }).toEqual({ name, count: 0 });
          // Where hardly any are expected χ² is no measure.
          else if (expected >= 5) chiSquare += (count - expected) ** 2 / expected;
        }
        const freedom = list.filter((weight) => weight > 0).length - 1;
        expect(chiSquare).toBeLessThanOrEqual(freedom + SIGMAS * Math.sqrt(2 * Math.max(1, freedom)) + 20);
      }),
      { numRuns: 25 },
    );
  });
});
