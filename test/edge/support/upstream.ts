import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { echoWebSocket } from '../../../src/control/up/websocket-echo.ts';

export interface Upstream {
  readonly url: string;
  /** Requests so far, by path. */
  readonly hits: Map<string, number>;
  close(): Promise<void>;
}

const MEGABYTE = Buffer.alloc(1024 * 1024, 120);

/** A real server whose paths behave in the ways that upstreams do. */
export async function startUpstream(): Promise<Upstream> {
  const hits = new Map<string, number>();
  const server = createServer({ maxHeaderSize: 1024 * 1024 }, (request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    hits.set(path, (hits.get(path) ?? 0) + 1);
    request.on('error', () => response.destroy());
    answer(path, request, response, hits.get(path) ?? 0).catch(() => response.destroy());
  });
  server.maxHeadersCount = 0;
  server.on('upgrade', echoWebSocket);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    close: async () => {
      server.closeAllConnections();
      await once(server.close(), 'close');
    },
  };
}

async function answer(path: string, request: IncomingMessage, response: ServerResponse, hit: number): Promise<void> {
  switch (path) {
    case '/echo':
      request.pipe(response);
      return;
    case '/sink': {
      let bytes = 0;
      for await (const chunk of request) bytes += (chunk as Buffer).length;
      response.end(String(bytes));
      return;
    }
    case '/big':
      for (let i = 0; i < 100; i++) if (!response.write(MEGABYTE)) await once(response, 'drain');
      response.end();
      return;
    case '/events':
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (let i = 0; i < 4; i++) {
        response.write(`data: ${i}\n\n`);
        await sleep(120);
      }
      response.end();
      return;
    case '/cookies':
      response.writeHead(200, { 'set-cookie': ['a=1; Path=/', 'b=2, with a comma'], 'x-upstream': 'yes' });
      response.end('ok');
      return;
    case '/redirect':
      response.writeHead(302, { location: '/elsewhere' }).end();
      return;
    case '/204':
      response.writeHead(204).end();
      return;
    case '/304':
      response.writeHead(304, { etag: '"x"' }).end();
      return;
    case '/head':
      response.writeHead(200, { 'content-length': '5' });
      response.end(request.method === 'HEAD' ? undefined : 'hello');
      return;
    case '/hang':
      return;
    case '/hang-in-body':
      response.write('beginning');
      return;
    case '/reset':
      request.socket.destroy();
      return;
    case '/reset-once':
      if (hit === 1) request.socket.destroy();
      else response.end('second time');
      return;
    case '/status-503':
      response.writeHead(503).end();
      return;
    default: {
      const body: Buffer[] = [];
      for await (const chunk of request) body.push(chunk as Buffer);
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          method: request.method,
          url: request.url,
          headers: pairs(request.rawHeaders),
          body: Buffer.concat(body).toString('latin1'),
        }),
      );
    }
  }
}

function pairs(rawHeaders: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] as string).toLowerCase();
    headers[name] = [...(headers[name] ?? []), rawHeaders[i + 1] as string];
  }
  return headers;
}
