import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send, sendRaw } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { cluster, forwardTo, meshOf, route } from './support/snapshot.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const CLUSTER = 'outbound|80||app.default.svc.cluster.local';

describe('a request', () => {
  let edge: TestEdge;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    edge = await startEdge();
    const origin = cluster(CLUSTER, { kind: 'origin', urls: [upstream.url] });
    const greet = route({ kind: 'direct-response', status: 200, body: 'hi' }, { match: { path: { exact: '/hi' } } });
    const late = route(forwardTo(CLUSTER, { fault: { delay: { fixedMs: 300, partsPerMillion: 1_000_000 } } }), {
      match: { path: { exact: '/late' } },
    });
    const teapot = route(forwardTo(CLUSTER, { fault: { abort: { status: 418, partsPerMillion: 1_000_000 } } }), {
      match: { path: { exact: '/teapot' } },
    });
    const mirrored = route(
      forwardTo(CLUSTER, {
        mirrors: [{ cluster: CLUSTER, partsPerMillion: 1_000_000, origin: greet.origin }],
      }),
      { match: { path: { exact: '/mirrored' } } },
    );
    await edge.publish(meshOf([greet, late, teapot, mirrored, route(forwardTo(CLUSTER))], [origin]), 1);
  });

  afterAll(async () => {
    await edge.stop();
    await upstream.close();
  });

  const seen = async (headers: Record<string, string | string[]>): Promise<Record<string, string[]>> =>
    JSON.parse((await send(`${edge.url}/x`, { headers })).text).headers;

  it('is answered here where the configuration says so, in Envoy’s form', async () => {
    const hi = await send(`${edge.url}/hi`);
    expect(hi).toMatchObject({ status: 200, text: 'hi' });
    expect(hi.headers).toMatchObject({ server: 'istio-envoy', 'content-type': 'text/plain' });
    expect(await send(`${edge.url}/teapot`)).toMatchObject({ status: 418, text: 'fault filter abort' });
  });

  it('is delayed before it is sent on', async () => {
    const startedMs = performance.now();
    expect((await send(`${edge.url}/late`)).status).toBe(200);
    expect(performance.now() - startedMs).toBeGreaterThan(290);
  });

  it('is mirrored with its body, and nobody waits for the mirror', async () => {
    const { text } = await send(`${edge.url}/mirrored`, { method: 'POST', body: 'copy me' });
    expect(JSON.parse(text).body).toBe('copy me');
    await expect.poll(() => upstream.hits.get('/mirrored')).toBe(2);
  });

  it('loses what concerns only the client’s connection, and every pass of the client’s making', async () => {
    const headers = await seen({
      connection: 'keep-alive, x-hop',
      'x-hop': 'gone',
      'keep-alive': 'timeout=5',
      'x-foresail-pass': 'forged',
      'x-kept': 'yes',
    });
    expect(headers).toMatchObject({ 'x-kept': ['yes'] });
    for (const name of ['x-hop', 'x-foresail-pass', 'keep-alive']) expect(headers).not.toHaveProperty(name);
  });

  it('has its cookies in one header again', async () => {
    expect((await seen({ cookie: ['a=1', 'b=2; c=3'] })).cookie).toEqual(['a=1; b=2; c=3']);
    const raw = 'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nCookie: a=1\r\nCookie: b=2\r\n\r\n';
    expect(await sendRaw(edge.url, Buffer.from(raw))).toContain('a=1; b=2');
  });

  it('with 500 headers passes', async () => {
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-h${i}`, String(i)]));
    expect(Object.keys(await seen(many)).length).toBeGreaterThan(500);
  });

  it('with a URL of 64 KB is too large, as Envoy has it', async () => {
    // From 64 KB on workerd answers by itself.
    expect((await send(`${edge.url}/${'a'.repeat(64 * 1024)}`)).status).toBe(414);
    expect((await send(`${edge.url}/${'a'.repeat(62 * 1024)}`)).status).toBe(431);
    expect((await send(`${edge.url}/${'a'.repeat(32 * 1024)}`)).status).toBe(200);
  });

  it('with header bytes that are not UTF-8 passes', async () => {
    const raw = Buffer.from(
      'GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Bytes: caf\xe9 \xff\r\n\r\n',
      'latin1',
    );
    expect(await sendRaw(edge.url, raw)).toMatch(/^HTTP\/1\.1 200/);
  });

  it('comes from whom the platform names', async () => {
    expect((await seen({ 'cf-connecting-ip': '203.0.113.7' }))['x-forwarded-for']).toEqual(['203.0.113.7']);
    expect((await seen({}))['x-forwarded-for']).toEqual(['127.0.0.1']);
  });
});
