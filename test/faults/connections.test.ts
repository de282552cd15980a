/**
 * While others are served through the edge in workerd. Also tested: bodies of 100 MB both ways, server-sent events, WebSockets
 * (test/edge/streaming.test.ts, test/runtime/bodies.ts), upstreams that are down, reset, hang or stop in the middle, retries
 * (test/edge/upstream-failures.test.ts). Trailers: the platform has none (PLATFORM: workerd drops them), so no test.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { cluster, forwardTo, meshOf, route, snapshotEntries } from '../edge/support/snapshot.ts';
import { startUpstream, type Upstream } from '../edge/support/upstream.ts';
import { FaultyKv } from './support/faulty-kv.ts';
import { ask, SteadyLoad } from './support/steady-load.ts';
import { startWorkerdEdge, type WorkerdEdge } from './support/workerd-edge.ts';

const GOOD = 'outbound|80||good.default.svc.cluster.local';
const SICK = 'outbound|80||sick.default.svc.cluster.local';
/** Each takes four of workerd's: both ends, and a copy of each; and two of this process. */
const FILES = Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1_024);
const WANTED = Number(process.env.FAULTS_WEBSOCKETS ?? 10_000);
const WEBSOCKETS = Math.min(WANTED, Math.floor((FILES - 1_000) / 4));
let kv: FaultyKv;
let edge: WorkerdEdge;
let upstream: Upstream;
let sick: Server;
/** What the sick upstream does with a connection. */
let behave: (socket: Socket) => void;
const open = new Set<Socket>();
let load: SteadyLoad;

beforeAll(async () => {
  upstream = await startUpstream();
  sick = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
    behave(socket);
  }).listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
  await once(sick, 'listening');
  kv = await FaultyKv.start();
  const origin = (name: string, url: string) => cluster(name, { kind: 'origin', urls: [url] });
  const sickUrl = `http://127.0.0.1:${(sick.address() as AddressInfo).port}`;
  await kv.store.put(
    await snapshotEntries(
      meshOf(
        [
          route(forwardTo(SICK, { timeoutMs: 700 }), { match: { path: { prefix: '/sick' } } }),
          route(forwardTo(SICK), { match: { path: { prefix: '/socket' } } }),
          route(forwardTo(GOOD)),
        ],
        [origin(GOOD, upstream.url), origin(SICK, sickUrl)],
      ),
    ),
  );
  edge = await startWorkerdEdge(kv.port);
});

beforeEach(() => {
  load = SteadyLoad.start({ url: edge.url, next: (n) => ({ path: `/own/${n}` }) });
});

/** The neighbour's faults are nobody else's. */
afterEach(async () => {
  await load.more(20);
  expect((await load.stop()).failures).toEqual({});
  for (const socket of open) socket.destroy();
});

afterAll(async () => {
  await edge.stop();
  await kv.stop();
  await upstream.close();
  sick.close();
});

const status = async (path: string): Promise<unknown> => {
  const outcome = await ask(edge.url, { path });
  return typeof outcome === 'string' ? outcome.replace(/:.*/, '') : outcome.status;
};

