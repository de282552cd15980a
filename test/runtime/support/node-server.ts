import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Edge } from '../../../src/edge/edge.ts';
import type { PlatformRequest, RequestContext } from '../../../src/edge/runtime.ts';
import type { NodeTransport } from './node-transport.ts';

const context: RequestContext = { waitUntil: (work) => void work.catch(() => {}) };

/** Node's HTTP server in front of the edge: http messages there, Request and Response here. */
export async function serveWithNode(edge: Edge, transport: NodeTransport) {
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, (incoming, outgoing) => {
    answer(edge, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.maxHeadersCount = 0;
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
    answerUpgrade(edge, incoming, socket, transport).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function answer(edge: Edge, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const response = await handle(edge, incoming);
  if (response === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  outgoing.writeHead(response.status, pairsOf(response.headers).flat());
  if (response.body === null || incoming.method === 'HEAD') outgoing.end();
  else await pipeline(Readable.fromWeb(response.body as never), outgoing);
}

async function answerUpgrade(
  edge: Edge,
  incoming: IncomingMessage,
  socket: Duplex,
  transport: NodeTransport,
): Promise<void> {
  socket.on('error', () => socket.destroy());
  const response = await handle(edge, incoming);
  const upstream = response === undefined ? undefined : transport.socketOf(response);
  const status = response?.status ?? 400;
  const headers = response === undefined ? [] : pairsOf(response.headers);
  const head = [`HTTP/1.1 ${status} x`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (upstream === undefined) {
    socket.end(`${[...head, 'connection: close'].join('\r\n')}\r\n\r\n${(await response?.text()) ?? ''}`);
    return;
  }
  socket.write(`${[...head, 'connection: Upgrade', 'upgrade: websocket'].join('\r\n')}\r\n\r\n`);
  await Promise.all([pipeline(socket, upstream), pipeline(upstream, socket)]);
}

async function handle(edge: Edge, incoming: IncomingMessage): Promise<Response | undefined> {
  const url = URL.parse(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  if (url === null) return undefined;
  url.hash = '';
  const method = incoming.method ?? 'GET';
  const headers = new Headers();
  for (let i = 0; i + 1 < incoming.rawHeaders.length; i += 2) {
    headers.append(incoming.rawHeaders[i] ?? '', incoming.rawHeaders[i + 1] ?? '');
  }
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const init = { method, headers, ...(hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {}) };
  const request = new Request(url.href, init as RequestInit) as PlatformRequest;
  const clientAddress = incoming.socket.remoteAddress ?? '127.0.0.1';
  return edge.handle(request, context, { url: url.href, clientAddress });
}

function pairsOf(headers: Headers): [string, string][] {
  return [...headers];
}
