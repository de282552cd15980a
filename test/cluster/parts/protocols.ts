import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { expect } from 'vitest';
import { until } from '../../agent/machine.ts';
import { onTheWire } from '../wire.ts';
import type { Part } from './part.ts';

/** What is not plain HTTP. */
export const protocols: Part = (test, { pod }) => {
  test('bytes of TCP arrive as they were sent, unread on the wire', async () => {
    const text = randomUUID();
    const wire = await onTheWire(pod('front'), async () => {
      expect(await pod('front').tell({ do: 'tcp', host: 'web', port: 9000, text })).toMatch(`:${text}`);
    });
    expect(wire.bytes.includes(text)).toBe(false);
    expect(wire.hasTls).toBe(true);
  });

  test('a real Redis is spoken to', async () => {
    const redis = pod('redis');
    const args = ['--port', '6379', '--save', '', '--protected-mode', 'no', '--dir', '/tmp', '--daemonize', 'no'];
    const server = redis.start(['redis-server', ...args], { uid: 1000 });
    await once(server.stdout ?? server, 'data');
    const ask = (...words: string[]): string =>
      pod('front')
        .run(['redis-cli', '-h', 'redis', ...words])
        .trim();
    await until('Redis answers', () => ask('PING') === 'PONG', 30_000);
    const value = randomUUID();
    const wire = await onTheWire(redis, async () => {
      expect(ask('SET', 'greeting', value)).toBe('OK');
      expect(ask('GET', 'greeting')).toBe(value);
    });
    expect(wire.bytes.includes(value)).toBe(false);
    const pipelined = ask('EVAL', 'local n = 0; for i = 1, 1000 do n = n + i end; return n', '0');
    expect(pipelined).toBe('500500');
  });

  test('gRPC calls are answered, single ones and streams, each by another pod in turn', async () => {
    const said = new Set<unknown>();
    for (let i = 0; i < 6; i++)
      said.add(String(await pod('front').tell({ do: 'grpc', target: 'web:9090', text: 'a' })));
    expect([...said].sort()).toEqual(['web-1:a', 'web-2:a']);
    const answers = await pod('front').tell({ do: 'grpc', target: 'web:9090', text: 'm', count: 50 });
    const [first = ''] = answers as string[];
    expect(answers).toEqual(Array.from({ length: 50 }, (_, i) => `${first.split(':')[0]}:m${i}`));
  });

  test('a WebSocket stays open through both sidecars', async () => {
    expect(await pod('front').tell({ do: 'websocket', url: 'ws://web/chat', text: 'hello' })).toBe('hello');
  });
};
