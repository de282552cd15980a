import { describe, expect, it } from 'vitest';
import { differs } from './support/differences.ts';
import type { Stage } from './support/stage.ts';

export function describeRouting(stage: () => Stage): void {
  describe('a request', () => {
    it('finds its host and its rule', async () => {
      const { send, seen } = stage();
      expect(await send('/hi')).toMatchObject({ status: 200, text: 'hi' });
      expect(await send('/hi', { headers: { host: 'other.example.com' } })).toMatchObject({ text: 'other' });
      expect((await seen('/x', { headers: { 'end-user': 'jason' } })).headers).toMatchObject({ 'x-rule': ['jason'] });
      expect((await seen('/item/17')).headers).toMatchObject({ 'x-rule': ['item'] });
      expect((await seen('/item/x')).headers).not.toHaveProperty('x-rule');
    });

    it('is rewritten, with its headers and those of the answer', async () => {
      const { send, seen } = stage();
      const options = { method: 'PUT', headers: { 'x-secret': '1', 'x-kept': '2' }, body: 'text' };
      const request = await seen('/api/users?page=2', options);
      expect(request).toMatchObject({ method: 'PUT', url: '/v1/users?page=2', body: 'text' });
      expect(request.headers).toMatchObject({
        'x-rule': ['api'],
        'x-kept': ['2'],
        'x-envoy-original-path': expect.anything(),
      });
      expect(request.headers).not.toHaveProperty('x-secret');
      const { headers } = await send('/api/users');
      expect(headers).toMatchObject({ 'x-answered': 'yes', server: 'istio-envoy' });
      expect(headers).not.toHaveProperty('content-type');
    });

    it('goes to its destination even when a rewrite leaves its path without a slash', async () => {
      const { seen } = stage();
      expect((await seen('/go@evil.example/x')).url).toBe('/@evil.example/x');
      expect((await seen('/go.evil.example')).url).toBe('/.evil.example');
      expect((await seen('/go?a=b')).url).toBe('/?a=b');
    });

    it('says from where it comes, and cannot say it otherwise where the runtime knows', async () => {
      const { runtime, seen } = stage();
      const headers = { 'cf-connecting-ip': '198.51.100.7' };
      const client = runtime === 'workerd' ? '198.51.100.7' : '127.0.0.1';
      expect((await seen('/x', { headers })).headers['x-forwarded-for']).toEqual([client]);
      expect((await seen('/x')).headers['x-forwarded-for']).toEqual(['127.0.0.1']);
    });

    it('is redirected, preflighted, delayed or aborted here', async () => {
      const { send } = stage();
      const redirect = await send('/old/page');
      expect(redirect).toMatchObject({ status: 308, headers: { location: 'http://new.example.com/new' } });
      const origin = 'https://shop.example.org';
      const preflight = await send('/cors', {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'GET' },
      });
      expect(preflight).toMatchObject({ status: 200, headers: { 'access-control-allow-origin': origin } });
      const simple = await send('/cors', { headers: { origin } });
      expect(simple.headers['access-control-allow-origin']).toBe(origin);
      const startedMs = performance.now();
      expect((await send('/late')).status).toBe(200);
      expect(performance.now() - startedMs).toBeGreaterThan(110);
      expect(await send('/teapot')).toMatchObject({ status: 418, text: 'fault filter abort' });
    });

    it('goes where the weights send it', async () => {
      const { seen } = stage();
      const shares = await Promise.all(
        Array.from({ length: 300 }, async () => (await seen('/split')).headers['x-share']),
      );
      const canaries = shares.filter((share) => share?.[0] === 'canary').length;
      // Of 300 × 20 %; five standard deviations.
      expect(canaries).toBeGreaterThan(60 - 35);
      expect(canaries).toBeLessThan(60 + 35);
    });

    it('loses what concerns only the client’s connection', async () => {
      const { headers } = await stage().seen('/x', {
        headers: {
          connection: 'keep-alive, x-hop',
          'x-hop': 'gone',
          'keep-alive': 'timeout=5',
          te: 'trailers',
          'x-foresail-pass': 'forged',
          cookie: ['a=1', 'b=2'],
        },
      });
      for (const name of ['x-hop', 'keep-alive', 'te', 'x-foresail-pass']) expect(headers).not.toHaveProperty(name);
      expect(headers.cookie).toEqual(['a=1; b=2']);
      expect('accept-language' in headers).toBe(differs('requests without Accept-Language get one', stage().runtime));
    });

    it('keeps its host on the way to a gateway where the runtime can do that', async () => {
      const { runtime, seen, upstream } = stage();
      const isUrls = differs('a gateway is sent the URL’s host', runtime);
      const { host } = (await seen('/far', { headers: { host: 'shop.example.com' } })).headers;
      expect(host).toEqual([isUrls ? new URL(upstream.url).host : 'inside.example.com']);
    });

    it('has the path that the upstream gets judged, dot segments and all', async () => {
      const { send } = stage();
      for (const path of ['/admin', '/x/../admin', '/x/%2e%2e/admin', '/x/..\\admin']) {
        expect({ path, status: (await send(path)).status }).toEqual({ path, status: 403 });
      }
    });
  });
}
