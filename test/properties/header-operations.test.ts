import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/control/simulate/simulate.ts';
import { seededEnvironment, servingOf } from './support.ts';

interface Operations {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

interface Level {
  readonly request?: Operations;
  readonly response?: Operations;
}

const NAMES = ['x-a', 'x-b', 'x-c', 'x-d'] as const;
const name = fc.constantFrom(...NAMES);
const value = fc.constantFrom('1', '2', 'three', 'a b', '100%%');
const operations: fc.Arbitrary<Operations> = fc.record(
  {
    set: fc.dictionary(name, value, { maxKeys: 3 }),
    add: fc.dictionary(name, value, { maxKeys: 3 }),
    remove: fc.uniqueArray(name, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const level: fc.Arbitrary<Level> = fc.record({ request: operations, response: operations }, { requiredKeys: [] });

/** Envoy at one level: what is removed, then what is set, then what is added; `%%` is a percent sign. */
function apply(headers: Map<string, string[]>, { set = {}, add = {}, remove = [] }: Operations = {}): void {
  for (const removed of remove) headers.delete(removed);
  for (const [key, text] of Object.entries(set)) headers.set(key, [plain(text)]);
  for (const [key, text] of Object.entries(add)) headers.set(key, [...(headers.get(key) ?? []), plain(text)]);
}

function plain(text: string): string {
  return text.replaceAll('%%', '%');
}

function observed(headers: Headers | undefined): Record<string, string | null> {
  return Object.fromEntries(NAMES.map((key) => [key, headers?.get(key) ?? null]));
}

function modelled(headers: ReadonlyMap<string, readonly string[]>): Record<string, string | null> {
  return Object.fromEntries(NAMES.map((key) => [key, headers.get(key)?.join(', ') ?? null]));
}

/** Istio writes the operations of a single destination behind those of its rule, into one level. */
function merged(rule: Operations = {}, destination: Operations = {}): (headers: Map<string, string[]>) => void {
  return (headers) => {
    for (const { remove = [] } of [rule, destination]) apply(headers, { remove });
    for (const { set = {} } of [rule, destination]) apply(headers, { set });
    for (const { add = {} } of [rule, destination]) apply(headers, { add });
  };
}

describe('header operations', () => {
  const check = async (
    route: readonly object[],
    rule: Level,
    sent: Record<string, string>,
    model: (side: 'request' | 'response', headers: Map<string, string[]>) => void,
  ): Promise<void> => {
    const serving = servingOf([{ headers: rule, route }]);
    const outcome = await simulate(serving, { url: 'http://shop.example.com/', headers: sent }, seededEnvironment(1));
    const request = new Map(Object.entries(sent).map(([key, text]) => [key, [text]]));
    model('request', request);
    expect(observed(outcome.requestHeaders)).toEqual(modelled(request));
    const response = new Map<string, string[]>();
    model('response', response);
    expect(observed(outcome.responseHeaders)).toEqual(modelled(response));
  };
  const sentHeaders = fc.dictionary(name, value, { maxKeys: 4 });

  it('of several destinations come before those of the rule', async () => {
    await fc.assert(
      fc.asyncProperty(level, level, sentHeaders, (rule, headers, sent) => {
        const route = ['a', 'b'].map((host) => ({ destination: { host }, weight: 50, headers }));
        return check(route, rule, sent, (side, bag) => {
          apply(bag, headers[side]);
          apply(bag, rule[side]);
        });
      }),
      { numRuns: 200 },
    );
  });

  it('of a single destination have the last word', async () => {
    await fc.assert(
      fc.asyncProperty(level, level, sentHeaders, (rule, headers, sent) =>
        check([{ destination: { host: 'a' }, headers }], rule, sent, (side, bag) =>
          merged(rule[side], headers[side])(bag),
        ),
      ),
      { numRuns: 200 },
    );
  });
});
