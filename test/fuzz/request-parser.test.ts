import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { startEdge, type TestEdge } from '../edge/support/edge.ts';
import { cluster, forwardTo, meshOf, route } from '../edge/support/snapshot.ts';
import { startUpstream, type Upstream } from '../edge/support/upstream.ts';
import { Chance } from './mutate.ts';
import { FUZZ_TIMEOUT_MS, forAWhile } from './time-box.ts';

const CLUSTER = 'outbound|80||app.default.svc.cluster.local';
/** A request that is not whole waits for its rest; one that is must be answered by then. */
const PATIENCE_MS = 60;
const AT_ONCE = 16;
const FLOOD = 4_000;

const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE', 'PRI', 'get', '', 'G\u0000T', 'A'.repeat(5_000)];
const TARGETS = [
  ...[
    '/',
    '/x',
    '/../x',
    '/%2e%2e/x',
    '//x',
    '/\\x',
    '/x#y',
    '/?',
    '*',
    '',
    'x',
    'http://other.example/abs',
    'http://',
    'https://a:99999/',
  ],
  ...[
    'ftp://a/b',
    'a:80',
    '/%',
    '/%zz',
    '/%00',
    '/\u0000',
    '/\u00ff',
    '/ x',
    '/\t',
    `/${'a'.repeat(70_000)}`,
    '/x HTTP/1.1\r\nX: y',
  ],
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.1 x', 'http/1.1', '', 'HTTP/1.11111'];
const ENDS = ['\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '\r\r\n', '\n\n', ''];
const HOSTS = [
  'Host: a',
  'Host: a\r\nHost: b',
  'Host:',
  'Host: a b',
  'Host: a/b?c#d',
  'Host: u@h',
  'Host: [::1',
  'Host: \u0000',
  'host : a',
  '',
];
const HEADERS = [
  ...[
    'Content-Length: 3',
    'Content-Length: 3\r\nContent-Length: 4',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
  ],
  ...[
    'Content-Length: 3, 3',
    'Content-Length: 0x3',
    'Content-Length: +3',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: chunked\r\nContent-Length: 3',
  ],
  ...[
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding: chunked, identity',
    'Transfer-Encoding : chunked',
    'Transfer-Encoding: \u000bchunked',
  ],
  ...[
    'X: a\r\n b',
    'X: a\r\n\tb',
    ' X: a',
    'X',
    ': a',
    'X\u0000: a',
    'X: \u0000',
    'X: \r',
    'X: \u007f',
    `X: ${'a'.repeat(70_000)}`,
    `${'X'.repeat(5_000)}: a`,
  ],
  ...[
    'Connection: close',
    'Connection: X, Host, Content-Length',
    'Connection: upgrade\r\nUpgrade: websocket',
    'Upgrade: h2c',
    'Expect: 100-continue',
    'Expect: x',
  ],
  ...[
    'Cookie: a=1\r\nCookie: b=2',
    'Authorization: Bearer a.b.c',
    'X-Forwarded-For: \u00ff',
    'CF-Connecting-IP: x',
    'TE: trailers',
    'Trailer: X',
  ],
];
const BODIES = [
  '',
  'abc',
  'abcdef',
  '3\r\nabc\r\n0\r\n\r\n',
  '3\r\nabc',
  'zz\r\n',
  'ffffffffffffffff\r\n',
  '3;x=y\r\nabc\r\n0\r\nX: y\r\n\r\n',
  '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n',
];

function randomRequest(chance: Chance): string {
  const headers = Array.from({ length: chance.below(4) }, () => chance.of(HEADERS));
  if (chance.is(0.02)) headers.push(...Array.from({ length: FLOOD }, (_, i) => `X-${i}: ${i}`));
  const end = (): string => (chance.is(0.9) ? '\r\n' : chance.of(ENDS));
  const method = chance.is(0.7) ? chance.of(['GET', 'POST']) : chance.of(METHODS);
  const version = chance.is(0.85) ? 'HTTP/1.1' : chance.of(VERSIONS);
  const lines = [
    `${method} ${chance.of(TARGETS)} ${version}`,
    chance.is(0.7) ? 'Host: a' : chance.of(HOSTS),
    ...headers,
  ];
  const text = `${lines.map((line) => line + end()).join('')}${end()}${chance.of(BODIES)}`;
  const cut = chance.is(0.1) ? chance.below(text.length) : text.length;
  return text.slice(0, cut);
}

/** What came back until the other side closed, or within our patience. */
function exchange(url: string, text: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(Buffer.from(text, 'latin1')));
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

describe('the request parser', () => {
  let edge: TestEdge;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    edge = await startEdge();
    const closed = route(
      { kind: 'direct-response', status: 403, body: 'closed' },
      { match: { path: { prefix: '/smuggled' } } },
    );
    const all = route(forwardTo(CLUSTER, { timeoutMs: 1_000 }));
    await edge.publish(meshOf([closed, all], [cluster(CLUSTER, { kind: 'origin', urls: [upstream.url] })]), 1);
  });
  afterAll(async () => {
    await edge.stop();
    await upstream.close();
  });

  it('answers with HTTP or not at all, and goes on', { timeout: FUZZ_TIMEOUT_MS }, async () => {
    const statuses = new Map<string, number>();
    const rounds = await forAWhile(async (seed) => {
      const chance = new Chance(seed);
      const requests = Array.from({ length: AT_ONCE }, () => randomRequest(chance));
      for (const answer of await Promise.all(requests.map((request) => exchange(edge.url, request)))) {
        const status = answer === '' ? 'none' : (/^HTTP\/1\.[01] (\d{3}) /.exec(answer)?.[1] ?? 'not HTTP');
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      // Whatever was sent before, a proper request has its answer.
      const startMs = performance.now();
      expect((await send(`${edge.url}/fine`, { headers: { host: 'a' } })).status).toBe(200);
      expect(performance.now() - startMs).toBeLessThan(2_000);
    });
    expect(rounds).toBeGreaterThan(5);
    expect(statuses.get('not HTTP') ?? 0).toBe(0);
    for (const status of ['200', '400']) expect(statuses.get(status) ?? 0).toBeGreaterThan(0);
    // The edge itself never fails: what it cannot take it refuses.
    expect(edge.logs.filter((line) => line.includes('the edge cannot serve'))).toEqual([]);
    expect(edge.logs).not.toContain('restarted');
    // Every request within a request was judged by itself.
    expect(upstream.hits.get('/smuggled') ?? 0).toBe(0);
  });
});
