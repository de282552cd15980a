import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostPort } from '../../xds/address.ts';
import { type AppRequest, appRequest } from './app-request.ts';
import { echo } from './echo.ts';
import type { EndpointTable, StandIn } from './endpoints.ts';
import type { PassVerifier, VerifiedPass } from './pass-verifier.ts';
import { proxyRequest, proxyUpgrade } from './proxy.ts';
import { keepTime } from './route-timeout.ts';
import { echoWebSocket } from './websocket-echo.ts';

/** Envoy's defaults: max_request_headers_kb, max_headers_count. */
const MAX_HEADER_BYTES = 60 * 1024;
const MAX_HEADERS = 100;
/** Node has to read what is then refused. */
const NODE_MAX_HEADER_BYTES = 1024 * 1024;
/** Longer than workerd keeps a connection. */
const KEEP_ALIVE_MS = 15 * 60 * 1000;

type Chosen = { readonly standIn: StandIn; readonly pass: VerifiedPass };
type Refusal = { readonly status: number; readonly body: string };

const NO_ENDPOINT: Refusal = { status: 503, body: 'no healthy upstream' };

/**
 * Plays the cluster gateway of one cluster and everything behind it: verifies the edge pass, takes an endpoint of the
 * destination that it names, restores the authority, and answers as that pod or hands over to a real server.
 */
export class Hub {
  readonly #server: Server;
  readonly #passes: PassVerifier;
  readonly #turns = new Map<string, number>();
  #endpoints: EndpointTable = new Map();
  #isRetired = false;

  constructor(passes: PassVerifier) {
    this.#passes = passes;
    this.#server = createServer(
      { maxHeaderSize: NODE_MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0, headersTimeout: 0 },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxHeadersCount = 0;
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  set endpoints(endpoints: EndpointTable) {
    this.#endpoints = endpoints;
  }

  /** On a free port of the loopback interface. */
  async listen(): Promise<HostPort> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return { address: '127.0.0.1', port: (this.#server.address() as AddressInfo).port };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (this.#server.listening) await once(this.#server.close(), 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const startedMs = performance.now();
    request.on('error', () => response.destroy());
    if (this.#isRetired) response.setHeader('connection', 'close');
    const chosen = await this.#choose(request);
    if ('status' in chosen) return refuse(request, response, chosen);
    const { standIn, pass } = chosen;
    keepTime(pass.timeoutMs, request, response);
    await this.#answerAs(standIn, appRequest(request, pass.auth), request, response, startedMs);
  }

  /** For callers inside of the mesh: no gateway stands between them and a pod. */
  answerInside(
    standIns: readonly StandIn[],
    authority: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    request.on('error', () => response.destroy());
    const standIn = this.#take(authority, standIns);
    if (standIn === undefined) refuse(request, response, NO_ENDPOINT);
    else void this.#answerAs(standIn, appRequest(request, authority), request, response, performance.now());
  }

  /** Behind a sidecar: what it says of the caller is for the application. */
  answerAsPod(standIn: StandIn, request: IncomingMessage, response: ServerResponse): void {
    request.on('error', () => response.destroy());
    const app = appRequest(request, request.headers.host ?? standIn.service, true);
    void this.#answerAs(standIn, app, request, response, performance.now());
  }

  upgradeAsPod(standIn: StandIn, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#upgradeAs(standIn, appRequest(request, request.headers.host ?? standIn.service, true), request, socket, head);
  }

  /** Something else takes its place from now on: who has a connection is to leave it. */
  retire(): void {
    this.#isRetired = true;
    this.#server.closeIdleConnections();
  }

  async #answerAs(
    standIn: StandIn,
    app: AppRequest,
    request: IncomingMessage,
    response: ServerResponse,
    startedMs: number,
  ): Promise<void> {
    try {
      if (standIn.upstream !== undefined) return proxyRequest(standIn.upstream, app, request, response);
      stampOnSend(response, startedMs);
      await echo(standIn, app, request, response);
    } catch {
      response.destroy();
    }
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy());
    const chosen = await this.#choose(request);
    if ('status' in chosen) {
      socket.end(`HTTP/1.1 ${chosen.status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    this.#upgradeAs(chosen.standIn, appRequest(request, chosen.pass.auth), request, socket, head);
  }

  #upgradeAs(standIn: StandIn, app: AppRequest, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (standIn.upstream === undefined) echoWebSocket(request, socket, head);
    else proxyUpgrade(standIn.upstream, app, request, socket, head);
  }

  async #choose(request: IncomingMessage): Promise<Chosen | Refusal> {
    if (isTooLarge(request)) return { status: 431, body: '' };
    const token = request.headers['x-foresail-pass'];
    const pass = typeof token === 'string' ? await this.#passes.verify(token) : undefined;
    if (pass === undefined) {
      return { status: 401, body: token === undefined ? 'Jwt is missing' : 'Jwt verification fails' };
    }
    const standIn = this.#take(pass.dst, this.#endpoints.get(pass.dst) ?? []);
    return standIn === undefined ? NO_ENDPOINT : { standIn, pass };
  }

  /** Pods take turns. */
  #take(destination: string, standIns: readonly StandIn[]): StandIn | undefined {
    const turn = this.#turns.get(destination) ?? 0;
    this.#turns.set(destination, turn + 1);
    return standIns[turn % standIns.length];
  }
}

function isTooLarge({ rawHeaders, url }: IncomingMessage): boolean {
  if (rawHeaders.length / 2 > MAX_HEADERS) return true;
  let bytes = url?.length ?? 0;
  for (const part of rawHeaders) bytes += part.length;
  return bytes > MAX_HEADER_BYTES;
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, body }: Refusal): void {
  request.resume();
  response.writeHead(status, {
    server: 'istio-envoy',
    ...(body === '' ? {} : { 'content-type': 'text/plain' }),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** As Envoy's router and connection manager stamp what comes from an upstream. */
function stampOnSend(response: ServerResponse, startedMs: number): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((...args: Parameters<typeof writeHead>) => {
    response.setHeader('x-envoy-upstream-service-time', String(Math.round(performance.now() - startedMs)));
    response.setHeader('server', 'istio-envoy');
    return writeHead(...args);
  }) as typeof response.writeHead;
}
