import { once } from 'node:events';
import { createServer as createHttpsServer, type Server as HttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server } from 'node:tls';
import type { Proxies } from './proxies.ts';

/** A server behind TLS of its own that says its name to whoever has shaken hands. */
export class TlsApp {
  readonly #server: Server;
  port = 0;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(proxies: Proxies, name: string): Promise<TlsApp> {
    const { key, cert } = await proxies.serverCredentials(`${name}.test`);
    const server = createServer({ key, cert }, (socket) => {
      socket.on('error', () => {});
      socket.end(name);
    });
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const app = new TlsApp(server);
    app.port = (server.address() as AddressInfo).port;
    return app;
  }

  stop(): void {
    this.#server.close();
  }
}

/** An HTTP server behind TLS. */
export class TlsEcho {
  readonly #server: HttpsServer;
  port = 0;

  private constructor(server: HttpsServer) {
    this.#server = server;
  }

  static async start(proxies: Proxies): Promise<TlsEcho> {
    const { key, cert } = await proxies.serverCredentials('secure.test');
    const server = createHttpsServer({ key, cert }, (_, response) => response.end('inside'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const app = new TlsEcho(server);
    app.port = (server.address() as AddressInfo).port;
    return app;
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** Who answers a handshake for that name at a port of loopback. */
export async function askByName(port: number, servername: string): Promise<string> {
  return await new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', servername, rejectUnauthorized: false });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', () => resolve('refused'));
    socket.on('close', () => resolve(text === '' ? 'refused' : text));
  });
}
