import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type PassClaims, PassIssuer } from '../../src/edge/edge-pass.ts';
import type { OutboundCluster, OutboundEndpoint } from '../../src/mesh/outbound/outbound-cluster.ts';
import { type ClusterGatewayOptions, encodeClusterGateway } from '../../src/xds/cluster-gateway/cluster-gateway.ts';
import { freePorts } from '../agent/machine.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { type Answer, type Call, call, statusOf } from './support/client.ts';
import { EchoApp } from './support/echo-app.ts';
import { Proxies } from './support/proxies.ts';
import { GrpcApp, HangingApp, StreamApp } from './support/stream-apps.ts';

const SHOP = 'outbound|80|v3|frontend.default.svc.cluster.local';
const ADMIN = 'outbound|80||admin.default.svc.cluster.local';

interface EdgeKey {
  readonly privateJwk: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

async function edgeKey(kid: string): Promise<EdgeKey> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const [own, known] = await Promise.all([exportJWK(privateKey), exportJWK(publicKey)]);
  return { privateJwk: JSON.stringify({ ...own, kid }), publicJwk: { ...known, kid, alg: 'ES256' } };
}

/** A pass of the edge's own signer. */
async function pass(
  claims: Partial<PassClaims> = {},
  { key = keys[0], audience = 'mesh-1', issuer = 'foresail-edge', agoMs = 0 } = {},
): Promise<Record<string, string>> {
  const signer = new PassIssuer({ key: key?.privateJwk ?? '', issuer, audience, nowMs: () => Date.now() - agoMs });
  const whole = {
    dst: SHOP,
    auth: 'shop.example.com',
    ip: '203.0.113.7',
    sub: undefined,
    retry: undefined,
    timeoutMs: 0,
    ...claims,
  };
  return { 'x-foresail-pass': await signer.issue(whole, { waitUntil: () => {} }) };
}

const keys = await Promise.all([edgeKey('old'), edgeKey('new')]);
const stranger = await edgeKey('old');

function upstream(
  name: string,
  ports: readonly number[],
  protocol: OutboundCluster['protocol'] = 'http1',
): OutboundCluster {
  const endpoints = ports.map(
    (port): OutboundEndpoint => ({
      address: '127.0.0.1',
      port,
      weight: 1,
      meshTls: false,
      workload: 'frontend',
      namespace: 'default',
      labels: {},
    }),
  );
  return {
    name,
    service: { host: name.split('|')[3] ?? '', name: 'frontend', namespace: 'default' },
    port: { number: 80, protocol: 'HTTP' },
    subset: 'v3',
    discovery: { kind: 'endpoints' },
    endpoints: [{ locality: '', priority: 0, weight: 1, endpoints }],
    tls: { kind: 'none' },
    protocol,
    loadBalancer: { kind: 'round-robin' },
    localityWeighted: false,
    connectionPool: { connectTimeoutMs: 1_000 },
    origin: { kind: 'Service', namespace: 'default', name: 'frontend' },
  };
}

