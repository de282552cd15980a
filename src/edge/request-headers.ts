import { rejoinCookies } from './cookies.ts';
import { PASS_HEADER } from './edge-pass.ts';
import type { EdgeFacts } from './facts.ts';

/** RFC 9110 §7.6.1, and what Envoy takes off besides; the runtime itself drops Connection, TE and Transfer-Encoding. */
const HOP_BY_HOP = ['keep-alive', 'proxy-connection', 'upgrade', 'te', 'trailer'] as const;

/** Connection options that name no header of their own. */
const PLAIN_OPTIONS: ReadonlySet<string> = new Set(['', 'close', 'keep-alive', 'upgrade', 'te']);

/**
 * The request's headers without what concerns only the client's connection. The native copy is by far the cheapest
 * way to edit headers in workerd; each look-up and edit after it costs most of a microsecond.
 */
export function upstreamHeaders(facts: EdgeFacts, getsPass: boolean): Headers {
  const headers = new Headers(facts.headers);
  const connection = headers.get('connection');
  if (connection !== null) removeConnectionHeaders(headers, connection.toLowerCase());
  const cookie = headers.get('cookie');
  if (cookie?.includes(', ')) headers.set('cookie', rejoinCookies(cookie));
  // Never the client's own: the gateway would refuse it, an origin must not see it. Ours will replace it.
  if (!getsPass) headers.delete(PASS_HEADER);
  return headers;
}

export function isWebSocketUpgrade(facts: EdgeFacts): boolean {
  return facts.headers.get('upgrade')?.toLowerCase() === 'websocket';
}

function removeConnectionHeaders(headers: Headers, connection: string): void {
  const isUpgrade = headers.get('upgrade')?.toLowerCase() === 'websocket';
  for (const name of HOP_BY_HOP) if (name !== 'upgrade' || !isUpgrade) headers.delete(name);
  if (PLAIN_OPTIONS.has(connection)) return;
  for (const option of connection.split(',')) {
    const name = option.trim();
    // "A proxy … MUST … remove any header or trailer field(s) … with the same name as the connection-option".
    if (!PLAIN_OPTIONS.has(name) && /^[\w!#$%&'*+\-.^`|~]+$/.test(name)) headers.delete(name);
  }
}
