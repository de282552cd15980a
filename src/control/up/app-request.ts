import type { IncomingMessage } from 'node:http';
import { isStrippedByGateway } from '../../engine/connection-headers.ts';

/** A request as the application receives it from its gateway. */
export interface AppRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly authority: string;
  /** Lower-case name → values. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Name and value in turn, for sending it on. */
  readonly rawHeaders: readonly string[];
}

/** What concerns only the connection to the gateway. */
const TAKEN_OFF: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade']);

/** `isBehindSidecar`: what a gateway takes off has been taken off, and what is there the sidecar says. */
export function appRequest(request: IncomingMessage, authority: string, isBehindSidecar = false): AppRequest {
  const headers: Record<string, string[]> = { host: [authority] };
  const rawHeaders = ['host', authority];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] as string).toLowerCase();
    const value = request.rawHeaders[i + 1] as string;
    if (name === 'host' || name.startsWith('x-foresail-') || TAKEN_OFF.has(name)) continue;
    if (!isBehindSidecar && isStrippedByGateway(name)) continue;
    const values = Object.hasOwn(headers, name) ? headers[name] : undefined;
    if (values === undefined) headers[name] = [value];
    else values.push(value);
    rawHeaders.push(request.rawHeaders[i] as string, value);
  }
  return { method: request.method ?? 'GET', target: request.url ?? '/', authority, headers, rawHeaders };
}
