import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';

export interface Echoed {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An application on loopback that answers with what it was asked. */
export class EchoApp {
  readonly #server: Server;
  port = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const echoed: Echoed = { method, path, headers, body: Buffer.concat(chunks).toString('utf8') };
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify(echoed));
      });
    });
  }

  static async start(): Promise<EchoApp> {
    const app = new EchoApp();
    app.port = await listening(app.#server);
    return app;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Sends every byte back. */
export class EchoTcp {
  readonly #server: TcpServer;
  port = 0;

  private constructor() {
    this.#server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    });
  }

  static async start(): Promise<EchoTcp> {
    const app = new EchoTcp();
    app.port = await listening(app.#server);
    return app;
  }

  stop(): void {
    this.#server.close();
  }
}

async function listening(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
