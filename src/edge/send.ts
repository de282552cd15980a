import { PASS_HEADER, type PassClaims, type PassIssuer } from './edge-pass.ts';
import type { Upstream } from './links.ts';
import { bodyInit, isBodyBound, type RequestBody } from './request-body.ts';
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
  /** The request that this one carries on. */
  readonly original?: Request;
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

function transmit(outgoing: Outgoing, upstream: Upstream): Promise<Response> {
  const { method, headers, body, target, claims, signal, original } = outgoing;
  const url = urlOf(upstream.baseUrl ?? `http://${urlAuthority(claims.auth)}`, target);
  const { transport } = upstream;
  if (transport.takesHost === true) headers.set('host', claims.auth);
  if (transport.upgrade !== undefined && original !== undefined && isWebSocket(headers)) {
    return transport.upgrade(url, headers, original);
  }
  const init: RequestInit = { method, headers, redirect: 'manual' };
  if (signal !== undefined) init.signal = signal;
  if (body === null) return transport.fetch(url, init);
  if (isBodyBound(method) && original !== undefined) {
    const { method: _, ...rest } = init;
    return transport.fetch(new Request(url, original), rest);
  }
  return transport.fetch(url, { ...init, ...bodyInit(body) });
}

function isWebSocket(headers: Headers): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket';
}

/** A rewrite may leave a path without its slash; right behind a host, `@evil.example` would be another host. */
function urlOf(baseUrl: string, target: string): string {
  return target.charCodeAt(0) === 47 /* / */ ? baseUrl + target : `${baseUrl}/${target}`;
}

/** What a client calls a host may hold a path or a user. */
function urlAuthority(authority: string): string {
  return /^[^\s/\\?#@]+$/.test(authority) ? authority : 'invalid';
}