describe('an upstream', () => {
  it.each<[string, (socket: Socket) => void, unknown]>([
    ['that resets at once', (socket) => socket.resetAndDestroy(), 503],
    [
      'that resets in the middle of its head',
      (socket) => socket.write('HTTP/1.1 200 OK\r\nX: ', () => socket.resetAndDestroy()),
      503,
    ],
    ['that takes the connection and never says a word', () => {}, 504],
    ['that half-closes without an answer', (socket) => socket.end(), 503],
    ['that sends its head byte by byte for ever', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX: ', 'x'), 504],
    [
      'that sends its body byte by byte for ever',
      (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n', 'x'),
      'cut off',
    ],
    [
      'that closes in the middle of the body',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'),
      'cut off',
    ],
    [
      'that closes in the middle of a chunk',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf'),
      'cut off',
    ],
    ['that does not speak HTTP', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), 503],
    [
      'that sends two lengths',
      (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
      503,
    ],
    ['that floods with headers', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\n', `X: ${'y'.repeat(8_000)}\r\n`), 503],
  ])(
    '%s is an error for its own callers, and for nobody else',
    async (_, behaviour, expected) => {
      behave = (socket) => void socket.once('data', () => behaviour(socket));
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => status('/sick')));
      expect(outcomes).toEqual(Array.from({ length: 8 }, () => expected));
    },
    60_000,
  );
});

function drip(socket: Socket, first: string, then: string): void {
  socket.write(first);
  const timer = setInterval(() => socket.write(then), 5);
  socket.on('close', () => clearInterval(timer));
}

describe('clients', () => {
  it('that send their requests byte by byte, hundreds of them, are waited for, and hold up nobody', async () => {
    const slow = await Promise.all(Array.from({ length: 400 }, () => dial()));
    const text = 'POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n';
    const timer = setInterval(() => {
      for (const [i, socket] of slow.entries())
        socket.write(text[(socket.bytesWritten + (i % 1)) % text.length] ?? 'x');
    }, 10);
    await load.more(100);
    clearInterval(timer);
    for (const socket of slow) socket.destroy();
  }, 60_000);

  it('that go away in the middle of the answer end the request at the upstream', async () => {
    behave = (socket) =>
      void socket.once('data', () =>
        drip(socket, 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', `400\r\n${'x'.repeat(1024)}\r\n`),
      );
    const sockets = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const socket = await dial();
        socket.write('GET /socket HTTP/1.1\r\nHost: a\r\n\r\n');
        const [head] = (await once(socket, 'data')) as [Buffer];
        expect(head.toString('latin1', 0, 12)).toBe('HTTP/1.1 200');
        return socket;
      }),
    );
    expect(open.size).toBe(50);
    for (const socket of sockets) socket.resetAndDestroy();
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(0);
  }, 60_000);

  it('that go away in the middle of their own body end the request at the upstream', async () => {
    behave = (socket) => void socket.resume();
    const sockets = await Promise.all(Array.from({ length: 50 }, () => dial()));
    for (const socket of sockets)
      socket.write('POST /socket HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nbeginning');
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(50);
    for (const socket of sockets) socket.resetAndDestroy();
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(0);
  }, 60_000);
});

describe('WebSockets', () => {
  it(`${WEBSOCKETS} at once, idle, cost little memory each, still carry messages, and end with their clients`, async () => {
    behave = (socket) => {
      socket.once('data', (head) => {
        socket.write(acceptOf(head.toString('latin1')));
        socket.on('data', (bytes) => void socket.write(unmasked(bytes)));
      });
    };
    if (WEBSOCKETS < WANTED)
      console.warn(`${WANTED - WEBSOCKETS} WebSockets less: a process may open ${FILES} files here`);
    const before = edge.residentMb();
    const sockets: Socket[] = [];
    while (sockets.length < WEBSOCKETS) {
      sockets.push(...(await Promise.all(Array.from({ length: Math.min(100, WEBSOCKETS - sockets.length) }, upgrade))));
    }
    expect(open.size).toBe(WEBSOCKETS);
    const perSocketKb = ((edge.residentMb() - before) * 1024) / WEBSOCKETS;
    console.log(`${WEBSOCKETS} idle WebSockets: ${perSocketKb.toFixed(1)} kB of workerd each`);
    expect(perSocketKb).toBeLessThan(150);
    for (const socket of [sockets[0], sockets[WEBSOCKETS >> 1], sockets.at(-1)])
      expect(await echoed(socket, 'hello')).toBe('hello');
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => open.size, { timeout: 60_000 }).toBe(0);
    expect(await status('/own/after')).toBe(200);
  }, 180_000);
});

/** RFC 6455 §4.2.2. */
function acceptOf(head: string): string {
  const key = /^sec-websocket-key: *(\S+)/im.exec(head)?.[1] ?? '';
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  return `${[...lines, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`;
}

async function dial(): Promise<Socket> {
  const socket = connect(edge.port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

async function upgrade(): Promise<Socket> {
  const socket = await dial();
  socket.write(
    'GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  if (!head.toString('latin1').startsWith('HTTP/1.1 101'))
    throw new Error(`${open.size} open: ${head.toString('latin1')}`);
  return socket;
}

const MASK = Buffer.from([1, 2, 3, 4]);

/** RFC 6455 §5.2: a text frame of a client is masked, one of a server is not. */
async function echoed(socket: Socket | undefined, text: string): Promise<string> {
  if (socket === undefined) return '';
  const masked = Buffer.from(text).map((byte, i) => byte ^ (MASK[i % 4] ?? 0));
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | masked.length]), MASK, masked]));
  const [frame] = (await once(socket, 'data')) as [Buffer];
  return frame.subarray(2).toString();
}

function unmasked(frame: Buffer): Buffer {
  const length = (frame[1] ?? 0) & 0x7f;
  const mask = frame.subarray(2, 6);
  const payload = frame.subarray(6, 6 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0));
  return Buffer.concat([Buffer.from([frame[0] ?? 0, length]), payload]);
}
