import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { simulate } from '../../src/control/simulate/simulate.ts';
import { seededEnvironment, servingOf } from './support.ts';

/** `StringMatch` of the API. */
type Text = { readonly exact: string } | { readonly prefix: string } | { readonly regex: string };

interface Match {
  readonly uri?: Text;
  readonly ignoreUriCase?: boolean;
  readonly method?: Text;
  readonly headers?: Readonly<Record<string, Text>>;
  readonly withoutHeaders?: Readonly<Record<string, Text>>;
  readonly queryParams?: Readonly<Record<string, Text>>;
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
}

const value = fc.constantFrom('a', 'b', 'ab', 'aB', 'abc', 'x');
const path = fc.stringMatching(/^\/[abAB/]{0,4}$/).filter((text) => !text.includes('//'));
const textOf = (values: fc.Arbitrary<string>, regexes: readonly string[]): fc.Arbitrary<Text> =>
  fc.oneof(
    values.map((exact) => ({ exact })),
    values.map((prefix) => ({ prefix })),
    fc.constantFrom(...regexes).map((regex) => ({ regex })),
  );
const text = textOf(value, ['a.*', '[ab]+', 'abc?', '.*']);
const uri = textOf(path, ['/a.*', '/[ab]*', '/(a|b)/?.*', '.*']);
const name = fc.constantFrom('x-one', 'x-two', 'x-three');
const match: fc.Arbitrary<Match> = fc.record(
  {
    uri,
    ignoreUriCase: fc.boolean(),
    method: fc.constantFrom('GET', 'POST').map((exact) => ({ exact })),
    headers: fc.dictionary(name, text, { minKeys: 1, maxKeys: 2 }),
    withoutHeaders: fc.dictionary(name, text, { minKeys: 1, maxKeys: 1 }),
    queryParams: fc.dictionary(
      fc.constantFrom('p', 'q'),
      text.filter((matcher) => !('prefix' in matcher)),
      {
        minKeys: 1,
        maxKeys: 2,
      },
    ),
  },
  { requiredKeys: [] },
);
const request: fc.Arbitrary<Request> = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  path,
  headers: fc.dictionary(name, value, { maxKeys: 3 }),
  query: fc.dictionary(fc.constantFrom('p', 'q'), value, { maxKeys: 2 }),
});

function fits(matcher: Text, actual: string): boolean {
  if ('exact' in matcher) return actual === matcher.exact;
  if ('prefix' in matcher) return actual.startsWith(matcher.prefix);
  return new RegExp(`^(?:${matcher.regex})$`, 's').test(actual);
}

function fitsUri(matcher: Text, actual: string, ignoreCase: boolean): boolean {
  if (!ignoreCase || 'regex' in matcher) return fits(matcher, actual);
  const lower = Object.fromEntries(
    Object.entries(matcher).map(([kind, wanted]) => [kind, String(wanted).toLowerCase()]),
  );
  return fits(lower as Text, actual.toLowerCase());
}

/** The documentation of HTTPMatchRequest, word by word: all conditions of a match hold, any match of a rule. */
function isMatch(wanted: Match, { method, path: actual, headers, query }: Request): boolean {
  const all = (wantedValues: Readonly<Record<string, Text>> = {}, values: Readonly<Record<string, string>>): boolean =>
    Object.entries(wantedValues).every(([key, matcher]) => {
      const found = values[key];
      return found !== undefined && fits(matcher, found);
    });
  return (
    (wanted.uri === undefined || fitsUri(wanted.uri, actual, wanted.ignoreUriCase === true)) &&
    (wanted.method === undefined || fits(wanted.method, method)) &&
    all(wanted.headers, headers) &&
    all(wanted.queryParams, query) &&
    // A missing header is taken as an empty one here (ISTIO.md 1.3).
    Object.entries(wanted.withoutHeaders ?? {}).every(([key, matcher]) => !fits(matcher, headers[key] ?? ''))
  );
}

describe('of the rules of a VirtualService', () => {
  it('the first that matches takes the request, as if all had been tried in turn', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(match, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 25 }),
        fc.array(request, { minLength: 1, maxLength: 20 }),
        async (rules, requests) => {
          const http = rules.map((matches, i) => ({
            match: matches,
            directResponse: { status: 200, body: { string: `rule ${i}` } },
          }));
          const serving = servingOf(http);
          for (const asked of requests) {
            const expected = rules.findIndex((matches) => matches.some((one) => isMatch(one, asked)));
            const query = new URLSearchParams(asked.query).toString();
            const { status, body } = await simulate(
              serving,
              {
                method: asked.method,
                url: `http://shop.example.com${asked.path}${query === '' ? '' : `?${query}`}`,
                headers: asked.headers,
              },
              seededEnvironment(1),
            );
            expect(status === 404 ? 'rule -1' : body).toBe(`rule ${expected}`);
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
