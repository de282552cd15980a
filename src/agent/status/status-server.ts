import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Probe } from './probe.ts';
import { runProbe } from './run-probe.ts';

export interface StatusServerOptions {
  readonly address: string;
  readonly port: number;
  readonly probes: ReadonlyMap<string, Probe>;
  /** Where the application listens. */
  readonly probeHost: string;
  /** Why the proxy does not take requests; undefined: it does. */
  readonly refuseReadiness: () => Promise<string | undefined>;
  readonly writeMetrics: (response: ServerResponse) => Promise<void>;
  /** Somebody on this machine, a job that is done, wants the proxy to end. */
  readonly onQuit: () => void;
}

const LOOPBACK = /^(127\.|::1$|::ffff:127\.)/;

/** Port 15020: readiness, merged figures, the application's probes. */
export class StatusServer {
  readonly #options: StatusServerOptions;
  readonly #server: Server;

  constructor(options: StatusServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => {
        if (!response.headersSent) response.statusCode = 500;
        response.end();
      });
    });
    this.#server.headersTimeout = 5_000;
    this.#server.requestTimeout = 5_000;
    this.#server.maxConnections = 256;
  }

  start(): Promise<void> {
    const { address, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, address, resolve);
    });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === '/healthz/ready') {
      const refusal = await this.#options.refuseReadiness();
      send(response, refusal === undefined ? 200 : 503, refusal ?? 'ready');
    } else if (path === '/stats/prometheus') {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      await this.#options.writeMetrics(response);
      response.end();
    } else if (path === '/quitquitquit') {
      this.#quit(request, response);
    } else {
      await this.#probe(path, request, response);
    }
  }

  async #probe(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const probe = this.#options.probes.get(path);
    if (probe === undefined) {
      send(response, 404, 'not found');
      return;
    }
    const userAgent = request.headers['user-agent'] ?? 'kube-probe/1';
    send(response, await runProbe(probe, this.#options.probeHost, userAgent), '');
  }

  #quit(request: IncomingMessage, response: ServerResponse): void {
    if (!LOOPBACK.test(request.socket.remoteAddress ?? '')) send(response, 403, 'only from this machine');
    else if (request.method !== 'POST') send(response, 405, 'only POST');
    else {
      send(response, 200, 'ending');
      this.#options.onQuit();
    }
  }
}

function send(response: ServerResponse, status: number, body: string): void {
  response.statusCode = status;
  response.end(body === '' ? '' : `${body}\n`);
}
