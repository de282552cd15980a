import { deno, type HttpClient } from './deno-runtime.ts';
import { proxyWebSocket } from './deno-websocket.ts';
import { contentLength } from './native-pipe.ts';
import type { Transport, Transports } from './runtime.ts';

/** RFC 9110 §7.6.1. Deno's fetch sends them as they are, and shows those of the response. */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
] as const;
/** What Deno's fetch decodes by itself, while it leaves the headers that speak of the encoded bytes. */
const DECODED: ReadonlySet<string> = new Set(['gzip', 'br']);
/** Deno's fetch sends every stream chunked, which not all servers take: what is known to be small is sent whole. */
const MAX_WHOLE_BODY_BYTES = 64 * 1024;

type DenoInit = RequestInit & { readonly client?: HttpClient; readonly duplex?: 'half' };

/** Deno's fetch made to do what a proxy needs of it. */
class DenoTransport implements Transport {
  readonly takesHost: boolean;
  readonly #client: HttpClient;

  constructor(takesHost: boolean) {
    this.takesHost = takesHost;
    this.#client = deno.createHttpClient({ allowHost: takesHost });
  }

  async fetch(request: string | Request, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    for (const name of HOP_BY_HOP) headers.delete(name);
    // It has been answered to the client already.
    headers.delete('expect');
    const sent: DenoInit = { ...init, headers, client: this.#client };
    const body = init.body instanceof ReadableStream ? await wholeIfSmall(init.body, headers) : init.body;
    return forProxying(await fetch(request, body == null ? sent : { ...sent, body }));
  }

  upgrade(url: string, headers: Headers, original: Request): Promise<Response> {
    return proxyWebSocket(url, headers, original, this.#client);
  }
}

/** Only gateways are sent a Host of the edge's choice: an origin is asked by its own name, here as in Workers. */
export function denoTransports(): Transports {
  return { origin: new DenoTransport(false), gateway: new DenoTransport(true) };
}

async function wholeIfSmall(
  body: ReadableStream<Uint8Array>,
  headers: Headers,
): Promise<ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>> {
  const lengthBytes = contentLength(headers);
  return lengthBytes === undefined || lengthBytes > MAX_WHOLE_BODY_BYTES ? body : await new Response(body).bytes();
}

function forProxying(response: Response): Response {
  const { headers } = response;
  const isDecoded = response.body !== null && DECODED.has(headers.get('content-encoding')?.toLowerCase() ?? '');
  if (!isDecoded && !HOP_BY_HOP.some((name) => headers.has(name))) return response;
  const own = new Response(response.body, response);
  const named = (headers.get('connection') ?? '').split(',').map((option) => option.trim());
  for (const name of [...HOP_BY_HOP, ...named]) if (/^[\w-]+$/.test(name)) own.headers.delete(name);
  if (isDecoded) {
    own.headers.delete('content-encoding');
    own.headers.delete('content-length');
  }
  return own;
}
