import { expect, it } from 'vitest';
import { parseYaml } from '../../src/resources/parse.ts';

const HEAD = 'apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n';

function problemOf(text: string): string | undefined {
  const [found] = parseYaml(text, { file: 'in.yaml' }).findings;
  return found === undefined ? undefined : `${found.origin.line}: ${found.message}`;
}

it.each([
  ['between two levels', `${HEAD} labels: {}\n`, '5: .* column 2, but what it could belong to at column 1 or 3'],
  ['beside the keys of an item', `${HEAD}  x:\n    - to: 1\n     when: 2\n`, '7: .* column 6, .* at column 5 or 7'],
  ['before everything', `  apiVersion: v1\n kind: Namespace\n`, '2: .* column 2, .* at column 3'],
])('a line that begins %s is told by its columns', (_name, text, expected) => {
  expect(problemOf(text)).toMatch(new RegExp(`^${expected}`));
});

it('other mistakes keep their own name', () => {
  expect(problemOf(`${HEAD}  labels: [a\nb: 1\n`)).not.toContain('column');
  expect(problemOf(`${HEAD}  a: b: c\n`)).not.toContain('column');
});

it('text in a block scalar is no level', () => {
  expect(problemOf(`${HEAD}data: |\n     deep\n   less\n`)).not.toContain('column 6');
});
