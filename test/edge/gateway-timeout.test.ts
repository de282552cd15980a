import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/control/up/hub.ts';
import { PassVerifier, sessionKeys } from '../../src/control/up/pass-verifier.ts';
import { open, send } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { cluster, forwardTo, meshOf, route } from './support/snapshot.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const APP = 'outbound|80||app.default.svc.cluster.local';
const TWO_WAYS = 'outbound|80||two-ways.default.svc.cluster.local';

/** One gateway behind the edge keeps a route's time; over two of them the edge does. */
describe.each([APP, TWO_WAYS])('a route’s timeout to %s', (name) => {
  let edge: TestEdge;
  let hub: Hub;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    const { privateJwk, publicKey } = await sessionKeys();
    hub = new Hub(new PassVerifier(publicKey, 'mesh-1'));
    const { address, port } = await hub.listen();
    const link = { url: `http://${address}:${port}` };
    const standIn = {
      service: 'app',
      namespace: 'default',
      port: 80,
      pod: 'app-1',
      labels: {},
      upstream: upstream.url,
    };
    hub.endpoints = new Map([APP, TWO_WAYS].map((key) => [key, [standIn]]));
    edge = await startEdge({
      MESH: 'mesh-1',
      EDGE_PASS_KEY: privateJwk,
      FORESAIL_LINKS: JSON.stringify({ clusters: { a: link, b: link } }),
    });
    const mark = { remove: [], apply: [{ name: 'x-marked', value: 'yes', append: false }] };
    const to = forwardTo(name, { timeoutMs: 300 });
    const clusters = [
      cluster(APP, { kind: 'link', clusters: ['a'] }),
      cluster(TWO_WAYS, { kind: 'link', clusters: ['a', 'b'] }),
    ];
    await edge.publish(meshOf([route(to, { responseHeaders: mark })], clusters), 1);
  });

  afterAll(async () => {
    await edge.stop();
    await hub.close();
    await upstream.close();
  });

  it('is Envoy’s 504, with the route’s headers and no service time of anybody', async () => {
    const { status, text, headers } = await send(`${edge.url}/hang`);
    expect({ status, text }).toEqual({ status: 504, text: 'upstream request timeout' });
    expect(headers).toMatchObject({ server: 'istio-envoy', 'x-marked': 'yes', 'content-type': 'text/plain' });
    expect(headers['x-envoy-upstream-service-time']).toBeUndefined();
    await expect.poll(() => edge.logs.join('\n')).toContain('"flag":"UT"');
  });

  it('cuts an answer off that has begun', async () => {
    const response = await open(`${edge.url}/hang-in-body`);
    expect(response.statusCode).toBe(200);
    await expect(response.toArray()).rejects.toThrow(/aborted|reset/);
  });

  it('starts with the end of the request', async () => {
    const slow = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new Uint8Array(3));
        await new Promise((resolve) => setTimeout(resolve, 700));
        controller.enqueue(new Uint8Array(4));
        controller.close();
      },
    });
    const response = await fetch(`${edge.url}/sink`, { method: 'POST', body: slow, duplex: 'half' } as RequestInit);
    expect([response.status, await response.text()]).toEqual([200, '7']);
  });
});
