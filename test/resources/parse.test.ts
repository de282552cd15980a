import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseObject, parseYaml } from '../../src/resources/parse.ts';
import { expectCpuBelow } from '../cpu-time.ts';

const read = (text: string) => parseYaml(text, { file: 'in.yaml' });

const SERVICE =
  'apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n  - port: 80\n    name: http\n';

/** What a finding says and where, in one line. */
function told({ findings }: ReturnType<typeof read>): string[] {
  return findings.map(({ code, origin }) =>
    `${code} ${origin.line ?? '-'}:${origin.column ?? '-'} ${origin.path ?? ''}`.trim(),
  );
}

describe('documents', () => {
  test('an empty file, comments and empty documents hold nothing', () => {
    for (const text of ['', '\n', '# only a comment\n', '---\n---\n# x\n...\n---\n', '\uFEFF', '%YAML 1.2\n---\n']) {
      expect(read(text), JSON.stringify(text)).toEqual({ resources: [], findings: [], skipped: [] });
    }
  });

  test('a byte order mark, Windows line ends and document markers are no matter', () => {
    const text = `\uFEFF---\n${SERVICE}---\n${SERVICE.replace('web', 'api')}...\n`.replaceAll('\n', '\r\n');
    const { resources, findings } = read(text);
    expect(findings).toEqual([]);
    expect(resources.map((resource) => resource.originOf().line)).toEqual([2, 11]);
  });

  test('a syntax error costs its own document only, and says where', () => {
    const broken = 'apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n exportTo:\n  - "."\n';
    const result = read(`${SERVICE}---\n${broken}---\n${SERVICE.replace('web', 'api')}`);
    expect(result.resources.map(({ metadata }) => metadata.name)).toEqual(['web', 'api']);
    expect(told(result)).toEqual(['FS0001 14:1']);
  });

  test('JSON is YAML', () => {
    const json = JSON.stringify(
      { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } },
      null,
      2,
    );
    expect(read(json).resources[0]?.originOf(['spec', 'ports', 0, 'port'])).toMatchObject({ line: 10, column: 9 });
  });

  test('kinds that are not read are skipped, of our groups refused', () => {
    const other = 'apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a, namespace: b}\n';
    expect(read(other)).toEqual({
      resources: [],
      findings: [],
      skipped: [{ apiVersion: 'argoproj.io/v1alpha1', kind: 'Application', namespace: 'b', name: 'a' }],
    });
    const wrong = read('apiVersion: networking.istio.io/v1\nkind: VirtualServce\nmetadata: {name: a}\n');
    expect(wrong.findings[0]?.message).toContain('did you mean VirtualService?');
    expect(told(wrong)).toEqual(['FS0003 2:1 kind']);
    expect(told(read('apiVersion: networking.istio.io/v2\nkind: VirtualService\nmetadata: {name: a}\n'))).toEqual([
      'FS0004 1:1 apiVersion',
    ]);
  });

  test('what is no Kubernetes object is named as such', () => {
    expect(told(read('resources:\n- a.yaml\n'))).toEqual(['FS0005 1:1']);
    expect(told(read('- 1\n- 2\n'))).toEqual(['FS0005 1:1']);
    expect(told(read('apiVersion: v1\nkind: Service\nmetadata:\n  name: {{ .Values.name }}\n'))).toEqual([
      'FS0006 4:10',
    ]);
  });
});

