/**
 * Raw bytes against the edge in workerd, while others are served. Also tested: random broken requests
 * (test/fuzz/request-parser.test.ts), tokens of every kind in the engine (test/engine/jwt/hostile.test.ts), who gets through
 * the cluster gateway and its own parser (test/xds/cluster-gateway.test.ts: no pass, forged, expired, of another mesh, X-Forwarded-Client-Cert),
 * targets that are too long and 500 headers (test/edge/requests.test.ts), a live edge that explains (test/runtime/explanations.ts).
 */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { generateSigningKey, publicKeyText } from '../../src/snapshot/keys.ts';
import { send } from '../edge/support/client.ts';
import { startEdge, type TestEdge } from '../edge/support/edge.ts';
import { startUpstream, type Upstream } from '../edge/support/upstream.ts';
import { base64url, hmacToken, type TestKey, testKey } from '../engine/jwt/support.ts';
import { SteadyLoad } from './support/steady-load.ts';

const ISSUER = 'https://issuer.example';
/** A request that is not whole waits for its rest; one that is has its answer by then. */
const PATIENCE_MS = 150;
let edge: TestEdge;
let upstream: Upstream;
let load: SteadyLoad;
let key: TestKey;

beforeAll(async () => {
  upstream = await startUpstream();
  key = await testKey('RS256');
  edge = await startEdge({ DEBUG_PUBLIC_KEY: await publicKeyText(await generateSigningKey()) });
  await edge.publish(mesh(Number(new URL(upstream.url).port)), 1);
  load = SteadyLoad.start({
    url: edge.url,
    next: (n) => ({ path: `/own/${n}`, host: 'shop.example.com' }),
    // An answer that is somebody else's would be the proof of smuggling.
    isGood: (status, body, { path }) => status === 200 && (JSON.parse(body) as { url: unknown }).url === path,
  });
});

afterAll(async () => {
  const { failures, answered } = await load.stop();
  await edge.stop();
  await upstream.close();
  expect({ failures }).toEqual({ failures: {} });
  expect(answered).toBeGreaterThan(100);
});

function mesh(upstreamPort: number) {
  const objects = [
    [
      'networking.istio.io/v1',
      'Gateway',
      'web',
      {
        selector: { istio: 'ingressgateway' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    ],
    [
      'networking.istio.io/v1',
      'ServiceEntry',
      'shop',
      {
        hosts: ['up.example.com'],
        location: 'MESH_EXTERNAL',
        resolution: 'STATIC',
        ports: [{ number: upstreamPort, name: 'http', protocol: 'HTTP' }],
        endpoints: [{ address: '127.0.0.1' }],
      },
    ],
    [
      'networking.istio.io/v1',
      'VirtualService',
      'shop',
      {
        hosts: ['shop.example.com'],
        gateways: ['istio-system/web'],
        http: [{ route: [{ destination: { host: 'up.example.com' } }] }],
      },
    ],
    [
      'security.istio.io/v1',
      'RequestAuthentication',
      'jwt',
      { jwtRules: [{ issuer: ISSUER, jwks: JSON.stringify({ keys: [key.jwk] }) }] },
    ],
    [
      'security.istio.io/v1',
      'AuthorizationPolicy',
      'closed',
      { action: 'DENY', rules: [{ to: [{ operation: { ports: ['80'], paths: ['/closed*'] } }] }] },
    ],
    [
      'security.istio.io/v1',
      'AuthorizationPolicy',
      'members',
      {
        action: 'DENY',
        rules: [
          {
            from: [{ source: { notRequestPrincipals: ['*'] } }],
            to: [{ operation: { ports: ['80'], paths: ['/members*'] } }],
          },
        ],
      },
    ],
  ] as const;
  const text = objects
    .map(([apiVersion, kind, name, spec]) =>
      JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'istio-system' }, spec }),
    )
    .join('\n---\n');
  const { resources, findings } = parseYaml(text, { file: 'hostile.yaml' });
  if (findings.some(({ level }) => level === 'Error')) throw new Error(JSON.stringify(findings));
  return compileMesh(resources).mesh.edge;
}

