import { deno, type HttpClient } from './deno-runtime.ts';

/** Made by the client for its own connection; the handshake behind it has its own. */
const HANDSHAKE = [
  'connection',
  'upgrade',
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-extensions',
  'sec-websocket-protocol',
] as const;
/** A WebSocket cannot be told to wait: who does not read in time loses the connection, not us the memory. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** RFC 6455 §7.4.1: "no status code was actually present". */
const NO_STATUS = 1005;
const TRY_AGAIN_LATER = 1013;

interface ClientOptions {
  readonly protocols: readonly string[];
  readonly headers: Headers;
  readonly client: HttpClient;
}

/** Opens the WebSocket behind the edge first, so that a refusal there is one for the client. */
export async function proxyWebSocket(
  url: string,
  headers: Headers,
  original: Request,
  client: HttpClient,
): Promise<Response> {
  const protocols = (headers.get('sec-websocket-protocol') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  // A copy: a retry needs them all again.
  const own = new Headers(headers);
  for (const name of HANDSHAKE) own.delete(name);
  const upstream = openUpstream(url.replace(/^http/, 'ws'), { protocols, headers: own, client });
  const early: MessageEvent[] = [];
  const keep = (event: MessageEvent): number => early.push(event);
  upstream.addEventListener('message', keep);
  await opened(upstream);
  const { protocol } = upstream;
  const { socket, response } = deno.upgradeWebSocket(original, protocol === '' ? {} : { protocol });
  socket.binaryType = 'arraybuffer';
  socket.addEventListener('open', () => {
    upstream.removeEventListener('message', keep);
    for (const event of early) relay(event, upstream, socket);
    join(upstream, socket);
  });
  join(socket, upstream);
  return response;
}

function openUpstream(url: string, options: ClientOptions): WebSocket {
  const Client = WebSocket as unknown as new (url: string, options: ClientOptions) => WebSocket;
  const socket = new Client(url, options);
  socket.binaryType = 'arraybuffer';
  return socket;
}

function opened(socket: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', (event) => reject(new Error((event as ErrorEvent).message)));
  });
}

/** What comes from one goes to the other, its end too. */
function join(from: WebSocket, to: WebSocket): void {
  from.addEventListener('message', (event) => relay(event, from, to));
  from.addEventListener('close', ({ code, reason }) => close(to, code, reason));
  // It was closed while the other side was still opening.
  if (from.readyState === WebSocket.CLOSED) close(to, NO_STATUS, '');
}

function relay({ data }: MessageEvent, from: WebSocket, to: WebSocket): void {
  if (to.readyState !== WebSocket.OPEN) return;
  to.send(data);
  if (to.bufferedAmount <= MAX_BUFFERED_BYTES) return;
  close(to, TRY_AGAIN_LATER, '');
  close(from, TRY_AGAIN_LATER, '');
}

function close(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState >= WebSocket.CLOSING) return;
  // The API lets a client say 1000 and 3000 to 4999 only.
  if (code === 1000 || (code >= 3000 && code < 5000)) socket.close(code, reason);
  else socket.close();
}
