import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PassVerifier, sessionKeys } from '../../src/control/up/pass-verifier.ts';
import { PassIssuer } from '../../src/edge/edge-pass.ts';
import { send } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { cluster, forwardTo, meshOf, route } from './support/snapshot.ts';

const CLUSTER = 'outbound|80|v3|frontend.default.svc.cluster.local';
const nothing = { waitUntil: () => {} };

describe('the edge pass', () => {
  let edge: TestEdge;
  let gateway: Server;
  let verifier: PassVerifier;
  let seen: IncomingMessage | undefined;

  beforeAll(async () => {
    const { privateJwk, publicKey } = await sessionKeys();
    verifier = new PassVerifier(publicKey, 'mesh-1');
    gateway = createServer((request, response) => {
      seen = request;
      response.writeHead(200, { server: 'istio-envoy', 'x-envoy-upstream-service-time': '7' }).end();
    });
    gateway.listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    edge = await startEdge({
      MESH: 'mesh-1',
      EDGE_PASS_KEY: privateJwk,
      FORESAIL_LINKS: JSON.stringify({ clusters: { a: { url } } }),
    });
    const retries = { attempts: 3, retryOn: ['503', 'connect-failure'], statusCodes: [], perTryTimeoutMs: 500 };
    const linked = cluster(CLUSTER, { kind: 'link', clusters: ['a'] });
    await edge.publish(meshOf([route(forwardTo(CLUSTER, { retries, timeoutMs: 5_000 }))], [linked]), 1);
  });

  afterAll(async () => {
    await edge.stop();
    gateway.closeAllConnections();
    gateway.close();
  });

  const passOf = (): string => String(seen?.headers['x-foresail-pass']);

  it('says where the request goes, as whom, and for how long', async () => {
    const headers = { host: 'shop.example.com:8080', 'cf-connecting-ip': '203.0.113.7', 'x-foresail-pass': 'forged' };
    await send(`${edge.url}/x`, { headers });
    const claims = decodeJwt(passOf());
    expect(claims).toMatchObject({
      iss: 'foresail-edge',
      aud: 'mesh-1',
      dst: CLUSTER,
      auth: 'shop.example.com:8080',
      ip: '203.0.113.7',
    });
    expect(decodeProtectedHeader(passOf()).alg).toBe('ES256');
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(60);
    expect(await verifier.verify(passOf())).toMatchObject({ dst: CLUSTER, auth: 'shop.example.com:8080' });
  });

  it('is the same for the same content, another for another', async () => {
    const passes: string[] = [];
    for (const host of ['a.example', 'a.example', 'b.example']) {
      await send(edge.url, { headers: { host } });
      passes.push(passOf());
    }
    expect(passes[0]).toBe(passes[1]);
    expect(passes[0]).not.toBe(passes[2]);
  });

  it('says what the gateway does, and leaves the gateway’s response alone', async () => {
    const { headers } = await send(edge.url, { headers: { 'x-envoy-max-retries': '99' } });
    expect(decodeJwt(passOf()).retry).toEqual({
      'x-envoy-max-retries': '3',
      'x-envoy-retry-on': '503,connect-failure',
      'x-envoy-upstream-rq-per-try-timeout-ms': '500',
    });
    expect(decodeJwt(passOf()).timeoutMs).toBe(5_000);
    expect(headers['x-envoy-upstream-service-time']).toBe('7');
  });

  it('is nobody else’s, and ends', async () => {
    const other = await sessionKeys();
    const issue = async (key: string, nowMs: number) =>
      new PassIssuer({ key, issuer: 'foresail-edge', audience: 'mesh-1', nowMs: () => nowMs }).issue(
        { dst: CLUSTER, auth: 'a', ip: '1.2.3.4', sub: undefined, retry: undefined, timeoutMs: 0 },
        nothing,
      );
    expect(await verifier.verify(await issue(other.privateJwk, Date.now()))).toBeUndefined();
    expect(await verifier.verify(passOf(), Date.now() + 61_000)).toBeUndefined();
    expect(await verifier.verify('forged')).toBeUndefined();
  });

  it('is renewed in the background before it ends', async () => {
    const { privateJwk } = await sessionKeys();
    let nowMs = Date.now();
    const work: Promise<unknown>[] = [];
    const issuer = new PassIssuer({ key: privateJwk, issuer: 'i', audience: 'm', nowMs: () => nowMs });
    const issue = () =>
      issuer.issue(
        { dst: 'd', auth: 'a', ip: '', sub: 'iss/sub', retry: undefined, timeoutMs: 0 },
        { waitUntil: (promise) => work.push(promise) },
      );
    const first = await issue();
    expect(issue()).toBe(first);
    nowMs += 31_000;
    expect(issue()).toBe(first);
    expect(issue()).toBe(first);
    expect(work.length).toBe(1);
    await work[0];
    expect(issue()).not.toBe(first);
    expect(decodeJwt(issue() as string).sub).toBe('iss/sub');
  });
});
