import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IndexedRule, type IndexKey, RuleIndex } from '../../src/engine/rule-index.ts';

type Request = Readonly<Record<string, string>>;

interface Rule extends IndexedRule<Request> {
  readonly conditions: ReadonlyMap<string, readonly IndexKey[]>;
}

function holds(key: IndexKey, value: string): boolean {
  return 'exact' in key ? key.exact === value : value.startsWith(key.prefix);
}

function rule(order: number, conditions: ReadonlyMap<string, readonly IndexKey[]>): Rule {
  return {
    order,
    conditions,
    keys: conditions,
    matches: (request) =>
      [...conditions].every(([dimension, keys]) => {
        const value = request[dimension];
        return value !== undefined && keys.some((key) => holds(key, value));
      }),
  };
}

const text = fc.stringMatching(/^[/ab]{0,5}$/);
const key: fc.Arbitrary<IndexKey> = fc.oneof(
  text.map((exact) => ({ exact })),
  text.map((prefix) => ({ prefix })),
);
const dimension = fc.constantFrom('path', 'method', 'x', 'y');
const conditions = fc
  .array(fc.tuple(dimension, fc.array(key, { minLength: 1, maxLength: 3 })), { maxLength: 3 })
  .map((entries) => new Map(entries));

describe('RuleIndex', () => {
  it('finds the rule that trying all of them in order finds', () => {
    fc.assert(
      fc.property(
        fc.array(conditions, { maxLength: 60 }),
        fc.array(fc.dictionary(dimension, text), { minLength: 1, maxLength: 20 }),
        (list, requests) => {
          const rules = list.map((entry, order) => rule(order, entry));
          const index = new RuleIndex<Request, Rule>(rules, (request, name) => request[name] ?? null);
          for (const request of requests) {
            expect(index.first(request)?.order).toBe(rules.find((candidate) => candidate.matches(request))?.order);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('tries few of ten thousand rules, whatever tells them apart', () => {
    for (const name of ['path', 'method', 'x']) {
      for (const make of [(value: string) => ({ exact: value }), (value: string) => ({ prefix: value })]) {
        let tried = 0;
        const rules = Array.from({ length: 10_000 }, (_, order) => {
          const plain = rule(
            order,
            new Map([
              ['path', [{ prefix: '/' }]],
              [name, [make(`/v${order}/`)]],
            ]),
          );
          return {
            ...plain,
            matches(request: Request) {
              tried++;
              return plain.matches(request);
            },
          };
        });
        const index = new RuleIndex<Request, Rule>(rules, (request, dim) => request[dim] ?? null);
        expect(index.first({ path: '/', [name]: '/v9999/' })?.order).toBe(9999);
        expect(index.first({ path: '/', [name]: '/none/' })).toBeUndefined();
        expect(tried).toBeLessThan(20);
      }
    }
  });
});
