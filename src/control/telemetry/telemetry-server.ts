import { timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Telemetry } from './telemetry.ts';

export interface TelemetryServerOptions {
  readonly telemetry: Telemetry;
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What pushes have to bring as a bearer token; undefined: nothing. */
  readonly pushToken: string | undefined;
}

/** A push holds the series of one isolate. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const PATH = /^\/v1\/(metrics|logs|traces)$/;

/** Takes OTLP/HTTP in JSON on `/v1/…`, serves `/metrics` to Prometheus. */
export class TelemetryServer {
  readonly #options: TelemetryServerOptions;
  readonly #server: Server;

  constructor(options: TelemetryServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => {
        if (!response.headersSent) response.statusCode = 500;
        response.end();
      });
    });
    this.#server.requestTimeout = 30_000;
  }

  /** Its URL. */
  async start(): Promise<string> {
    const { host, port } = this.#options;
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
    return `http://${host.includes(':') ? `[${host}]` : host}:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server.close(), 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    if (path === '/metrics' && request.method === 'GET') {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(await this.#options.telemetry.metricsText());
      return;
    }
    const signal = PATH.exec(path)?.[1];
    if (signal === undefined) return end(response, 404, 'there are /metrics and /v1/{metrics,logs,traces}');
    if (request.method !== 'POST') return end(response, 405, 'pushes are POST requests');
    if (!this.#isAllowed(request)) return end(response, 401, 'a push needs the bearer token of this control plane');
    if (!(request.headers['content-type'] ?? '').includes('json')) return end(response, 415, 'OTLP/HTTP in JSON only');
    const body = await readBody(request);
    if (body === undefined) return end(response, 413, `a push may have ${MAX_BODY_BYTES} bytes`);
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      return end(response, 400, 'the body is not JSON');
    }
    const result = this.#options.telemetry.take(signal as 'metrics' | 'logs' | 'traces', value);
    if (result.kind === 'refused') return end(response, 400, result.reason);
    response.setHeader('content-type', 'application/json');
    end(response, 200, '{}');
  }

  #isAllowed(request: IncomingMessage): boolean {
    const { pushToken } = this.#options;
    if (pushToken === undefined) return true;
    const given = Buffer.from(request.headers.authorization ?? '');
    const wanted = Buffer.from(`Bearer ${pushToken}`);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }
}

/** Undefined: too long. It is read to its end nevertheless, else the sender would see a broken connection, not the reason. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString();
}

function end(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  response.end(`${text}\n`);
}
