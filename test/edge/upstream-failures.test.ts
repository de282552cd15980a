import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RetryPolicy } from '../../src/engine/config.ts';
import { open, send } from './support/client.ts';
import { startEdge, type TestEdge } from './support/edge.ts';
import { cluster, forwardTo, meshOf, route } from './support/snapshot.ts';
import { startUpstream, type Upstream } from './support/upstream.ts';

const APP = 'outbound|80||app.default.svc.cluster.local';
const DOWN = 'outbound|80||down.default.svc.cluster.local';
const UNLINKED = 'outbound|80||unlinked.default.svc.cluster.local';
const UPSTREAM_ERROR = 'upstream connect error or disconnect/reset before headers. reset reason: ';

describe('an upstream', () => {
  let edge: TestEdge;
  let upstream: Upstream;

  beforeAll(async () => {
    upstream = await startUpstream();
    edge = await startEdge();
    const retries: RetryPolicy = { attempts: 2, retryOn: ['reset', '5xx'], statusCodes: [], backoffMs: 1 };
    const at = (prefix: string, to: ReturnType<typeof forwardTo>) => route(to, { match: { path: { prefix } } });
    await edge.publish(
      meshOf(
        [
          at('/down', forwardTo(DOWN)),
          at('/unlinked', forwardTo(UNLINKED)),
          at('/hang', forwardTo(APP, { timeoutMs: 200 })),
          at('/sink', forwardTo(APP, { timeoutMs: 200 })),
          at('/reset-once', forwardTo(APP, { retries })),
          at('/status-503', forwardTo(APP, { retries })),
          route(forwardTo(APP)),
        ],
        [
          cluster(APP, { kind: 'origin', urls: [upstream.url] }),
          cluster(DOWN, { kind: 'origin', urls: ['http://127.0.0.1:9'] }),
          cluster(UNLINKED, { kind: 'link', clusters: ['nowhere'] }),
        ],
      ),
      1,
    );
  });

  afterAll(async () => {
    await edge.stop();
    await upstream.close();
  });

  it('that is down, or resets, is Envoy’s 503', async () => {
    for (const path of ['/down', '/reset']) {
      const { status, text, headers } = await send(edge.url + path);
      expect({ path, status, text }).toEqual({ path, status: 503, text: `${UPSTREAM_ERROR}remote connection failure` });
      expect(headers.server).toBe('istio-envoy');
      expect(headers['content-type']).toBe('text/plain');
    }
  });

  it('to which there is no link is no healthy upstream, with the reason in the log', async () => {
    expect(await send(`${edge.url}/unlinked`)).toMatchObject({ status: 503, text: 'no healthy upstream' });
    await expect.poll(() => edge.logs.join('\n')).toContain('FORESAIL_LINKS has no link');
  });

  it('that never answers is a 504 when the route’s time is up', async () => {
    const startedMs = performance.now();
    expect(await send(`${edge.url}/hang`)).toMatchObject({ status: 504, text: 'upstream request timeout' });
    expect(performance.now() - startedMs).toBeGreaterThan(190);
  });

  it('that stops in the middle of the body is cut off when the route’s time is up', async () => {
    const response = await open(`${edge.url}/hang-in-body`);
    expect(response.statusCode).toBe(200);
    await expect(response.toArray()).rejects.toThrow(/aborted/);
  });

  it('has its time only from the end of the request', async () => {
    const request = open(`${edge.url}/hang`, { method: 'POST', body: 'x' });
    expect((await request).statusCode).toBe(504);
    const slow = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new Uint8Array(3));
        await new Promise((resolve) => setTimeout(resolve, 400));
        controller.enqueue(new Uint8Array(4));
        controller.close();
      },
    });
    const init = { method: 'POST', body: slow, duplex: 'half' } as RequestInit;
    const response = await fetch(`${edge.url}/sink`, init);
    expect([response.status, await response.text()]).toEqual([200, '7']);
  });

  it('gets an idempotent request without a body once more, as the route says', async () => {
    expect(await send(`${edge.url}/reset-once`)).toMatchObject({ status: 200, text: 'second time' });
    expect(await send(`${edge.url}/status-503`)).toMatchObject({ status: 503 });
    expect(upstream.hits.get('/status-503')).toBe(3);
  });

  it('gets a request with a body, or a POST, only once', async () => {
    upstream.hits.clear();
    expect(await send(`${edge.url}/status-503`, { method: 'POST', body: 'x' })).toMatchObject({ status: 503 });
    expect(upstream.hits.get('/status-503')).toBe(1);
  });
});
