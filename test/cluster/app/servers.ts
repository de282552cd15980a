import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createServer as createTlsServer } from 'node:tls';
import { echoWebSocket } from '../../../src/control/up/websocket-echo.ts';
import type { Credentials } from '../../support/workload-credentials.ts';
import { type Echo, GRPC_PORT, HTTP_PORT, TCP_PORT } from './commands.ts';
import { serveGrpc } from './grpc.ts';

/** HTTP with WebSocket, TCP and gRPC, all of which say what they got and in which pod. */
export class Servers {
  readonly #pod: string;
  readonly #web: Server;
  isHealthy = true;
  /** Port and reason of handshakes that the other side has ended. */
  readonly tlsRefusals: string[] = [];
  #requests = 0;

  constructor(pod: string) {
    this.#pod = pod;
    this.#web = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    // Envoy ends idle connections, not the application: whoever does it may meet with a request on its way.
    this.#web.keepAliveTimeout = 0;
    this.#web.on('upgrade', echoWebSocket);
  }

  async start(): Promise<void> {
    const tcp = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => socket.write(`${this.#pod}:${bytes}`));
    });
    this.#web.listen(HTTP_PORT, '0.0.0.0');
    tcp.listen(TCP_PORT, '0.0.0.0');
    await Promise.all([once(this.#web, 'listening'), once(tcp, 'listening'), serveGrpc(this.#pod, GRPC_PORT)]);
  }

  /** The same over TLS with a certificate of the test's choice. */
  async startTls(port: number, credentials: Credentials): Promise<void> {
    const server = createTlsServer({ ...credentials, requestCert: true, ALPNProtocols: ['http/1.1'] }, (socket) =>
      this.#web.emit('connection', socket),
    );
    server.on('tlsClientError', (error: NodeJS.ErrnoException) => this.tlsRefusals.push(`${port} ${error.code}`));
    server.listen(port, '0.0.0.0');
    await once(server, 'listening');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    if (path === '/metrics') {
      response.setHeader('content-type', 'text/plain');
      response.end(`app_requests_total{pod="${this.#pod}"} ${this.#requests}\n`);
      return;
    }
    if (path === '/health') {
      response.writeHead(this.isHealthy ? 200 : 500).end();
      return;
    }
    this.#requests += 1;
    const headers = Object.fromEntries(Object.entries(request.headersDistinct).map(([n, v]) => [n, v?.join(', ')]));
    const echo: Echo = { pod: this.#pod, method, path, headers, body: await text(request) };
    await sleep(Number(headers['x-app-delay-ms'] ?? 0));
    const isFailing = headers['x-app-fails'] === 'all' || headers['x-app-fails'] === this.#pod;
    response.writeHead(isFailing ? 503 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(echo));
  }
}
