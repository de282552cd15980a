import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readFullYaml } from '../../src/resources/yaml/full-yaml.ts';
import { readPlainYaml } from '../../src/resources/yaml/plain-yaml.ts';
import type { PositionTree } from '../../src/resources/yaml/positions.ts';

/** The two readers must agree on everything that the fast one dares to read. */
function expectAgreement(text: string): 'read' | 'left to the library' {
  const plain = readPlainYaml(text, 0, text.length, true);
  if (plain === undefined || 'problem' in plain) return 'left to the library';
  const full = readFullYaml(text, 0, text.length);
  expect(full, `only the fast reader takes ${JSON.stringify(text)}`).toHaveProperty('value');
  if (!('value' in full)) return 'read';
  expect(plain.value, JSON.stringify(text)).toEqual(full.value);
  if (plain.value !== null) {
    expect(offsets(plain.positions, plain.value), JSON.stringify(text)).toEqual(offsets(full.positions, full.value));
  }
  return 'read';
}

/** Where an absent value "is" does not matter, so those are left out. */
function offsets(tree: PositionTree, value: unknown): unknown {
  const children = [...(tree.children ?? [])].map(([key, child]) => {
    const inner = (value as Record<string | number, unknown>)[key];
    return [key, inner === null && typeof key === 'number' ? null : offsets(child, inner)];
  });
  return { offset: tree.offset, children };
}

const SHOULD_READ = [
  'a: 1',
  'a: 1\n',
  'a:\n  b: c\n  d:\n    - e\n    - f\n',
  'a:\n- b\n- c: d\n  e: f\ng: h\n',
  '- a\n- - b\n  - c\n-\n  d: e\n',
  "a: \"x: y # z\"\nb: 'it''s'\n",
  'a: x#y # comment\n# comment\nb: # comment\n  c\n',
  'a: |\n  line one\n\n    indented\n  last\nb: 1\n',
  'a: |-\n  x\n\n\nb: |+\n  y\n\n\nc: z\n',
  'data:\n  mesh: |-\n    a: b\n    # not a comment of ours\n    c: d\n',
  '{"a": [1, 2.5, true, null, "x\\n\\u00e9"], "b": {}}',
  '{\n\t"a": {\n\t\t"b": "c"\n\t}\n}\n',
  'a: [x, "y", {z: 1}, []]\nb: {c: d, e: [f]}\n',
  'a: [\n  x,\n  y, # comment\n]\n',
  'a: 010\nb: 0x1F\nc: 1_000\nd: yes\ne: ~\nf: 1e3\ng: .5\nh: 1.20\ni: 0o17\nj: -7\nk: +7\n',
  ':authority: x\n":path": y\n',
  'a: -x\nb: 10.0.0.0/8\nc: http://x/y:z\nd: a:b\n',
  'a:\r\n  b: c\r\n  d:\r\n  - e\r\n',
  'key with spaces: a b  c   \n',
  '"quoted" : x\n',
];

const SHOULD_LEAVE = [
  'a: &x 1\nb: *x\n',
  'a: !!str 1\n',
  'a: >\n  folded\n',
  'a: |2\n   x\n',
  'a: one\n  two\n',
  'a: "one\n  two"\n',
  'a: b: c\n',
  'a: 1\na: 2\n',
  'a:\n\tb: 1\n',
  '? a\n: b\n',
  'a: 1\n  b: 2\n',
  '  a: 1\n b: 2\n',
  '- a\nb: c\n',
  'a: [1, 2\n',
  'a: {b: 1}}\n',
  '__proto__: 1\n',
  '<<: {a: 1}\n',
  'a: "\\x41"\n',
  '[a: b]\n',
  'a: {b}\n',
  'a: @x\n',
  'a: `x`\n',
  'a: %x\n',
];

describe('the fast YAML reader', () => {
  test.each(SHOULD_READ)('reads %j as the library does', (text) => {
    expect(expectAgreement(text)).toBe('read');
  });

  test.each(SHOULD_LEAVE)('leaves %j to the library', (text) => {
    expect(readPlainYaml(text, 0, text.length, true)).toBeUndefined();
  });

  test('leaves flow collections over lines that end in CRLF to the library', () => {
    for (const text of ['\n- - [\r\n]', 'a: [1,\r\n  2]\r\n', 'a: [1,\r\n2]\r\n']) {
      expect(expectAgreement(text), JSON.stringify(text)).toBe('left to the library');
    }
  });

  test('agrees with the library on random text of YAML pieces', () => {
    const pieces = [
      'a',
      'b',
      ':',
      ': ',
      ' ',
      '  ',
      '\n',
      '\n  ',
      '\n    ',
      '- ',
      '-',
      '#',
      ' # c',
      '"',
      "'",
      '[',
      ']',
      '{',
      '}',
      ',',
      ', ',
      '|',
      '|-',
      '>',
      '&x',
      '*x',
      '!t',
      '~',
      '1',
      '0.5',
      'yes',
      '\t',
      '\r\n',
      '?',
      '%',
      '@',
      '\\n',
      '"q"',
      "'s'",
      'é',
      '...',
      '---',
      'x: y',
      '- z',
      '\n- ',
      '\n\n',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 14 }), (parts) => {
        const text = parts.join('');
        // Document markers are cut off before either reader sees the text.
        fc.pre(!/^(?:---|\.\.\.)(?:[ \t\r\n]|$)/m.test(text));
        expectAgreement(text);
      }),
      { numRuns: 20_000 },
    );
  });

  test('agrees with the library on random block structures', () => {
    const scalar = fc.constantFrom(
      'x',
      '1',
      '"q: #"',
      "'s'",
      'true',
      '[]',
      '{}',
      '[a, b]',
      '{k: v}',
      '',
      '# c',
      'a b',
      '|\n@@t\n@@ u',
      'http://a:8/b#c',
    );
    const key = fc.constantFrom('k', 'l', '"m"', 'n.o/p', ':x');
    const line = fc.record({
      indent: fc.integer({ min: 0, max: 4 }),
      dashes: fc.integer({ min: 0, max: 2 }),
      key: fc.option(key),
      scalar,
    });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const text = lines
          .map(({ indent, dashes, key, scalar }) => {
            const pad = '  '.repeat(indent);
            const body = `${'- '.repeat(dashes)}${key === null ? '' : `${key}: `}${scalar}`;
            return pad + body.replaceAll('@@', `${pad}    `);
          })
          .join('\n');
        expectAgreement(text);
      }),
      { numRuns: 20_000 },
    );
  });
});
