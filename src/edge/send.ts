import { PASS_HEADER, type PassClaims, type PassIssuer } from './edge-pass.ts';
import type { Upstream } from './links.ts';
import { bodyInit, type RequestBody } from './request-body.ts';
import type { RequestContext } from './runtime.ts';

/** One request to one upstream. */
export interface Outgoing {
  readonly method: string;
  readonly headers: Headers;
  readonly body: RequestBody | null;
  /** Path and query. */
  readonly target: string;
  readonly claims: PassClaims;
  readonly signal: AbortSignal | undefined;
}

/** Sends it; what a cluster gateway wants to know goes into a pass. */
export function send(
  outgoing: Outgoing,
  upstream: Upstream,
  passes: PassIssuer | undefined,
  context: RequestContext,
): Promise<Response> {
  if (!upstream.isGateway || passes === undefined) return transmit(outgoing, upstream);
  const pass = passes.issue(outgoing.claims, context);
  if (typeof pass === 'string') {
    outgoing.headers.set(PASS_HEADER, pass);
    return transmit(outgoing, upstream);
  }
  return pass.then((signed) => {
    outgoing.headers.set(PASS_HEADER, signed);
    return transmit(outgoing, upstream);
  });
}

function transmit({ method, headers, body, target, claims, signal }: Outgoing, upstream: Upstream): Promise<Response> {
  const url = (upstream.baseUrl ?? `http://${claims.auth}`) + target;
  const init: RequestInit = { method, headers, redirect: 'manual', ...bodyInit(body) };
  if (signal !== undefined) init.signal = signal;
  return upstream.transport.fetch(url, init);
}
