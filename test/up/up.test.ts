import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { deployment, routes, SHOP, TO_V1, TO_V2 } from './support/mesh.ts';
import { UpProcess } from './support/up-process.ts';

const HOST = { host: 'shop.localhost' };

describe('foresail up', () => {
  let up: UpProcess;
  let edge: string;
  let real: Server;

  beforeAll(async () => {
    real = createServer((request, response) => {
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.end(`real ${request.headers.host} ${request.url} ${'x-foresail-pass' in request.headers}`);
    });
    real.listen(0, '127.0.0.1');
    await once(real, 'listening');
    const realUrl = `http://127.0.0.1:${(real.address() as AddressInfo).port}`;
    up = new UpProcess({
      'shop.yaml': SHOP,
      'routes.yaml': routes(
        `{ match: [{ uri: { prefix: /v2 } }], rewrite: { uri: /new }, ${TO_V2} }`,
        '{ match: [{ uri: { prefix: /real } }], route: [{ destination: { host: shop, subset: v3 } }] }',
        '{ match: [{ uri: { prefix: /down } }], route: [{ destination: { host: shop, subset: v4 } }] }',
        '{ match: [{ uri: { prefix: /nowhere } }], route: [{ destination: { host: nowhere } }] }',
        '{ match: [{ uri: { prefix: /external } }], route: [{ destination: { host: local.example.com } }] }',
        '{ match: [{ uri: { prefix: /far } }], route: [{ destination: { host: far.example.com } }] }',
        TO_V1,
      ),
      'real.yaml': `${deployment('v3', `{ foresail.dev/upstream: "${realUrl}" }`)}
---
${deployment('v4', '{ foresail.dev/upstream: "http://127.0.0.1:9" }')}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop-real }
spec: { host: shop, subsets: [{ name: v3, labels: { version: v3 } }, { name: v4, labels: { version: v4 } }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: local }
spec:
  hosts: [local.example.com]
  ports: [{ number: 80, name: http, protocol: HTTP, targetPort: ${(real.address() as AddressInfo).port} }]
  resolution: STATIC
  endpoints: [{ address: 127.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: far }
spec:
  hosts: [far.example.com]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: DNS
`,
    });
    ({ edge } = await up.ready());
  });

  afterAll(async () => {
    await up[Symbol.asyncDispose]();
    real.close();
  });

  const get = (path: string, headers: Record<string, string> = {}) =>
    send(edge + path, { headers: { ...HOST, ...headers } });

  it('says when it is ready, in one line', async () => {
    const ready = await up.ready();
    expect(ready).toMatchObject({ ready: true, version: 1, findings: [] });
    expect(ready.edge).toMatch(/^http:\/\/localhost:\d+$/);
    expect(ready.upstreams).toContainEqual(
      expect.objectContaining({ cluster: 'outbound|80|v2|shop.default.svc.cluster.local', pods: ['shop-v2'] }),
    );
  });

  it('stands in for the services, which say what arrived', async () => {
    const { status, text, headers } = await send(`${edge}/a%20b?q=1&q=2`, {
      method: 'POST',
      body: 'hello',
      headers: { ...HOST, 'X-Two': ['1', '2'], 'cf-connecting-ip': '203.0.113.9', 'x-foresail-pass': 'forged' },
    });
    expect(status).toBe(200);
    expect(headers.server).toBe('istio-envoy');
    const told = JSON.parse(text);
    expect(told).toMatchObject({
      service: 'shop',
      namespace: 'default',
      port: 80,
      pod: 'shop-v1',
      labels: { app: 'shop', version: 'v1' },
      method: 'POST',
      path: '/a%20b?q=1&q=2',
      authority: 'shop.localhost',
      bodyBytes: 5,
    });
    expect(told.headers['x-forwarded-for']).toEqual(['203.0.113.9']);
    expect(told.headers['x-two']).toEqual(['1', '2']);
    expect(Object.keys(told.headers).filter((name) => name.startsWith('x-foresail-'))).toEqual([]);
    expect(JSON.parse((await get('/v2/x?y')).text)).toMatchObject({ pod: 'shop-v2', path: '/new/x?y' });
  });

  it('lets requests steer a stand-in', async () => {
    expect((await get('/?__status=503')).status).toBe(503);
    const startedMs = performance.now();
    await get('/?__delayMs=300');
    expect(performance.now() - startedMs).toBeGreaterThan(290);
    expect((await get('/', { 'x-echo-set-header': 'x-a:1,x-b: two' })).headers).toMatchObject({
      'x-a': '1',
      'x-b': 'two',
    });
    const head = await send(edge, { method: 'HEAD', headers: HOST });
    expect(head).toMatchObject({ status: 200, text: '' });
  });

  it('puts real servers where an annotation or a loopback endpoint says so', async () => {
    expect(await get('/real/x?y=1')).toMatchObject({ status: 200, text: 'real shop.localhost /real/x?y=1 false' });
    expect((await get('/real')).headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect((await get('/external')).text).toContain('real shop.localhost');
    const { status, text } = await get('/down');
    expect(status).toBe(503);
    expect(text).toMatch(
      /^upstream connect error or disconnect\/reset before headers\. reset reason: remote connection/,
    );
    expect(JSON.parse((await get('/far')).text)).toMatchObject({ service: 'far.example.com', port: 80 });
  });

  it('answers what is missing as Istio does', async () => {
    expect(await get('/nowhere')).toMatchObject({ status: 503, text: '' });
    expect(await send(edge, { headers: { host: 'unknown.example' } })).toMatchObject({ status: 404, text: '' });
  });

  it('stands for every plaintext port of the Gateways', async () => {
    expect((await send(edge, { headers: { host: 'alt.localhost' } })).status).toBe(200);
  });

  it('refuses requests with too many headers, as Envoy does', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-h${i}`, '1']));
    expect((await get('/', many)).status).toBe(431);
  });

  it('echoes WebSockets', async () => {
    const request = httpRequest(`${edge}/ws`, {
      headers: {
        ...HOST,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
    }).end();
    const [response, socket] = await once(request, 'upgrade');
    expect(response.statusCode).toBe(101);
    // A masked text frame, the mask all zeros (RFC 6455 §5.2).
    socket.write(Buffer.from([0x81, 0x82, 0, 0, 0, 0, ...Buffer.from('hi')]));
    const [frame] = await once(socket, 'data');
    expect(frame).toEqual(Buffer.from([0x81, 2, ...Buffer.from('hi')]));
    socket.destroy();
  });
});

describe('an edit', () => {
  it('is live for the next request, within a second of its saving', async () => {
    await using up = new UpProcess({ 'shop.yaml': SHOP, 'routes.yaml': routes(TO_V1) });
    const { edge } = await up.ready();
    const pod = async () => JSON.parse((await send(edge, { headers: HOST })).text).pod;
    expect(await pod()).toBe('shop-v1');
    const tookMs: number[] = [];
    for (const [rule, wanted] of [
      [TO_V2, 'shop-v2'],
      [TO_V1, 'shop-v1'],
      [TO_V2, 'shop-v2'],
    ] as const) {
      const startedMs = performance.now();
      const known = up.lines.length;
      up.write('routes.yaml', routes(rule));
      await up.until(() => up.lines.length > known);
      expect(await pod()).toBe(wanted);
      tookMs.push(Math.round(performance.now() - startedMs));
    }
    console.log(`edits were live after ${tookMs.join(', ')} ms`);
    expect(Math.min(...tookMs)).toBeLessThan(1_000);
    expect(up.lines.slice(1)).toMatchObject([{ version: 2 }, { version: 3 }, { version: 4 }]);
  });

  it('that breaks an object is reported, and its last good version goes on', async () => {
    await using up = new UpProcess({ 'shop.yaml': SHOP, 'routes.yaml': routes(TO_V1) });
    const { edge } = await up.ready();
    up.write('routes.yaml', routes('route: [{ destination: { hots: shop } }]'));
    await up.until(() => up.stdout.includes('hots') || up.stderr.includes('hots'));
    expect((await send(edge, { headers: HOST })).status).toBe(200);
    up.write('routes.yaml', routes(TO_V2));
    await up.until(async () => (await send(edge, { headers: HOST })).text.includes('shop-v2'));
  });
});

describe('flags', () => {
  it('--echo-missing stands in for what nothing declares, --gateway-port says where requests arrive', async () => {
    const files = {
      'gateway.yaml': SHOP.split('---')[0] ?? '',
      'routes.yaml': routes(
        '{ match: [{ uri: { prefix: /sub } }], route: [{ destination: { host: ghost, subset: v9, port: { number: 9000 } } }] }',
        'route: [{ destination: { host: api.example.com } }]',
      ),
    };
    await using up = new UpProcess(files, [
      ...['-o', 'json', '--edge-port', '0', '--echo-missing', '--gateway-port', '8080', '-n', 'web'],
    ]);
    const { edge } = await up.ready();
    expect((await send(edge, { headers: HOST })).status).toBe(404);
    const alt = { headers: { host: 'alt.localhost' } };
    expect(JSON.parse((await send(`${edge}/sub`, alt)).text)).toMatchObject({
      service: 'ghost',
      namespace: 'web',
      port: 9000,
      labels: { version: 'v9' },
    });
    expect(JSON.parse((await send(edge, alt)).text)).toMatchObject({ service: 'api.example.com', port: 80 });
  });
});
