import fc from 'fast-check';
import { RE2JS } from 're2js';
import { beforeAll, describe, expect, it } from 'vitest';
import { nativeForm } from '../../src/engine/regex/native-form.ts';
import { loadRegexEngine, regex, regexReplaceAll } from '../../src/engine/regex/re2.ts';
import { expectCpuBelow } from '../cpu-time.ts';

beforeAll(loadRegexEngine);

describe('regex', () => {
  it('matches the whole value, as RE2 does', () => {
    expect(regex('a|ab').test('ab')).toBe(true);
    expect(regex('foo').test('foobar')).toBe(false);
    expect(regex('.*jason.*').test('my jason here')).toBe(true);
    expect(regex('(?i)FOO').test('foo')).toBe(true);
    expect(regex('[[:alpha:]]+').test('abc')).toBe(true);
  });

  it('takes linear time for expressions that make RegExp explode', () => {
    expectCpuBelow(200, () => {
      for (const bomb of ['(a+)+', '(a|a)*', '(a|aa)+', '([a-z]+)*x', 'a*a*a*a*a*b', '.*a.*a.*a.*a.*b']) {
        expect(regex(bomb).test(`${'a'.repeat(5000)}!`)).toBe(false);
      }
    });
  });

  it('never matches when it does not compile', () => {
    expect(regex('a(?=b)').test('a')).toBe(false);
    expect(regex('(').test('(')).toBe(false);
  });

  it('runs natively only what means the same to RE2', () => {
    const atom = fc.constantFrom('a', 'b', '/', '.', '[^/]', '[a-b]', '\\d', '\\w', '\\.', '-', '(a|bb)');
    const quantifier = fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,3}');
    const pattern = fc.array(fc.tuple(atom, quantifier), { maxLength: 6 }).map((parts) => parts.flat().join(''));
    const value = fc.stringMatching(/^[ab/.\-1\n]{0,8}$/);
    fc.assert(
      fc.property(pattern, fc.boolean(), value, (text, fold, input) => {
        const expression = fold ? `(?i)${text}` : text;
        const native = nativeForm(expression);
        if (native === undefined) return;
        expect(native.test(input)).toBe(RE2JS.compile(expression).matches(input));
      }),
      { numRuns: 5000 },
    );
  });

  it('serves the expressions that people write without the second engine', () => {
    for (const common of [
      '/api/v[0-9]+/.*',
      '^/users/[^/]+/orders$',
      '.*',
      '(GET|POST)',
      '/static/.+\\.css',
      '.*jason',
    ]) {
      expect(nativeForm(common), common).toBeDefined();
    }
  });
});

describe('regexReplaceAll', () => {
  it('replaces every match and knows the groups', () => {
    expect(regexReplaceAll('/v(\\d)/', '/v1/x/v2/y', '/version-\\1/')).toBe('/version-1/x/version-2/y');
    expect(regexReplaceAll('a', 'banana', '$&\\\\')).toBe('b$&\\n$&\\n$&\\');
  });
});
