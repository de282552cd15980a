import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { open } from '../edge/support/client.ts';
import { differs } from './support/differences.ts';
import type { Stage } from './support/stage.ts';

export function describeUpstreams(stage: () => Stage): void {
  describe('an upstream', () => {
    it('that is down, or resets, is Envoy’s 503', async () => {
      const { send } = stage();
      for (const path of ['/down', '/reset']) {
        const { status, text } = await send(path, { method: 'POST' });
        expect({ path, status, text }).toEqual({
          path,
          status: 503,
          text: 'upstream connect error or disconnect/reset before headers. reset reason: remote connection failure',
        });
      }
    });

    it('that never answers is a 504 when the route’s time is up', async () => {
      const startedMs = performance.now();
      expect(await stage().send('/hang')).toMatchObject({ status: 504, text: 'upstream request timeout' });
      expect(performance.now() - startedMs).toBeGreaterThan(190);
    });

    it('that stops in the middle of its body leaves the client with half an answer, never a whole one', async () => {
      const { edge } = stage();
      for (const path of ['/hang-in-body', '/odd/cut-off']) {
        const response = await open(edge.url + path);
        expect(response.statusCode).toBe(200);
        await expect(response.toArray()).rejects.toThrow(/aborted|reset/);
      }
    });
  });

  describe('a WebSocket', () => {
    it('passes text, bytes, its protocol and its end', async () => {
      const socket = new WebSocket(stage().edge.url.replace('http', 'ws'), ['chat', 'other']);
      socket.binaryType = 'arraybuffer';
      await once(socket, 'open');
      expect(socket.protocol).toBe('chat');
      const answer = async (data: string | Uint8Array<ArrayBuffer>): Promise<unknown> => {
        socket.send(data);
        const [message] = await once(socket, 'message');
        return (message as MessageEvent).data;
      };
      expect(await answer('hello')).toBe('hello');
      expect(new Uint8Array((await answer(Uint8Array.of(0, 255, 1))) as ArrayBuffer)).toEqual(Uint8Array.of(0, 255, 1));
      const large = 'x'.repeat(1024 * 1024);
      expect(await answer(large)).toBe(large);
      socket.close(4001, 'done');
      const [closed] = await once(socket, 'close');
      expect((closed as CloseEvent).code).toBe(4001);
    });

    it('that the upstream refuses is refused', async () => {
      const { runtime, edge } = stage();
      const headers = {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const response = await open(`${edge.url}/odd/socket`, { headers });
      response.resume();
      expect(response.statusCode).toBe(differs('a refused upgrade is a 503', runtime) ? 503 : 403);
    });
  });
}
