import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createServer as createHttp2Server, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** Sends every piece back as it comes; of an upgraded connection too. */
export class StreamApp {
  readonly #server: Server;
  port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      response.writeHead(200);
      request.pipe(response);
    });
    this.#server.on('upgrade', (_, socket) => {
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.pipe(socket);
    });
  }

  static async start(): Promise<StreamApp> {
    const app = new StreamApp();
    app.port = await listening(app.#server);
    return app;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Answers over HTTP/2 with the path, the body, and a gRPC status in the trailers. */
export class GrpcApp {
  readonly #server: Http2Server;
  port = 0;

  private constructor() {
    this.#server = createHttp2Server();
    this.#server.on('stream', (stream, headers) => {
      let body = '';
      stream.on('data', (chunk: Buffer) => {
        body += chunk.toString('utf8');
      });
      stream.on('end', () => {
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(`${headers[':path']} ${body}`);
      });
    });
  }

  static async start(): Promise<GrpcApp> {
    const app = new GrpcApp();
    app.port = await listening(app.#server);
    return app;
  }

  stop(): void {
    this.#server.close();
  }
}

async function listening(server: Server | Http2Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Never answers, or, under `/half`, only begins to. */
export class HangingApp {
  readonly #server: Server;
  port = 0;

  private constructor() {
    this.#server = createServer(({ url }, response) => {
      if (url === '/half') response.write('beginning');
    });
  }

  static async start(): Promise<HangingApp> {
    const app = new HangingApp();
    app.port = await listening(app.#server);
    return app;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