/** What came back until the other side closed, or within our patience. */
function exchange(bytes: string): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(edge.url).port), '127.0.0.1', () =>
      socket.write(Buffer.from(bytes, 'latin1')),
    );
    let timer = setTimeout(() => socket.destroy(), 20 * PATIENCE_MS);
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
      clearTimeout(timer);
      timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}

const INNER = 'GET /closed/inner HTTP/1.1\r\nHost: shop.example.com\r\n\r\n';
const HEAD = 'POST /open HTTP/1.1\r\nHost: shop.example.com\r\n';

describe('a request in a request never gets past the policy:', () => {
  it.each([
    ['CL.TE', `${HEAD}Content-Length: ${INNER.length + 5}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`],
    [
      'TE.CL',
      `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${INNER.length.toString(16)}\r\n${INNER}\r\n0\r\n\r\n`,
    ],
    [
      'TE.TE, one of them hidden',
      `${HEAD}Transfer-Encoding: xchunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    [
      'a space before the colon',
      `${HEAD}Transfer-Encoding : chunked\r\nContent-Length: ${INNER.length + 5}\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    [
      'a vertical tab in the value',
      `${HEAD}Transfer-Encoding: \u000bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    ['two lengths', `${HEAD}Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`],
    ['a list of lengths', `${HEAD}Content-Length: 0, ${INNER.length}\r\n\r\n${INNER}`],
    ['a length with a sign', `${HEAD}Content-Length: +${INNER.length}\r\n\r\n${INNER}`],
    ['a length beyond 64 bits', `${HEAD}Content-Length: 18446744073709551616\r\n\r\n${INNER}`],
    ['a negative length', `${HEAD}Content-Length: -1\r\n\r\n${INNER}`],
    ['a chunk size beyond 64 bits', `${HEAD}Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n${INNER}`],
    ['a chunk size with a newline of its own', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0\n\r\n${INNER}`],
    ['a chunk extension with a newline', `${HEAD}Transfer-Encoding: chunked\r\n\r\n0;\nx\r\n\r\n${INNER}`],
    ['an obs-fold', `${HEAD}X: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${INNER}`],
    [
      'a folded transfer-encoding',
      `${HEAD}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    ['a bare CR', `${HEAD}X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${INNER}`],
    ['bare LFs', `${HEAD.replaceAll('\r', '')}Content-Length: 0\n\n${INNER}`],
    ['a NUL in a value', `${HEAD}X: a\u0000b\r\nContent-Length: 0\r\n\r\n${INNER}`],
    ['a NUL in a name', `${HEAD}Content-Length\u0000: 5\r\n\r\n${INNER}`],
    [
      'a GET with a body',
      `GET /open HTTP/1.1\r\nHost: shop.example.com\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
    ],
    [
      'HTTP/1.0 with chunks',
      `POST /open HTTP/1.0\r\nHost: shop.example.com\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
    ],
    [
      'Connection names Content-Length',
      `${HEAD}Connection: Content-Length\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
    ],
    [
      'an upgrade to HTTP/2',
      `GET /open HTTP/1.1\r\nHost: shop.example.com\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n${INNER}`,
    ],
    ['a target with a line of its own', `GET /open HTTP/1.1\r\nHost: shop.example.com\r\n\r\n${INNER}`],
    ['HTTP/0.9', `GET /closed\r\n\r\n`],
    ['CONNECT', `CONNECT shop.example.com:80 HTTP/1.1\r\nHost: shop.example.com\r\n\r\n${INNER}`],
  ])('%s', async (_, bytes) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(/^(HTTP\/1\.[01] \d{3} |$)/);
    await sleep(0);
    expect([...upstream.hits.keys()].filter((path) => path.startsWith('/closed'))).toEqual([]);
  });
});