describe('positions', () => {
  const list =
    'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: web\n  spec:\n    ports:\n    - port: 80\n';

  test('go through Lists, also of one kind', () => {
    const [service] = read(list).resources;
    expect(service?.originOf()).toEqual({
      kind: 'Service',
      namespace: 'default',
      name: 'web',
      file: 'in.yaml',
      line: 4,
      column: 3,
    });
    expect(service?.originOf(['spec', 'ports', 0, 'port'])).toMatchObject({
      line: 10,
      column: 7,
      path: 'spec.ports[0].port',
    });
    const typed = 'apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: web}\n  spec: {}\n';
    expect(read(typed).resources[0]?.originOf(['metadata', 'name'])).toMatchObject({
      kind: 'Service',
      line: 4,
      column: 14,
    });
  });

  test('go through anchors and merge keys', () => {
    const text = `apiVersion: v1
kind: Service
metadata:
  name: web
  labels: &labels
    app: web
  annotations:
    <<: *labels
    x: z
spec:
  selector: *labels
`;
    const { resources, findings } = read(text);
    expect(findings).toEqual([]);
    const [service] = resources;
    expect(service).toMatchObject({
      spec: { selector: { app: 'web' } },
      metadata: { annotations: { app: 'web', x: 'z' } },
    });
    expect(service?.originOf(['spec', 'selector'])).toMatchObject({ line: 11, column: 3 });
    expect(service?.originOf(['spec', 'selector', 'app'])).toMatchObject({ line: 6, column: 5 });
    expect(service?.originOf(['metadata', 'annotations', 'app'])).toMatchObject({ line: 6 });
  });

  test('fall back to the nearest ancestor that is there', () => {
    const [service] = read(SERVICE).resources;
    expect(service?.originOf(['spec', 'ports', 0, 'targetPort'])).toMatchObject({
      line: 7,
      column: 5,
      path: 'spec.ports[0].targetPort',
    });
    expect(service?.originOf(['status', 'x'])).toMatchObject({ line: 1, column: 1 });
  });

  test('are absent for objects of an API server', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'b', creationTimestamp: '2024-02-15T10:00:00.9Z' },
    };
    const [pod] = parseObject(object).resources;
    expect(pod?.originOf(['spec'])).toEqual({ kind: 'Pod', namespace: 'b', name: 'a', path: 'spec' });
    expect(pod?.metadata.creationTimestampMs).toBe(Date.UTC(2024, 1, 15, 10));
  });
});

