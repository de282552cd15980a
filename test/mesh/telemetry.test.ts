import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { prepareCel } from '../../src/engine/telemetry/prepare-cel.ts';
import { parseCel } from '../../src/mesh/telemetry/cel/parse-cel.ts';
import { ISTIO_JSON_FORMAT, ISTIO_TEXT_FORMAT } from '../../src/mesh/telemetry/log-formats.ts';
import type { TelemetryMode } from '../../src/mesh/telemetry/mode.ts';
import { resolveTelemetry } from '../../src/mesh/telemetry/resolve.ts';
import { parseYaml } from '../../src/resources/parse.ts';

const WEB = { namespace: 'shop', labels: { app: 'web' } };

interface Part {
  readonly name: string;
  readonly namespace: string;
  readonly spec: object;
  readonly created?: string;
}

function telemetry({ name, namespace, spec, created }: Part): string {
  return JSON.stringify({
    apiVersion: 'telemetry.istio.io/v1',
    kind: 'Telemetry',
    metadata: { name, namespace, ...(created === undefined ? {} : { creationTimestamp: created }) },
    spec,
  });
}

function resolve(parts: readonly Part[], meshConfig: object = {}, mode: TelemetryMode = 'CLIENT', target = WEB) {
  const { resources, findings } = parseYaml(parts.map(telemetry).join('\n---\n'), { file: 'telemetry.yaml' });
  expect(findings).toEqual([]);
  const { mesh } = compileMesh(resources, {
    meshConfigFile: { file: 'mesh.yaml', text: JSON.stringify(meshConfig) },
  });
  return resolveTelemetry(target, mode, { set: mesh.resources, settings: mesh.settings });
}

const JSON_LOG = {
  name: 'json-log',
  envoyFileAccessLog: { path: '/dev/stdout', logFormat: { labels: { code: '%RESPONSE_CODE%' } } },
};
const OTEL = { name: 'otel', opentelemetry: { service: 'collector.seeing.svc.cluster.local', port: 4317 } };
const ZIPKIN = { name: 'zipkin', zipkin: { service: 'zipkin.istio-system.svc.cluster.local', port: 9411 } };

