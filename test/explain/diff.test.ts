import { describe, expect, it } from 'vitest';
import { compareBehaviour } from '../../src/control/simulate/diff/compare.ts';
import { readRecorded, replay } from '../../src/control/simulate/diff/replay.ts';
import { servingOf } from '../../src/control/simulate/diff/side.ts';
import { certainEnvironment } from '../../src/control/simulate/environment.ts';
import { possibleOutcomes } from '../../src/control/simulate/outcomes.ts';
import type { RequestDescription } from '../../src/control/simulate/request.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { guestbook, sideOf } from './guestbook.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const before = guestbook();

const ROUTES = 'routes.yaml';
/** [what, file, from, to, cause, a request that must be among the examples] */
const CHANGES: readonly (readonly [string, string, string, string, RegExp, RegExp])[] = [
  ['a server port', 'gateway.yaml', 'number: 80', 'number: 8080', /server takes the port/, /^GET http:\/\/guestbook/],
  [
    'a server host',
    'gateway.yaml',
    '- guestbook.lvh.me',
    '- other.lvh.me',
    /host guestbook.lvh.me is not served any more/,
    /lvh/,
  ],
  ['the gateway selector', 'gateway.yaml', 'istio: ingressgateway', 'istio: other', /no server takes the port/, /./],
  [
    'a virtual service host',
    ROUTES,
    '- guestbook.localhost',
    '- other.localhost',
    /guestbook.localhost is not served/,
    /local/,
  ],
  [
    'the bound gateway',
    ROUTES,
    '- guestbook-gateway',
    '- another-gateway',
    /is not served any more|no server takes/,
    /./,
  ],
  ['an exact path', ROUTES, 'exact: /v2', 'exact: /v3', /another rule takes it/, /\/v[23] /],
  ['a prefix', ROUTES, 'prefix: /v2/', 'prefix: /v3/', /another rule takes it/, /\/v[23]\//],
  ['a prefix that grows', ROUTES, 'prefix: /v2/', 'prefix: /v2', /another rule takes it/, /\/v2[^/]/],
  ['a prefix that becomes exact', ROUTES, 'prefix: /v2/', 'exact: /v2/', /another rule takes it/, /\/v2\/./],
  ['a rewrite', ROUTES, 'uri: /\n', 'uri: /new/\n', /^path|authority/, /\/v2/],
  [
    'a header value',
    ROUTES,
    'exact: terminal',
    'exact: console',
    /another rule takes it/,
    /source: (terminal|console)/,
  ],
  [
    'an exact header that becomes a prefix',
    ROUTES,
    'exact: terminal',
    'prefix: terminal',
    /another rule/,
    /source: terminal\w/,
  ],
  ['a header name', ROUTES, 'source:\n', 'origin-of:\n', /another rule takes it/, /(source|origin-of): terminal/],
  ['a subset', ROUTES, 'subset: v2', 'subset: v3', /destination/, /\/v2/],
  ['a destination host', ROUTES, 'host: frontend\n', 'host: store\n', /destination|status/, /./],
  ['a status', ROUTES, 'status: 200', 'status: 201', /status/, /\/hello/],
  ['a body', ROUTES, 'hello from the edge', 'good morning', /body/, /\/hello/],
  ['a response header', ROUTES, 'text/plain; charset=utf-8', 'text/html', /response headers/, /\/hello/],
  ['a redirect path', ROUTES, 'uri: /\n        redirectCode', 'uri: /new\n        redirectCode', /path/, /\/guestbook/],
  ['a redirect code', ROUTES, 'redirectCode: 302', 'redirectCode: 307', /status/, /\/guestbook/],
  ['a delay', ROUTES, 'fixedDelay: 2s', 'fixedDelay: 3s', /delay/, /x-fault: delay/],
  ['a share of delays', ROUTES, 'value: 100', 'value: 50', /delay|shares/, /x-fault: delay/],
  ['an abort', ROUTES, 'httpStatus: 503', 'httpStatus: 500', /status/, /x-fault: abort/],
  ['a timeout', ROUTES, 'timeout: 5s', 'timeout: 6s', /timeout/, /./],
  ['no timeout', ROUTES, '      timeout: 5s\n', '', /timeout/, /./],
  ['a route header', ROUTES, 'x-guestbook: foresail', 'x-guestbook: other', /response headers/, /./],
  [
    'set that becomes add',
    ROUTES,
    'set:\n            x-guestbook',
    'add:\n            x-guestbook',
    /response headers/,
    /./,
  ],
  ['a weight', ROUTES, 'weight: 70', 'weight: 60', /shares/, /./],
  ['a weight of nothing', ROUTES, 'weight: 30', 'weight: 0', /shares|destination|status/, /./],
  ['a rule name', ROUTES, 'name: shares', 'name: sharing', /route name/, /./],
  ['a subset label', ROUTES, 'version: v3', 'version: v4', /status/, /./],
  ['a subset name', ROUTES, '- name: v1\n', '- name: v0\n', /status/, /./],
  [
    'where the rule is exported to',
    ROUTES,
    'spec:\n  hosts',
    'spec:\n  exportTo: ["."]\n  hosts',
    /not served|no server/,
    /./,
  ],
  ['a policy path', 'policies.yaml', '"/v2/admin"', '"/v2/root"', /policy/, /\/v2\/(admin|root)/],
  ['a policy prefix', 'policies.yaml', '"/admin/*"', '"/root/*"', /policy/, /\/(admin|root)\//],
  ['a policy prefix that grows', 'policies.yaml', '"/admin/*"', '"/admin*"', /policy/, /\/admin[^/]/],
  ['a policy port', 'policies.yaml', '["80"]', '["81"]', /no longer refused by policy/, /\/admin/],
  ['a policy action', 'policies.yaml', 'action: DENY', 'action: ALLOW', /policy/, /./],
  [
    'a policy selector',
    'policies.yaml',
    'istio: ingressgateway',
    'istio: other',
    /no longer refused by policy/,
    /\/admin/,
  ],
  ['a service port', 'frontend.yaml', 'port: 80\n', 'port: 81\n', /destination|status/, /./],
  ['a service name', 'frontend.yaml', 'name: frontend\n', 'name: back\n', /status/, /./],
  [
    'labels of a version',
    'frontend.yaml',
    'labels: { app: frontend, version: v3 }',
    'labels: { app: frontend, version: v9 }',
    /status/,
    /./,
  ],
];

describe('every single change of the guestbook is found, with a request that shows it', () => {
  it.each(CHANGES)('%s', async (_, file, from, to, cause, example) => {
    const after = guestbook({ file, from, to });
    const { groups } = await compareBehaviour(sideOf(before), sideOf(after), NOW_MS);
    expect(groups.map((group) => group.cause).join('\n')).toMatch(cause);
    const lines = groups.map((group) => lineOf(group.example));
    expect(lines.some((line) => example.test(line))).toBe(true);
    for (const group of groups) {
      expect(await everything(group.example, before)).not.toEqual(await everything(group.example, after));
    }
  });

  it.each(CHANGES)('%s, undone', async (_, file, from, to) => {
    const after = guestbook({ file, from, to });
    const { groups } = await compareBehaviour(sideOf(after), sideOf(before), NOW_MS);
    expect(groups.length).toBeGreaterThan(0);
  });
});

describe('a change that nobody notices', () => {
  it('is none', async () => {
    const same = guestbook({ file: 'frontend.yaml', from: 'image: foresail-samples/guestbook', to: 'image: other' });
    expect(await compareBehaviour(sideOf(before), sideOf(same), NOW_MS)).toMatchObject({ groups: [], unshown: [] });
  });
});

it('recorded requests are counted by what would change', async () => {
  const after = guestbook({ file: ROUTES, from: 'prefix: /v2/', to: 'prefix: /v3/' });
  const lines = [
    'GET http://guestbook.localhost/v2/a',
    '{"method":"GET","authority":"guestbook.lvh.me","path":"/v2/b","downstream_remote_address":"192.0.2.1:4711"}',
    '{"url":"http://guestbook.localhost/","headers":{"authorization":"Bearer secret-token-1"}}',
    'GET http://guestbook.localhost/hello',
  ];
  const requests = lines.flatMap((line) => readRecorded(line) ?? []);
  expect(requests).toHaveLength(4);
  const result = await replay(sideOf(before), sideOf(after), requests, NOW_MS);
  expect(result).toMatchObject({ total: 4, changed: 2, groups: [{ cause: 'another rule takes it', count: 2 }] });
  expect(JSON.stringify(result)).not.toContain('secret-token');
});

it.each(['', '{', '[]', 'null', '{"url": 1}', 'GET /path', '{"url":"ftp://x/"}'])(
  '%j is no recorded request',
  (line) => {
    expect(readRecorded(line)).toBeUndefined();
  },
);

function lineOf({ method, url, headers }: RequestDescription): string {
  return `${method} ${url} ${Object.entries(headers ?? {})
    .map(([name, value]) => `${name}: ${value}`)
    .join(' ')}`;
}

async function everything(request: RequestDescription, mesh: Mesh): Promise<unknown> {
  const outcomes = await possibleOutcomes(servingOf(mesh.edge), request, certainEnvironment({ nowMs: NOW_MS }));
  return outcomes.map(({ share, outcome, route, steps }) => {
    const headers = new Headers({ 'x-guestbook': 'upstream' });
    outcome.decision.mutateResponse?.(headers);
    const { decision: _, requestHeaders, responseHeaders, ...rest } = outcome;
    const { origin: __, ...own } = route ?? { origin: undefined };
    return [share, rest, [...headers], [...(requestHeaders ?? [])], [...responseHeaders], own, steps.length];
  });
}
