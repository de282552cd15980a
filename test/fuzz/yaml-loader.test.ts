import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { encodeContent } from '../../src/snapshot/encode.ts';
import { corpus } from './corpus.ts';
import { Chance, mutate } from './mutate.ts';
import { FUZZ_TIMEOUT_MS, forAWhile, inTime } from './time-box.ts';

const TOKENS = [
  ...[
    '---\n',
    '...\n',
    '- ',
    ': ',
    '{',
    '}',
    '[',
    ']',
    '&a ',
    '*a',
    '<<: *a',
    '!!binary ',
    '!!int ',
    '!x ',
    '|\n',
    '>-\n',
  ],
  ...['%YAML 1.1\n', '\t', '\r\n', '\u0000', '\ufeff', '\u2028', '# ', '? ', '"', "'", '\\', '~', 'null', 'true', 'no'],
  ...[
    '-1',
    '0',
    '1e999',
    '.nan',
    '.inf',
    '0x7f',
    '9007199254740993',
    '99999999999999999999',
    '1.5',
    'NaN',
    '2000-01-01',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    '*',
    '**',
    '"*"',
    '*.',
    '/',
    '..',
    '.',
    '',
    'a'.repeat(300),
    '(a+)+$',
    '[',
    '\\C',
  ],
  ...[
    'kind: List\nitems:\n',
    'http:',
    'match:',
    'route:',
    'weight:',
    'regex:',
    'exact:',
    'prefix:',
    'delegate:',
    'hosts:',
  ],
  ...[
    '{{ .Values.x }}',
    '%REQ(x)%',
    '%START_TIME(',
    '%',
    '10s',
    '-1s',
    '1h1m',
    '1e3s',
    '::1',
    '10.0.0.0/33',
    'a,b',
    '🦊',
  ],
];

/** What went in, what came out, and that nothing was thrown on the way. */
function load(text: string) {
  const { resources, findings } = parseYaml(text, { file: 'fuzz.yaml' });
  const { mesh, findings: found } = compileMesh(resources);
  for (const { code, level, message } of [...findings, ...found]) {
    if (typeof code !== 'string' || typeof level !== 'string' || message === '')
      throw new Error('a finding says nothing');
  }
  return { resources, edge: mesh.edge };
}

describe('the YAML loader', () => {
  it('neither throws nor hangs on YAML that is almost right', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    let resources = 0;
    const inputs = await forAWhile(async (seed) => {
      const chance = new Chance(seed);
      const text = mutate(chance.of(corpus), chance, corpus, TOKENS);
      const loaded = await inTime(() => load(text));
      resources += loaded.resources.length;
      // What compiles can also be published.
      if (seed % 16 === 0) await encodeContent(loaded.edge);
    });
    expect(inputs).toBeGreaterThan(50);
    // Mutations that leave nothing to compile would test little.
    expect(resources).toBeGreaterThan(inputs);
  });

  it('neither throws nor hangs on YAML that is made to hurt', async () => {
    const deep = 20_000;
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghij'.split('').map((name, i) => {
        const before = 'abcdefghi'[i];
        return `${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`;
      }),
    ].join('\n');
    for (const text of [
      '['.repeat(deep),
      '{a: '.repeat(deep),
      '- '.repeat(deep),
      `${'a:\n'.repeat(1)}${Array.from({ length: 2_000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n')}`,
      bomb,
      `kind: VirtualService\nmetadata: {name: x}\nspec: {http: ${'['.repeat(5_000)}}`,
      '&a '.repeat(deep),
      '"'.repeat(deep),
      '---\n'.repeat(deep),
      `a: ${'\\'.repeat(deep)}`,
      `a: "${'\\u'.repeat(deep)}"`,
      '? '.repeat(deep),
      '!'.repeat(deep),
      '\u0000'.repeat(deep),
      `a: |\n${' x\n'.repeat(deep)}`,
    ]) {
      const startMs = performance.now();
      load(text);
      expect({ text: text.slice(0, 40), ms: performance.now() - startMs < 1_000 }).toEqual({
        text: text.slice(0, 40),
        ms: true,
      });
    }
  });
});
