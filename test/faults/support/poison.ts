export type Path = readonly (string | number)[];

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const laughs = `[&a [x, x, x, x, x, x, x, x, x], ${'bcdefghijk'
  .split('')
  .map((name, i) => `&${name} [${Array.from({ length: 9 }, () => `*${'abcdefghij'[i]}`).join(', ')}]`)
  .join(', ')}]`;

/** What is put in place of a field, as YAML: each wrong in its own way, wherever it stands. */
export const POISONS: Readonly<Record<string, string>> = {
  null: 'null',
  'an empty string': '""',
  'a number': '42',
  'a negative number': '-1',
  'a fraction': '0.5',
  'a number beyond all integers': '1e300',
  NaN: '.nan',
  infinity: '-.inf',
  true: 'true',
  'a list': '[]',
  'a list of nulls': '[null, null]',
  'an object': '{}',
  'an object of nulls': '{ exact: null, number: null, "": null }',
  'a huge string': JSON.stringify('x'.repeat(100_000)),
  'a string of dots': JSON.stringify('.'.repeat(5_000)),
  'deep lists': nested(90),
  'lists beyond the limit': nested(5_000),
  'deep objects': `${'{ a: '.repeat(80)}1${' }'.repeat(80)}`,
  'control characters': '"\\0\\t\\n\\e\\x7f"',
  'unicode tricks': '"\\u202e\\u0000\\ufeff\\ud800 Ⅷ İ 💥"',
  __proto__: '{ __proto__: { polluted: true }, constructor: { prototype: { polluted: true } } }',
  'the name __proto__': '__proto__',
  'the name constructor': 'constructor',
  'a list of prototype names': '[__proto__, constructor, toString, hasOwnProperty]',
  'a bad regex': '"(?<=a)b(c"',
  'an expensive regex': '"(((a{1,30}){1,30}){1,30})*$"',
  'a bad duration': '99999999999999999999h',
  'an alias of nothing': '*nothing',
  'an anchor of itself': '&self [*self]',
  'a billion laughs': laughs,
  'a custom tag': '!!js/function "function () { return 1 }"',
  binary: '!!binary "////"',
  'a date': '2001-12-14t21:59:43.10-05:00',
  'a template': '"{{ .Values.x }}"',
  'a format': '"%REQ(%%DYNAMIC_METADATA(a:b)%"',
  'a path upwards': '"../../../etc/passwd"',
  'a header with a line': '"a\\r\\nx: y"',
};

/** Every field of an object, also the inner ones. */
export function fieldsOf(value: unknown, path: Path = []): Path[] {
  const own = path.length === 0 ? [] : [path];
  if (typeof value !== 'object' || value === null) return own;
  return [
    ...own,
    ...Object.entries(value).flatMap(([key, inner]) =>
      fieldsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]),
    ),
  ];
}

const MARK = '@@poison@@';

/** JSON, which is YAML, with other YAML in place of the field. */
export function poisoned(object: object, path: Path, yaml: string): string {
  const copy: unknown = structuredClone(object);
  let parent = copy as Record<string | number, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, unknown>;
  parent[path.at(-1) ?? ''] = MARK;
  return JSON.stringify(copy, undefined, 1).replace(`"${MARK}"`, () => yaml);
}