describe('access logging', () => {
  it('is off where nobody asks for it, and as the mesh configuration says where only that does', () => {
    expect(resolve([]).scope.accessLogs).toEqual([]);
    expect(resolve([], { accessLogFile: '/dev/stdout' }).scope.accessLogs).toEqual([
      { provider: '', sink: { kind: 'file', path: '/dev/stdout' }, format: { text: ISTIO_TEXT_FORMAT } },
    ]);
    const [json] = resolve([], { accessLogFile: '/dev/stdout', accessLogEncoding: 'JSON' }).scope.accessLogs;
    expect(json?.format).toEqual({ json: ISTIO_JSON_FORMAT });
    const [own] = resolve([], { accessLogFile: '/tmp/log', accessLogFormat: '%RESPONSE_CODE%' }).scope.accessLogs;
    expect(own?.format).toEqual({ text: '%RESPONSE_CODE%\n' });
  });

  it('has the 22 fields of Istio behind the time, ended by a newline', () => {
    expect(ISTIO_TEXT_FORMAT.match(/%[A-Z]/g)).toHaveLength(24);
    expect(Object.keys(ISTIO_JSON_FORMAT)).toHaveLength(24);
    expect(ISTIO_TEXT_FORMAT.endsWith('%ROUTE_NAME%\n')).toBe(true);
  });

  it('takes the providers of the narrowest level that names some, and lets each level switch them', () => {
    const mesh = { extensionProviders: [JSON_LOG], defaultProviders: { accessLogging: ['envoy'] } };
    const root = {
      name: 'root',
      namespace: 'istio-system',
      spec: { accessLogging: [{ providers: [{ name: 'envoy' }] }] },
    };
    const own = { name: 'own', namespace: 'shop', spec: { accessLogging: [{ providers: [{ name: 'json-log' }] }] } };
    const off = {
      name: 'off',
      namespace: 'shop',
      spec: { selector: { matchLabels: { app: 'web' } }, accessLogging: [{ disabled: true }] },
    };
    const names = (parts: Part[]) => resolve(parts, mesh).scope.accessLogs.map(({ provider }) => provider);
    expect(names([])).toEqual(['envoy']);
    expect(names([root, own])).toEqual(['json-log']);
    expect(names([root, own, off])).toEqual([]);
    expect(resolve([root, own, off], mesh, 'CLIENT', { ...WEB, labels: { app: 'api' } }).scope.accessLogs).toHaveLength(
      1,
    );
  });

  it('goes by the mode: a gateway and outgoing calls are CLIENT, incoming ones SERVER', () => {
    const part = {
      name: 'server',
      namespace: 'shop',
      spec: { accessLogging: [{ match: { mode: 'SERVER' }, providers: [{ name: 'envoy' }] }] },
    };
    expect(resolve([part], {}, 'CLIENT').scope.accessLogs).toEqual([]);
    expect(resolve([part], {}, 'SERVER').scope.accessLogs).toHaveLength(1);
  });

  it('compiles filters ahead; one that cannot be used silences its log and is told with its line', () => {
    const withFilter = (expression: string) => ({
      name: 'errors',
      namespace: 'shop',
      spec: { accessLogging: [{ providers: [{ name: 'envoy' }], filter: { expression } }] },
    });
    expect(resolve([withFilter('response.code >= 400')]).scope.accessLogs[0]?.filter).toEqual({
      expression: 'response.code >= 400',
      cel: { compare: '>=', left: { attribute: ['response', 'code'] }, right: { literal: 400 } },
    });
    const broken = resolve([withFilter('response.code >=')]);
    expect(broken.scope.accessLogs).toEqual([]);
    expect(broken.findings).toMatchObject([
      { code: 'FS0109', origin: { file: 'telemetry.yaml', path: 'spec.accessLogging[0].filter.expression' } },
    ]);
  });

  it('tells of a log that Envoys are not given', () => {
    const extensionProviders = [
      { name: 'lines', envoyOtelAls: { service: 'collector.seeing.svc.cluster.local', port: 4317 } },
    ];
    const part = { name: 'x', namespace: 'shop', spec: { accessLogging: [{ providers: [{ name: 'lines' }] }] } };
    const text = [telemetry({ ...part, namespace: 'istio-system' })].join();
    const { findings } = compileMesh(parseYaml(text, { file: 'telemetry.yaml' }).resources, {
      meshConfigFile: { file: 'mesh.yaml', text: JSON.stringify({ extensionProviders }) },
    });
    expect(findings).toMatchObject([{ code: 'FS0110', origin: { file: 'telemetry.yaml' } }]);
  });

  it('tells a provider that is not there', () => {
    const part = { name: 'x', namespace: 'shop', spec: { accessLogging: [{ providers: [{ name: 'nowhere' }] }] } };
    expect(resolve([part])).toMatchObject({ scope: { accessLogs: [] }, findings: [{ code: 'FS0108' }] });
  });

  it('takes the oldest of several at one level', () => {
    const log = (name: string, provider: string, created: string): Part => ({
      name,
      namespace: 'shop',
      created,
      spec: { accessLogging: [{ providers: [{ name: provider }] }] },
    });
    const parts = [log('b', 'json-log', '2026-01-02T00:00:00Z'), log('z', 'envoy', '2026-01-01T00:00:00Z')];
    const { scope } = resolve(parts, { extensionProviders: [JSON_LOG] });
    expect(scope.accessLogs.map(({ provider }) => provider)).toEqual(['envoy']);
  });
});

describe('tracing', () => {
  it('needs a provider or enableTracing, and samples one percent unless told', () => {
    expect(resolve([]).scope.tracing).toBeUndefined();
    expect(resolve([], { enableTracing: true }).scope.tracing).toMatchObject({ samplingPercent: 1, istioTags: true });
    const mesh = { extensionProviders: [OTEL], defaultProviders: { tracing: ['otel'] } };
    expect(resolve([], mesh).scope.tracing).toMatchObject({
      provider: { protocol: 'otlp-grpc', backend: { cluster: 'outbound|4317||collector.seeing.svc.cluster.local' } },
    });
  });

  it('merges field by field, the narrowest level last', () => {
    const mesh = {
      extensionProviders: [OTEL, ZIPKIN],
      defaultProviders: { tracing: ['otel'] },
      defaultConfig: { tracing: { sampling: 5 } },
    };
    const root = {
      name: 'root',
      namespace: 'istio-system',
      spec: { tracing: [{ randomSamplingPercentage: 20, customTags: { a: { literal: { value: '1' } } } }] },
    };
    const own = {
      name: 'own',
      namespace: 'shop',
      spec: {
        tracing: [
          { providers: [{ name: 'zipkin' }], customTags: { user: { header: { name: 'X-User', defaultValue: '-' } } } },
        ],
      },
    };
    expect(resolve([], mesh).scope.tracing?.samplingPercent).toBe(5);
    expect(resolve([root, own], mesh).scope.tracing).toMatchObject({
      samplingPercent: 20,
      provider: { name: 'zipkin', protocol: 'zipkin', path: '/api/v2/spans' },
      customTags: [{ name: 'user', header: 'x-user', fallback: '-' }],
    });
  });

  it('reports no spans where that is disabled, and still samples', () => {
    const part = {
      name: 'quiet',
      namespace: 'shop',
      spec: { tracing: [{ providers: [{ name: 'otel' }], disableSpanReporting: true, randomSamplingPercentage: 100 }] },
    };
    const { scope } = resolve([part], { extensionProviders: [OTEL] });
    expect(scope.tracing?.samplingPercent).toBe(100);
    expect(scope.tracing).not.toHaveProperty('provider');
  });
});

