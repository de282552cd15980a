import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { describe, expect, it } from 'vitest';
import { open } from '../edge/support/client.ts';
import { differs } from './support/differences.ts';
import { PLAIN_TEXT } from './support/odd-upstream.ts';
import type { Stage } from './support/stage.ts';

const TWENTY_MB = 20 * 1024 * 1024;

export function describeBodies(stage: () => Stage): void {
  describe('a body', () => {
    it('streams both ways at the same time', async () => {
      const request = httpRequest(`${stage().edge.url}/echo`, { method: 'POST', agent: false });
      request.write('first');
      const [response] = await once(request, 'response');
      const [first] = await once(response, 'data');
      expect(String(first)).toBe('first');
      request.write('second');
      const [second] = await once(response, 'data');
      expect(String(second)).toBe('second');
      request.end();
      response.resume();
      await once(response, 'end');
    });

    it('of 20 MB goes up, and one of 100 MB comes down', async () => {
      const { edge, send } = stage();
      const body = Buffer.alloc(TWENTY_MB, 120).toString('latin1');
      const headers = { 'content-length': TWENTY_MB };
      expect((await send('/sink', { method: 'POST', headers, body })).text).toBe(String(TWENTY_MB));
      let bytes = 0;
      for await (const part of await open(`${edge.url}/big`)) bytes += (part as Buffer).length;
      expect(bytes).toBe(100 * 1024 * 1024);
    });

    it('has its length told where it is known', async () => {
      const { seen, runtime } = stage();
      const lengthAt = async (path: string, bytes: number): Promise<unknown> => {
        const headers = { 'content-length': bytes };
        const { body, headers: received } = await seen(path, { method: 'POST', headers, body: 'x'.repeat(bytes) });
        expect(body.length).toBe(bytes);
        return received['content-length']?.[0];
      };
      for (const path of ['/x', '/timed']) expect(await lengthAt(path, 3)).toBe('3');
      expect(await lengthAt('/x', 70_000)).toBe('70000');
      const isChunked = differs('a large upload to a route with a timeout is sent chunked', runtime);
      expect(await lengthAt('/timed', 70_000)).toBe(isChunked ? undefined : '70000');
    });

    it('of events comes one by one', async () => {
      const response = await open(`${stage().edge.url}/events`);
      expect(response.headers['content-type']).toBe('text/event-stream');
      const arrivals: number[] = [];
      for await (const _ of response) arrivals.push(performance.now());
      expect(arrivals.length).toBeGreaterThanOrEqual(4);
      expect((arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0)).toBeGreaterThan(250);
    });

    it('may be absent: HEAD, 204, 304', async () => {
      const { send } = stage();
      const head = await send('/head', { method: 'HEAD' });
      expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-length': '5' } });
      expect(await send('/204')).toMatchObject({ status: 204, text: '' });
      expect(await send('/304')).toMatchObject({ status: 304, headers: { etag: '"x"' } });
    });

    it('of a GET arrives where the runtime shows it', async () => {
      const { seen, runtime } = stage();
      const isLost = differs('the body of a GET is lost', runtime);
      for (const path of ['/get', '/timed', '/mirrored']) {
        const { method, body } = await seen(path, { headers: { 'content-length': 3 }, body: 'abc' });
        expect({ path, method, body }).toEqual({ path, method: 'GET', body: isLost ? '' : 'abc' });
      }
    });

    it('that is compressed says so only where it still is', async () => {
      const { edge, runtime } = stage();
      const isDecoded = differs('compressed bodies are passed on decoded', runtime);
      for (const [path, coding] of [
        ['/odd/gzip', 'gzip'],
        ['/odd/brotli', 'br'],
      ] as const) {
        const response = await fetch(edge.url + path, { headers: { 'accept-encoding': coding } });
        expect(response.headers.get('content-encoding')).toBe(isDecoded ? null : coding);
        expect(await response.text()).toBe(PLAIN_TEXT);
      }
    });
  });

  describe('headers of an answer', () => {
    it('may be repeated', async () => {
      const { headers } = await stage().send('/odd/repeated');
      expect(headers['set-cookie']).toEqual(['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2']);
      expect(headers['x-multi']).toBe('1, 2');
      expect(headers).toMatchObject({
        server: 'istio-envoy',
        'x-envoy-upstream-service-time': expect.stringMatching(/^\d+$/),
      });
    });

    it('that concern only the upstream’s connection stay there', async () => {
      const { headers } = await stage().send('/odd/hop-by-hop');
      expect(headers['x-kept']).toBe('yes');
      expect(headers['keep-alive']).not.toBe('timeout=7');
    });

    it('redirect the client, not the edge', async () => {
      expect(await stage().send('/redirect')).toMatchObject({ status: 302, headers: { location: '/elsewhere' } });
    });
  });
}