describe('a Host', () => {
  it.each([
    ['twice', 'Host: shop.example.com\r\nHost: other.example\r\n'],
    ['twice, the other first', 'Host: other.example\r\nHost: shop.example.com\r\n'],
    ['with a path', 'Host: shop.example.com/../closed\r\n'],
    ['with a user', 'Host: shop.example.com@other.example\r\n'],
    ['with a comma', 'Host: other.example, shop.example.com\r\n'],
    ['with a NUL', 'Host: shop.example.com\u0000.other.example\r\n'],
    ['folded', 'Host: other.example\r\n shop.example.com\r\n'],
    ['missing', ''],
  ])('%s leads to no host of the mesh that it does not name alone', async (_, host) => {
    const answer = await exchange(`GET /host-trick HTTP/1.1\r\n${host}Connection: close\r\n\r\n`);
    expect(answer).toMatch(/^(HTTP\/1\.[01] 4\d\d |$)/);
    expect(upstream.hits.get('/host-trick')).toBeUndefined();
  });
});

describe('a flood', () => {
  it.each([
    ['of ten thousand headers', `${HEAD}${Array.from({ length: 10_000 }, (_, i) => `X-${i}: ${i}\r\n`).join('')}\r\n`],
    ['of a header of a megabyte', `${HEAD}X: ${'a'.repeat(1024 * 1024)}\r\n\r\n`],
    ['of a name of a megabyte', `${HEAD}${'X'.repeat(1024 * 1024)}: a\r\n\r\n`],
    ['of one header fifty thousand times', `${HEAD}${'Cookie: a=b\r\n'.repeat(50_000)}\r\n`],
    ['of empty lines', `${'\r\n'.repeat(100_000)}`],
    ['of a method without an end', 'A'.repeat(1024 * 1024)],
    ['of a thousand requests at once', 'GET /closed HTTP/1.1\r\nHost: shop.example.com\r\n\r\n'.repeat(1_000)],
  ])('%s is refused or answered, and others are served', async (_, bytes) => {
    const answer = await exchange(bytes);
    expect(answer).toMatch(/^(HTTP\/1\.[01] [234]\d\d |$)/);
    await load.more(10);
  });
});

describe('a token', () => {
  const claims = { iss: ISSUER, sub: 'ann', exp: Math.floor(Date.now() / 1000) + 600 };
  const attack = (authorization: string) =>
    send(`${edge.url}/members`, { headers: { host: 'shop.example.com', authorization } });

  it('that is good lets in', async () => {
    expect((await attack(`Bearer ${await key.sign(claims)}`)).status).toBe(200);
    expect((await send(`${edge.url}/members`, { headers: { host: 'shop.example.com' } })).status).toBe(403);
  });

  it('of an attacker lets nobody in, end to end', async () => {
    const { n = '' } = key.jwk;
    const good = await key.sign(claims);
    const [head = '', payload = '', signature = ''] = good.split('.');
    const stranger = await testKey('RS256');
    const own = { kty: 'oct', k: base64url('mine') };
    const attacks: Record<string, string> = {
      'alg none': `${base64url('{"alg":"none"}')}.${payload}.`,
      'alg none with the old signature': `${base64url('{"alg":"none"}')}.${payload}.${signature}`,
      'the public key as a secret': await hmacToken(n, { alg: 'HS256', kid: 'key-1' }, claims),
      'the JWK as a secret': await hmacToken(JSON.stringify(key.jwk), { alg: 'HS256', kid: 'key-1' }, claims),
      'another key of the same id': await stranger.sign(claims),
      'a key brought along': await hmacToken('mine', { alg: 'HS256', jwk: own }, claims),
      'a key set brought along': await hmacToken('mine', { alg: 'HS256', jku: `${upstream.url}/jku` }, claims),
      'a certificate brought along': await hmacToken('mine', { alg: 'RS256', x5u: `${upstream.url}/x5u` }, claims),
      'a path as key id': await hmacToken('\u0000', { alg: 'HS256', kid: '../../../../dev/null' }, claims),
      'SQL as key id': await hmacToken('\u0000', { alg: 'HS256', kid: "' UNION SELECT 'mine" }, claims),
      'another payload': `${head}.${base64url(JSON.stringify({ ...claims, sub: 'admin' }))}.${signature}`,
      'no signature': `${head}.${payload}.`,
      'two signatures': `${good}.${signature}`,
      'a token of 60 kB': `${head}.${payload}${'A'.repeat(60_000)}.${signature}`,
      nesting: await hmacToken(
        'mine',
        { alg: 'HS256' },
        `{"iss":"${ISSUER}","x":${'['.repeat(9_000)}${']'.repeat(9_000)}}`,
      ),
      expired: await key.sign({ ...claims, exp: 1 }),
      'of another issuer': await key.sign({ ...claims, iss: 'https://evil.example' }),
    };
    for (const [what, token] of Object.entries(attacks)) {
      const { status, text } = await attack(`Bearer ${token}`);
      expect([what, [400, 401, 403, 431].includes(status)]).toEqual([what, true]);
      if (signature !== '') expect(text).not.toContain(signature);
    }
    expect([...upstream.hits.keys()].filter((path) => path === '/jku' || path === '/x5u')).toEqual([]);
  });
});

