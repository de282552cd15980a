import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import type { Transport } from '../../../src/edge/runtime.ts';

const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
const NULL_BODY: ReadonlySet<number> = new Set([204, 205, 304]);

/** Node's HTTP client as a transport: unlike its fetch it decodes nothing and can carry an upgrade. */
export class NodeTransport implements Transport {
  readonly takesHost = true;
  readonly #sockets = new WeakMap<Response, Duplex>();

  fetch(input: string | Request, init: RequestInit = {}): Promise<Response> {
    const url = typeof input === 'string' ? input : input.url;
    const headers = new Headers(init.headers);
    for (const name of HOP_BY_HOP) headers.delete(name);
    if (init.body == null) headers.delete('content-length');
    return this.#request(url, init, headers);
  }

  upgrade(url: string, headers: Headers): Promise<Response> {
    headers.set('connection', 'Upgrade');
    return this.#request(url, {}, headers);
  }

  /** What an upgraded response stands for. */
  socketOf(response: Response): Duplex | undefined {
    return this.#sockets.get(response);
  }

  #request(url: string, { method = 'GET', body, signal }: RequestInit, headers: Headers): Promise<Response> {
    return new Promise((resolve, reject) => {
      const options = { method, headers: Object.fromEntries(headers), ...(signal == null ? {} : { signal }) };
      const outgoing = httpRequest(url, options, (incoming) => resolve(responseOf(incoming, method)));
      outgoing.once('error', reject);
      outgoing.once('upgrade', (incoming, socket, head) => {
        socket.unshift(head);
        const response = new Response(null, { headers: headersOf(incoming) });
        // No response can be made with this status; the edge looks at nothing else.
        Object.defineProperty(response, 'status', { value: 101 });
        this.#sockets.set(response, socket);
        resolve(response);
      });
      if (body instanceof ReadableStream) Readable.fromWeb(body as never).pipe(outgoing);
      else outgoing.end(body);
    });
  }
}

function responseOf(incoming: IncomingMessage, method: string): Response {
  const status = incoming.statusCode ?? 500;
  const hasBody = method !== 'HEAD' && !NULL_BODY.has(status);
  if (!hasBody) incoming.resume();
  const body = hasBody ? (Readable.toWeb(incoming) as ReadableStream<Uint8Array>) : null;
  return new Response(body, { status, headers: headersOf(incoming) });
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers();
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) headers.append(rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '');
  for (const name of HOP_BY_HOP) headers.delete(name);
  return headers;
}
