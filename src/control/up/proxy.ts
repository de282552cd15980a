import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AppRequest } from './app-request.ts';

const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });

const UPSTREAM_ERROR = 'upstream connect error or disconnect/reset before headers. reset reason: ';

/** Hands a request to a real server and its answer back, both streaming, as Envoy would. */
export function proxyRequest(
  baseUrl: string,
  app: AppRequest,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const startedMs = performance.now();
  const outgoing = httpRequest(baseUrl, {
    agent,
    method: app.method,
    path: app.target,
    headers: [...app.rawHeaders],
    setHost: false,
  });
  outgoing.on('response', (incoming) => {
    // The time was up.
    if (response.headersSent) return outgoing.destroy();
    const headers = incoming.rawHeaders.filter((_, i, all) => !isStamp(all[i - (i % 2)] as string));
    headers.push(
      'server',
      'istio-envoy',
      'x-envoy-upstream-service-time',
      String(Math.round(performance.now() - startedMs)),
    );
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage ?? '', headers);
    incoming.on('error', () => response.destroy());
    incoming.pipe(response);
  });
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else fail(request, response, error);
  });
  // Whoever goes first takes the other side along.
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

export function proxyUpgrade(
  baseUrl: string,
  app: AppRequest,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  const headers = [...app.rawHeaders, 'connection', 'Upgrade', 'upgrade', request.headers.upgrade ?? 'websocket'];
  const outgoing = httpRequest(baseUrl, { method: app.method, path: app.target, headers, setHost: false });
  outgoing.on('upgrade', (response, upstream, upstreamHead) => {
    socket.write(headText(response));
    socket.write(upstreamHead);
    upstream.write(head);
    upstream.on('error', () => socket.destroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.pipe(socket).pipe(upstream);
  });
  outgoing.on('response', (response) => {
    socket.write(headText(response));
    response.pipe(socket);
  });
  outgoing.on('error', () => socket.end('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n'));
  outgoing.end();
}

function headText({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/1.1 ${statusCode ?? 502} ${statusMessage ?? ''}\r\n`;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`;
  return `${text}\r\n`;
}

function fail(request: IncomingMessage, response: ServerResponse, error: Error): void {
  request.unpipe();
  request.resume();
  const body = UPSTREAM_ERROR + resetReason((error as NodeJS.ErrnoException).code);
  response.writeHead(503, {
    server: 'istio-envoy',
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

/** Envoy's words. */
function resetReason(code: string | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'remote connection failure, transport failure reason: delayed connect error: Connection refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection termination';
    default:
      return code?.startsWith('HPE_') ? 'protocol error' : 'remote connection failure';
  }
}

function isStamp(name: string): boolean {
  const lower = name.toLowerCase();
  return (
    lower === 'server' ||
    lower === 'x-envoy-upstream-service-time' ||
    lower === 'connection' ||
    lower === 'keep-alive' ||
    lower === 'transfer-encoding'
  );
}