describe('hostile input', () => {
  test('a file that is too large is refused at once', () => {
    const huge = 'a: b\n'.repeat(10 * 1024 * 1024);
    expectCpuBelow(100, () => expect(told(read(huge))).toEqual(['FS0002 -:-']));
  });

  test('an alias bomb is refused', () => {
    const levels = Array.from(
      { length: 20 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    );
    expectCpuBelow(500, () => {
      const result = read(`l0: &l0 [x]\n${levels.join('\n')}\n`);
      expect(result.findings[0]?.message).toContain('aliases expand to too many nodes');
    });
    expect(told(read('a: &a [*a]\n'))).toEqual(['FS0001 1:8']);
  });

  test.each([
    ['brackets', '['.repeat(1_000_000)],
    ['closed brackets', '['.repeat(500) + ']'.repeat(500)],
    ['braces', '{a: '.repeat(100_000)],
    ['sequences', '- '.repeat(100_000)],
    ['block mappings', Array.from({ length: 2_000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('deep nesting of %s is refused', (_, text) => {
    expectCpuBelow(5_000, () => expect(read(text).findings.map(({ code }) => code)).toEqual(['FS0001']));
  });

  test('duplicate keys are found, without quadratic work', () => {
    expect(told(read(`${SERVICE}kind: Service\n`))).toEqual(['FS0001 9:1']);
    const wide = Array.from({ length: 50_000 }, (_, index) => `  k${index}: &a${index} v`).join('\n');
    expectCpuBelow(5_000, () => {
      const result = read(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n${wide}\n`);
      expect(result.resources).toHaveLength(1);
    });
  });

  test('long lists cost no more than their length', () => {
    const service = (hosts: string, http: string): string =>
      `apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  gateways: [g]\n  hosts:\n${hosts}  http:\n${http}`;
    const many = (count: number, line: (index: number) => string): string =>
      Array.from({ length: count }, (_, index) => line(index)).join('');
    const route = '  - {route: [{destination: {host: a}}]}\n';
    expectCpuBelow(5_000, () => {
      expect(
        read(
          service(
            many(100_000, (index) => `  - "*.h${index}.com"\n`),
            route,
          ),
        ).findings,
      ).toEqual([]);
      expect(
        read(
          service(
            '  - a\n',
            many(50_000, () => route.replace('{route', '{timeout: null, route')),
          ),
        ).findings,
      ).toEqual([]);
      expect(
        read(
          service(
            many(100_000, (index) => `  - ${index}\n`),
            route,
          ),
        ).findings,
      ).toHaveLength(50);
    });
    expect(told(read(`a: [${'1,'.repeat(1_100_000)}]`))).toEqual(['FS0001 1:1']);
  });

  test('ten thousand documents are read, findings are capped', () => {
    const documents = Array.from({ length: 10_000 }, (_, index) => SERVICE.replace('web', `web-${index}`)).join(
      '---\n',
    );
    expectCpuBelow(5_000, () => expect(read(documents).resources).toHaveLength(10_000));
    const wrong = read(Array.from({ length: 500 }, () => 'apiVersion: v1\nkind: Service\n').join('---\n'));
    expect(wrong.findings).toHaveLength(201);
    expect(wrong.findings.at(-1)).toMatchObject({
      code: 'FS0008',
      message: '300 more findings in this file are not shown.',
    });
    expect(told(read('---\na: 1\n'.repeat(30_000)))[0]).toBe('FS0007 -:-');
  });

  test('control characters and broken encoding are refused or kept, never a crash', () => {
    expect(told(read(`${SERVICE}# \0\n`))).toEqual(['FS0001 9:3']);
    expect(read(`${SERVICE}# \uFFFD\n`).resources).toHaveLength(1);
  });

  test('keys of prototypes are plain keys or refused, never pollution', () => {
    expect(told(read(`${SERVICE}__proto__:\n  polluted: true\n`))).toEqual(['FS0001 9:1']);
    const labels = '  labels:\n    constructor: a\n    toString: b\n    hasOwnProperty: c\n';
    const [service] = read(SERVICE.replace('spec:', `${labels}spec:`)).resources;
    expect(service?.metadata.labels).toEqual({ constructor: 'a', toString: 'b', hasOwnProperty: 'c' });
    parseObject(
      JSON.parse(
        '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","labels":{"__proto__":{"polluted":"yes"}}},"spec":{"__proto__":{"polluted":1}}}',
      ),
    );
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(read('apiVersion: v1\nkind: constructor\nmetadata: {name: a}\n').skipped).toHaveLength(1);
  });

  test('any text gives an answer', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => void read(text)),
      { numRuns: 2_000 },
    );
    const piece = fc.constantFrom(
      'apiVersion: ',
      'networking.istio.io/v1',
      'kind: ',
      'VirtualService',
      'metadata:',
      '\n',
      '  ',
      '- ',
      'name: a',
      'spec:',
      'http:',
      'null',
      '[',
      ']',
      '{',
      '}',
      '&a ',
      '*a',
      '<<: ',
      ': ',
      '"',
      "'",
      '|',
      '---\n',
      '\t',
      '# ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => void read(pieces.join(''))),
      { numRuns: 5_000 },
    );
  });

  test('any object gives an answer', () => {
    const kind = fc.constantFrom('VirtualService', 'Gateway', 'DestinationRule', 'ServiceEntry', 'Sidecar');
    const spec = fc.dictionary(
      fc.constantFrom('hosts', 'http', 'servers', 'host', 'egress', 'tls', 'gateways', '__proto__'),
      fc.jsonValue({ maxDepth: 4 }),
    );
    fc.assert(
      fc.property(kind, spec, (kind, spec) => {
        parseObject({ apiVersion: 'networking.istio.io/v1', kind, metadata: { name: 'a' }, spec });
      }),
      { numRuns: 2_000 },
    );
    fc.assert(fc.property(fc.anything(), (anything) => void parseObject(anything)));
    const trap = {
      apiVersion: 'v1',
      kind: 'Pod',
      get metadata(): never {
        throw new Error('trap');
      },
    };
    expect(parseObject(trap).findings).toMatchObject([{ code: 'IST0001' }]);
  });
});