describe('what is not theirs', () => {
  const ask = (path: string, headers: Record<string, string> = {}) =>
    send(`${edge.url}${path}`, { headers: { host: 'shop.example.com', ...headers } });

  it('the admin pages, without the token: the mesh has their paths, or they are refused', async () => {
    for (const path of ['/_foresail/config', '/_foresail/../_foresail/config', '/_foresail%2fconfig']) {
      const { status, text } = await ask(path, { authorization: 'Bearer guess' });
      expect([401, 200]).toContain(status);
      expect(text).not.toContain('"gateway"');
    }
  });

  it('explanations, without a debug token: the mesh has the path', async () => {
    const guesses: Record<string, string>[] = [
      {},
      { authorization: 'Bearer x' },
      { authorization: `Bearer ${base64url('{"alg":"none"}')}.e30.` },
    ];
    for (const headers of guesses) {
      const { text } = await ask('/.well-known/foresail/explain?url=http://shop.example.com/closed', headers);
      expect(text).not.toContain('AuthorizationPolicy');
    }
  });

  it('headers by which somebody could pass for another do not reach the upstream', async () => {
    const forged = {
      'x-foresail-pass': 'eyJhbGciOiJub25lIn0.e30.',
      'x-forwarded-client-cert':
        'By=spiffe://cluster.local/ns/a/sa/b;URI=spiffe://cluster.local/ns/istio-system/sa/admin',
      'x-envoy-internal': 'true',
      'x-envoy-original-path': '/closed',
      'x-envoy-external-address': '10.0.0.1',
      'x-envoy-max-retries': '1000',
      'x-forwarded-proto': 'https',
    };
    const { text } = await ask('/forged', forged);
    const { headers } = JSON.parse(text) as { readonly headers: Record<string, string[]> };
    for (const name of [
      'x-foresail-pass',
      'x-forwarded-client-cert',
      'x-envoy-internal',
      'x-envoy-original-path',
      'x-envoy-max-retries',
    ]) {
      expect([name, headers[name]]).toEqual([name, undefined]);
    }
    expect(headers['x-envoy-external-address']).not.toContain('10.0.0.1');
    expect(headers['x-forwarded-proto']).toEqual(['http']);
  });

  /** Cloudflare sets this header and takes no client's; on a workerd or Deno of one's own a proxy in front has to. */
  it('addresses: X-Forwarded-For is only added to, the platform’s header alone counts', async () => {
    const { text } = await ask('/address', {
      'x-forwarded-for': '10.0.0.1',
      'x-real-ip': '10.0.0.1',
      'true-client-ip': '10.0.0.1',
    });
    const { headers } = JSON.parse(text) as { readonly headers: Record<string, string[]> };
    expect(headers['x-forwarded-for']).toEqual(['10.0.0.1,127.0.0.1']);
    expect(headers['x-envoy-external-address']).toEqual(['127.0.0.1']);
  });
});