describeWithEnvoy('a real cluster gateway', (test) => {
  let proxies: Proxies;
  let shop: EchoApp;
  let admin: EchoApp;
  let stream: StreamApp;
  let grpc: GrpcApp;
  let hanging: HangingApp;
  let port = 0;

  beforeAll(async () => {
    [proxies, shop, admin, stream, grpc, hanging] = await Promise.all([
      Proxies.start(),
      EchoApp.start(),
      EchoApp.start(),
      StreamApp.start(),
      GrpcApp.start(),
      HangingApp.start(),
    ]);
    await serve();
  }, 60_000);

  afterAll(async () => {
    shop?.stop();
    admin?.stop();
    stream?.stop();
    grpc?.stop();
    hanging?.stop();
    await proxies?.end();
  });

  async function serve(changes: Partial<ClusterGatewayOptions> = {}): Promise<void> {
    [port = 0] = await freePorts(1);
    const [dead = 0] = await freePorts(1);
    const resources = encodeClusterGateway(
      {
        clusters: [
          upstream(SHOP, [shop.port]),
          upstream(ADMIN, [admin.port]),
          upstream(HALF, [shop.port, dead]),
          upstream(DEAD, [dead]),
          upstream(STREAM, [stream.port]),
          upstream(GRPC, [grpc.port], 'http2'),
          upstream(HANGING, [hanging.port]),
        ],
        settings: {
          pathNormalization: 'BASE',
          trustDomain: 'cluster.local',
          numTrustedProxies: 0,
          serverHeader: 'istio-envoy',
          identity: 'spiffe://cluster.local/ns/istio-system/sa/gateway',
        },
      },
      {
        bind: { address: '127.0.0.1', port },
        audience: 'mesh-1',
        keys: keys.map(({ publicJwk }) => publicJwk),
        ...changes,
      },
    );
    expect(await proxies.load('gateway', resources)).toEqual([]);
  }

  const HALF = 'outbound|80||half.default.svc.cluster.local';
  const DEAD = 'outbound|80||dead.default.svc.cluster.local';
  const STREAM = 'outbound|80||stream.default.svc.cluster.local';
  const GRPC = 'outbound|80||grpc.default.svc.cluster.local';

  const HANGING = 'outbound|80||hanging.default.svc.cluster.local';

  async function enter(headers: Record<string, string>, options: Partial<Call> = {}): Promise<Answer> {
    const answer = await call({ port, headers: { host: 'edge.internal', ...headers }, ...options });
    if (answer === 'refused') throw new Error('the gateway has closed the connection');
    return answer;
  }

  describe('with a pass', () => {
    test('goes to where the pass says, under the authority that it says', async () => {
      const answer = await enter(await pass(), { path: '/cart?x=1', method: 'POST', body: 'two' });
      expect(answer).toMatchObject({ status: 200, headers: { server: 'istio-envoy' } });
      expect(answer.echoed).toMatchObject({ method: 'POST', path: '/cart?x=1', body: 'two' });
      expect(answer.echoed?.headers.host).toBe('shop.example.com');
    });

    test('leaves nothing of the pass for the application', async () => {
      const { echoed } = await enter(await pass({ retry: { 'x-envoy-max-retries': '1', 'x-envoy-retry-on': '5xx' } }));
      const names = Object.keys(echoed?.headers ?? {});
      expect(names.filter((name) => /^x-foresail|retr/.test(name))).toEqual([]);
    });

    test('keeps what the edge says of the client', async () => {
      const { echoed } = await enter({
        ...(await pass()),
        'x-forwarded-for': '10.0.0.1,203.0.113.7',
        'x-forwarded-proto': 'https',
        'x-request-id': 'f1d2d2f9-24e9-46ac-8064-67f916863bf9',
        'x-envoy-external-address': '6.6.6.6',
        'x-envoy-original-path': '/before',
      });
      expect(echoed?.headers).toMatchObject({
        'x-forwarded-for': '10.0.0.1,203.0.113.7',
        'x-forwarded-proto': 'https',
        'x-request-id': 'f1d2d2f9-24e9-46ac-8064-67f916863bf9',
        'x-envoy-external-address': '203.0.113.7',
        'x-envoy-original-path': '/before',
      });
    });

    test('takes either key while they rotate', async () => {
      for (const key of keys) expect((await enter(await pass({}, { key }))).status).toBe(200);
    });

    test('is not moved by what the request says of itself', async () => {
      const answer = await enter({
        ...(await pass({ dst: ADMIN, auth: 'admin.example.com' })),
        'x-foresail-destination': SHOP,
        'x-foresail-original-path': '/evil',
        'x-envoy-max-retries': '99',
        'x-envoy-decorator-operation': 'evil',
        'x-forwarded-client-cert': 'URI=spiffe://cluster.local/ns/default/sa/evil',
      });
      expect(answer.echoed?.headers.host).toBe('admin.example.com');
      const names = Object.keys(answer.echoed?.headers ?? {});
      expect(names.filter((name) => /^x-foresail|retr|decorator|client-cert/.test(name))).toEqual([]);
    });

    test('speaks HTTP/2 too', async () => {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      const stream = session.request({ ':path': '/h2', ...(await pass()) });
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      session.close();
      expect(JSON.parse(Buffer.concat(chunks).toString('utf8'))).toMatchObject({
        path: '/h2',
        headers: { host: 'shop.example.com' },
      });
    });
  });

  describe('the time of a route', () => {
    test('is kept as the pass says: Envoy’s 504, which has no service time', async () => {
      const { status, body, headers } = await enter(await pass({ dst: HANGING, timeoutMs: 200 }));
      expect({ status, body }).toEqual({ status: 504, body: 'upstream request timeout' });
      expect(headers.server).toBe('istio-envoy');
      expect(headers['x-envoy-upstream-service-time']).toBeUndefined();
    });

    test('holds to the end of the answer', async () => {
      const headers = await pass({ dst: HANGING, timeoutMs: 200 });
      const response = await fetch(`http://127.0.0.1:${port}/half`, { headers });
      expect(response.status).toBe(200);
      await expect(response.text()).rejects.toThrow();
    });

    test('is not the client’s to say, and told to the application as the gateway’s', async () => {
      const own = { 'x-envoy-upstream-rq-timeout-ms': '1', 'x-envoy-expected-rq-timeout-ms': '60000' };
      const { status, echoed } = await enter({ ...(await pass({ timeoutMs: 60_000 })), ...own });
      expect(status).toBe(200);
      expect(echoed?.headers['x-envoy-expected-rq-timeout-ms']).toBe('60000');
      expect(echoed?.headers['x-envoy-upstream-rq-timeout-ms']).toBeUndefined();
    });
  });

  describe('both ways', () => {
    test('streams: what has been sent arrives before the rest', async () => {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      const stream = session.request({ ':path': '/', ':method': 'POST', ...(await pass({ dst: STREAM })) });
      for (const word of ['one', 'two', 'three']) {
        stream.write(word);
        const [chunk] = await once(stream, 'data');
        expect(String(chunk)).toBe(word);
      }
      stream.end();
      await once(stream, 'end');
      session.close();
    });

    test('speaks HTTP/2 to services of gRPC, trailers included', async () => {
      const session = connectHttp2(`http://127.0.0.1:${port}`);
      const headers = { 'content-type': 'application/grpc', te: 'trailers', ...(await pass({ dst: GRPC })) };
      const stream = session.request({ ':path': '/echo.Echo/Say', ':method': 'POST', ...headers });
      const trailers = once(stream, 'trailers');
      stream.end('hello');
      let body = '';
      for await (const chunk of stream) body += String(chunk);
      expect(body).toBe('/echo.Echo/Say hello');
      expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
      session.close();
    });

    test('lets WebSockets through', async () => {
      const socket = connectTcp(port, '127.0.0.1');
      const { 'x-foresail-pass': token } = await pass({ dst: STREAM });
      const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
      const lines = ['GET /ws HTTP/1.1', 'Host: edge', ...upgrade, `X-Foresail-Pass: ${token}`, '', ''];
      socket.write(lines.join('\r\n'));
      const [head] = await once(socket, 'data');
      expect(String(head)).toMatch(/^HTTP\/1\.1 101 /);
      socket.write('frame');
      const [frame] = await once(socket, 'data');
      expect(String(frame)).toBe('frame');
      socket.destroy();
    });
  });

  describe('with TLS', () => {
    test('asks the edge for its certificate, of the CA that it is told', async () => {
      const other = await Proxies.start();
      try {
        const worker = { namespace: 'edge', serviceAccount: 'worker' };
        const { roots, edge, neighbour, stranger } = {
          roots: other.machine.ca.bundle.pem,
          edge: await other.credentials(worker),
          neighbour: await other.credentials({ ...worker, serviceAccount: 'web' }),
          stranger: await proxies.credentials(worker),
        };
        await serve({ tls: { roots, identity: 'spiffe://cluster.local/ns/edge/sa/worker' } });
        const alpn = ['http/1.1'];
        const { ca } = stranger;
        expect((await enter(await pass(), { tls: { ...edge, ca }, alpn })).status).toBe(200);
        expect((await enter({}, { tls: { ...edge, ca }, alpn })).status, 'a certificate is no pass').toBe(401);
        expect(await statusOf({ port, tls: { ca }, alpn, headers: await pass() }), 'no certificate').toBe('refused');
        for (const tls of [stranger, { ...neighbour, ca }]) {
          expect(await statusOf({ port, tls, alpn, headers: await pass() })).toBe('refused');
        }
        expect(await statusOf({ port, headers: await pass() })).toBe('refused');
      } finally {
        await other.end();
        await serve();
      }
    });
  });

  describe('refuses', () => {
    test('what has no pass', async () => {
      expect(await enter({})).toMatchObject({ status: 401, body: 'Jwt is missing' });
    });

    test('a pass that has expired', async () => {
      expect(await enter(await pass({}, { agoMs: 90_000 }))).toMatchObject({ status: 401, body: 'Jwt is expired' });
    });

    test('a pass from the future, whose clock is far ahead', async () => {
      const { status } = await enter(await pass({}, { agoMs: -300_000 }));
      expect(status).toBe(401);
    });

    test('a pass of somebody else’s key', async () => {
      expect(await enter(await pass({}, { key: stranger }))).toMatchObject({
        status: 401,
        body: 'Jwt verification fails',
      });
    });

    test('a pass that was changed on the way', async () => {
      const token = (await pass())['x-foresail-pass'] ?? '';
      const [header = '', payload = '', signature = ''] = token.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
      const changed = Buffer.from(JSON.stringify({ ...claims, dst: ADMIN })).toString('base64url');
      const { status } = await enter({ 'x-foresail-pass': `${header}.${changed}.${signature}` });
      expect(status).toBe(401);
      const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
      expect((await enter({ 'x-foresail-pass': `${none}.${payload}.` })).status).toBe(401);
    });

    test('a pass for another mesh, or of another issuer', async () => {
      const other = await enter(await pass({}, { audience: 'mesh-2' }));
      expect(other).toMatchObject({ status: 403, body: 'Audiences in Jwt are not allowed' });
      expect((await enter(await pass({}, { issuer: 'https://issuer.test' }))).status).toBe(401);
    });

    test('a pass that never ends, or lives too long', async () => {
      const key = await importJWK(JSON.parse(keys[0]?.privateJwk ?? '{}'), 'ES256');
      const token = (claims: Record<string, unknown>) =>
        new SignJWT({ dst: SHOP, auth: 'a', ip: '', ...claims })
          .setProtectedHeader({ alg: 'ES256', kid: 'old' })
          .setIssuer('foresail-edge')
          .setAudience('mesh-1')
          .setIssuedAt()
          .sign(key);
      expect((await enter({ 'x-foresail-pass': await token({}) })).status).toBe(401);
      const exp = Math.floor(Date.now() / 1000) + 3_600;
      expect((await enter({ 'x-foresail-pass': await token({ exp }) })).status).toBe(401);
    });

    test('to go where there is no cluster', async () => {
      for (const dst of ['outbound|80||nowhere.default.svc.cluster.local', 'sds-grpc-no', '']) {
        expect((await enter(await pass({ dst }))).status, dst).toBe(503);
      }
    });

    test('to take a replayed pass to another destination', async () => {
      const replayed = await pass();
      const answer = await enter(
        { ...replayed, host: 'admin.example.com', 'x-foresail-destination': ADMIN },
        { path: '/admin' },
      );
      expect(answer.echoed?.headers.host, 'it goes where it says').toBe('shop.example.com');
    });
  });

  describe('retries', () => {
    test('by the mesh’s default what never reached the application', async () => {
      const statuses = await Promise.all(
        Array.from({ length: 8 }, async () => (await enter(await pass({ dst: HALF }))).status),
      );
      expect(new Set(statuses)).toEqual(new Set([200]));
    });

    test('as often as the pass says', async () => {
      const count = async (retry: PassClaims['retry']): Promise<number> => {
        const name = `cluster.${DEAD}.upstream_rq_retry`;
        const at = async (): Promise<number> => (await proxies.stats('gateway', 'upstream_rq_retry'))[name] ?? 0;
        const first = await at();
        expect((await enter(await pass({ dst: DEAD, retry }))).status).toBe(503);
        return (await at()) - first;
      };
      expect(await count(undefined)).toBe(2);
      expect(await count({ 'x-envoy-max-retries': '5', 'x-envoy-retry-on': 'connect-failure' })).toBe(5);
      expect(await count({ 'x-envoy-max-retries': '5', 'x-envoy-retry-on': 'retriable-4xx' })).toBe(0);
      expect(await count({ 'x-envoy-max-retries': '0' })).toBe(0);
    });
  });
});
