import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Hono } from 'hono';

export interface ServedConsole {
  readonly url: string;
  close(): Promise<void>;
}

/** On `localhost` (127.0.0.1) or an address. Rejects with Node's error where the port is taken. */
export async function serveConsole(app: Hono, host: string, port: number): Promise<ServedConsole> {
  const server = createServer((request, response) => {
    answer(app, request, response).catch(() => response.destroy());
  });
  const address = host === 'localhost' ? '127.0.0.1' : host;
  server.listen(port, address);
  await once(server, 'listening');
  const { port: actualPort } = server.address() as AddressInfo;
  const name = address.includes(':') ? `[${address}]` : host === '0.0.0.0' ? 'localhost' : host;
  return { url: `http://${name}:${actualPort}`, close: () => close(server) };
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  if (server.listening) await once(server.close(), 'close');
}

async function answer(app: Hono, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const request = requestOf(incoming, outgoing);
  if (request === undefined) {
    outgoing.writeHead(400).end();
    return;
  }
  const response = await app.fetch(request);
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null || incoming.method === 'HEAD') outgoing.end();
  // Someone who leaves in the middle of an answer is no error of ours.
  else await pipeline(response.body, outgoing).catch(() => {});
}

function requestOf(incoming: IncomingMessage, outgoing: ServerResponse): Request | undefined {
  const { method = 'GET', headers, url: target = '/' } = incoming;
  const url = `http://${headers.host ?? 'localhost'}${target}`;
  if (!target.startsWith('/') || !URL.canParse(url)) return undefined;
  const left = new AbortController();
  outgoing.on('close', () => left.abort());
  const plain = Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [[name, value] as const] : [],
  );
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(url, {
    method,
    headers: Object.fromEntries(plain),
    signal: left.signal,
    ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' } : {}),
  });
}
