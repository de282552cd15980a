import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** What the mesh must see in calls that a request causes: who it is for, and the trace that it belongs to. */
const FORWARDED = [
  'end-user',
  'authorization',
  'x-request-id',
  'traceparent',
  'tracestate',
  'b3',
  'x-b3-traceid',
  'x-b3-spanid',
  'x-b3-parentspanid',
  'x-b3-sampled',
  'x-b3-flags',
];

export type Handler = (request: IncomingMessage, response: ServerResponse, path: string) => Promise<void>;

/** Serves on PORT; a handler that fails answers 500 and the process goes on. */
export function serve(name: string, handler: Handler): void {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    if (path === '/health') return sendJson(response, 200, { status: `${name} is healthy` });
    handler(request, response, path).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent) sendJson(response, 500, { error: `${name} failed` });
    });
  });
  server.listen(Number(process.env.PORT ?? 9080), process.env.HOST, () => {
    const address = server.address();
    console.log(`${name} listens on port ${typeof address === 'object' ? address?.port : address}`);
  });
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}

/** The number behind `/name/`; undefined when there is none. */
export function idAfter(prefix: string, path: string): number | undefined {
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  return /^\d{1,9}$/.test(rest) ? Number(rest) : undefined;
}

/** GET from another service; undefined when it does not answer with 200. */
export async function ask(service: string, path: string, caller: IncomingMessage): Promise<unknown> {
  const headers = new Headers();
  for (const name of FORWARDED) {
    const value = caller.headers[name];
    if (typeof value === 'string') headers.set(name, value);
  }
  try {
    const response = await fetch(`${serviceUrl(service)}${path}`, { headers, signal: AbortSignal.timeout(3000) });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined;
  }
}

/** `foresail up` says where a service is; in a cluster its name does. */
function serviceUrl(service: string): string {
  return process.env[`FORESAIL_SERVICE_${service.toUpperCase()}_URL`] ?? `http://${service}:9080`;
}
