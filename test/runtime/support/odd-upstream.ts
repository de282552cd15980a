import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';

export const PLAIN_TEXT = 'the same text again and again '.repeat(400);

export interface OddUpstream {
  readonly url: string;
  close(): Promise<void>;
}

/** A server that answers in forms in which runtimes differ. */
export async function startOddUpstream(): Promise<OddUpstream> {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('upgrade', (_, socket) => {
    socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno');
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

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  switch (request.url) {
    case '/odd/gzip':
      response.setHeader('content-encoding', 'gzip').end(gzipSync(PLAIN_TEXT));
      return;
    case '/odd/brotli':
      response.setHeader('content-encoding', 'br').end(brotliCompressSync(PLAIN_TEXT));
      return;
    case '/odd/hop-by-hop':
      response.writeHead(200, { connection: 'x-hop', 'x-hop': 'gone', 'keep-alive': 'timeout=7', 'x-kept': 'yes' });
      response.end('ok');
      return;
    case '/odd/repeated':
      response.writeHead(200, [
        ...['x-multi', '1', 'x-multi', '2'],
        ...['set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'set-cookie', 'b=2'],
      ]);
      response.end('ok');
      return;
    case '/odd/cut-off':
      response.writeHead(200, { 'content-length': '100' });
      response.write('ten bytes.');
      await sleep(50);
      response.destroy();
      return;
    default:
      response.writeHead(404).end();
  }
}
