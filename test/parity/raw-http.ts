import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** A request as it goes over the wire: nothing is tidied up. Text is bytes (latin1). */
export interface RawRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: HeaderLines;
  readonly body?: string;
}

export interface RawResponse {
  readonly status: number;
  readonly headers: HeaderLines;
  readonly body: string;
}

export interface Route {
  readonly address: string;
  readonly port: number;
  /** PROXY protocol: who the client is, and to which port it came; undefined: none is spoken. */
  readonly proxied?: { readonly client: string; readonly port: number };
  /** Server name; undefined: plaintext. */
  readonly sni?: string | undefined;
}

const TIMEOUT_MS = 8_000;

/** One request on a connection of its own. */
export async function sendRaw(route: Route, request: RawRequest): Promise<RawResponse> {
  const socket = await opened(connect({ host: route.address, port: route.port, noDelay: true }), 'connect');
  if (route.proxied !== undefined) socket.write(proxyLine(route.proxied));
  const { sni } = route;
  const stream =
    sni === undefined
      ? socket
      : await opened(connectTls({ socket, servername: sni, rejectUnauthorized: false }), 'secureConnect');
  stream.write(Buffer.from(wireForm(request), 'latin1'));
  return readResponse(stream, request.method);
}

function proxyLine({ client, port }: { readonly client: string; readonly port: number }): string {
  const family = client.includes(':') ? 'TCP6' : 'TCP4';
  const own = family === 'TCP6' ? '2001:db8::80' : '203.0.113.80';
  return `PROXY ${family} ${client} ${own} 40000 ${port}\r\n`;
}

export function wireForm({ method, target, headers, body }: RawRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${target} HTTP/1.1\r\n${lines}\r\n${body ?? ''}`;
}

function opened<S extends Socket>(socket: S, event: string): Promise<S> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once(event, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function readResponse(socket: Socket, method: string): Promise<RawResponse> {
  return new Promise((resolve, reject) => {
    let received = '';
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no complete response to ${method} in ${TIMEOUT_MS} ms: ${JSON.stringify(received)}`));
    }, TIMEOUT_MS);
    const finish = (message: Message | undefined, isEnd: boolean): void => {
      if (message === undefined || (!message.isComplete && !isEnd)) {
        if (isEnd) {
          clearTimeout(timer);
          reject(new Error(`the connection ended after ${JSON.stringify(received)}`));
        }
        return;
      }
      clearTimeout(timer);
      socket.destroy();
      const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(message.startLine)?.[1]);
      resolve({ status, headers: message.headers, body: message.body });
    };
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      finish(parseMessage(received, method === 'HEAD'), false);
    });
    socket.on('error', () => finish(parseMessage(received, method === 'HEAD'), true));
    socket.on('end', () => finish(parseMessage(received, method === 'HEAD'), true));
  });
}

export interface Message {
  readonly startLine: string;
  readonly headers: HeaderLines;
  readonly body: string;
  /** False: only the end of the connection ends it. */
  readonly isComplete: boolean;
}

/** The first message in the bytes; undefined while its head is not whole. */
export function parseMessage(bytes: string, isBodiless = false): Message | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [startLine = '', ...lines] = bytes.slice(0, end).split('\r\n');
  if (/^HTTP\/1\.1 1\d\d/.test(startLine) && !startLine.includes(' 101')) {
    return parseMessage(bytes.slice(end + 4), isBodiless);
  }
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const headerOf = (name: string): string | undefined => headers.find(([known]) => known === name)?.[1];
  const rest = bytes.slice(end + 4);
  if (isBodiless || / (?:204|304|101)\b/.test(startLine)) return { startLine, headers, body: '', isComplete: true };
  if (headerOf('transfer-encoding')?.includes('chunked')) return { startLine, headers, ...unchunked(rest) };
  const length = headerOf('content-length');
  if (length === undefined) {
    return { startLine, headers, body: rest, isComplete: !startLine.startsWith('HTTP/') };
  }
  return { startLine, headers, body: rest.slice(0, Number(length)), isComplete: rest.length >= Number(length) };
}

function unchunked(bytes: string): { body: string; isComplete: boolean } {
  let body = '';
  let position = 0;
  for (;;) {
    const line = bytes.indexOf('\r\n', position);
    if (line === -1) return { body, isComplete: false };
    const size = Number.parseInt(bytes.slice(position, line), 16);
    if (size === 0) return { body, isComplete: bytes.includes('\r\n\r\n', line) };
    body += bytes.slice(line + 2, line + 2 + size);
    position = line + 2 + size + 2;
  }
}