describe('metrics', () => {
  it('are all there, with labels changed or taken off, and switched off one by one', () => {
    expect(resolve([]).scope.metrics).toEqual({ overrides: {} });
    const root = {
      name: 'root',
      namespace: 'istio-system',
      spec: { metrics: [{ overrides: [{ tagOverrides: { source_app: { operation: 'REMOVE' } } }] }] },
    };
    const own = {
      name: 'own',
      namespace: 'shop',
      spec: {
        metrics: [
          {
            overrides: [
              { match: { metric: 'REQUEST_SIZE' }, disabled: true },
              { match: { metric: 'REQUEST_COUNT' }, tagOverrides: { host: { value: 'request.host' } } },
              { match: { metric: 'REQUEST_COUNT', mode: 'SERVER' }, disabled: true },
            ],
          },
        ],
      },
    };
    const { overrides } = resolve([root, own]).scope.metrics ?? { overrides: {} };
    expect(overrides.REQUEST_SIZE).toEqual({ disabled: true, tags: { source_app: { remove: true } } });
    expect(overrides.REQUEST_COUNT).toEqual({
      tags: {
        source_app: { remove: true },
        host: { expression: 'request.host', cel: { attribute: ['request', 'host'] } },
      },
    });
    expect(Object.keys(overrides)).toHaveLength(10);
  });

  it('are not there where the mesh has another provider for them', () => {
    expect(resolve([], { defaultProviders: { metrics: [] } }).scope.metrics).toBeUndefined();
  });
});

describe('the CEL subset', () => {
  const attributes = ([first = '', second = '', third]: readonly string[]) =>
    third === undefined
      ? (context: Record<string, string | number>) => context[`${first}.${second}`]
      : (context: Record<string, string | number>) => context[third];
  const run = async (expression: string, context: Record<string, string | number>) => {
    const parsed = parseCel(expression);
    if (!('cel' in parsed)) throw new Error(parsed.reason);
    const prepared = prepareCel(parsed.cel, attributes);
    await prepared.ready;
    return prepared.value(context);
  };

  it.each([
    ['response.code >= 400 && response.code < 500', { 'response.code': 404 }, true],
    [
      'response.code == 200 || request.path.startsWith("/api")',
      { 'response.code': 500, 'request.path': '/api/x' },
      true,
    ],
    ["request.headers['X-Canary'] == 'yes'", { 'x-canary': 'yes' }, true],
    ['has(request.headers["x-canary"]) ? 1 : 2', {}, 2],
    ['"x-canary" in request.headers', { 'x-canary': '' }, true],
    ['response.code in [500, 503]', { 'response.code': 503 }, true],
    ['request.path.matches("^/v[0-9]+/")', { 'request.path': '/v12/x' }, true],
    ['request.path.matches("v[0-9]$")', { 'request.path': '/app/v2' }, true],
    ['!(response.code == 200)', { 'response.code': 200 }, false],
    ['response.code == 1 || missing.x == 2', { 'response.code': 1 }, true],
    ['response.code == 2 || missing.x == 2', { 'response.code': 1 }, undefined],
    ['false && missing.x', {}, false],
    ['-1 + 3', {}, 2],
    ['"a" + request.path', { 'request.path': 'b' }, 'ab'],
    ["r'\\d' + '\\x41\\n'", {}, '\\dA\n'],
    ['response.code < "a"', { 'response.code': 1 }, undefined],
  ])('%s', async (expression, context, value) => {
    expect(await run(expression, context as Record<string, string | number>)).toBe(value);
  });

  it.each([
    '',
    'a ==',
    'a.b(',
    'size(a)',
    'a.foo("x")',
    '"open',
    'a b',
    '[1]',
    'a[0]',
    `${'('.repeat(100)}1`,
    '@',
    'a ? b',
  ])('refuses %j with a place', (expression) => {
    expect(parseCel(expression)).toMatchObject({ reason: expect.stringMatching(/at character \d+$/) });
  });
});
