import { createHash, timingSafeEqual } from 'node:crypto';
import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import type { ProblemView } from './wire.ts';

export interface GuardOptions {
  /** Names by which the console may be called, besides localhost and addresses. */
  readonly hosts: readonly string[];
  /** Allows changes to whoever shows it; undefined: nobody changes anything. */
  readonly token: string | undefined;
}

/** Styles and scripts are files of the console itself; nothing inline, nothing from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What every answer says to the browser. */
export const hardened: MiddlewareHandler = async (context, next) => {
  await next();
  context.header('content-security-policy', CONTENT_SECURITY_POLICY);
  context.header('x-content-type-options', 'nosniff');
  context.header('referrer-policy', 'no-referrer');
  context.header('cross-origin-opener-policy', 'same-origin');
  context.header('cross-origin-resource-policy', 'same-origin');
};

/**
 * A page on another site can make a browser call us, by our address or by a name of its own that it lets lead here
 * (DNS rebinding). So the Host has to be one of ours; an address cannot be rebound. And what carries an Origin, or is
 * said by the browser to come from another site, is refused unless it is our own page.
 */
export function sameOrigin({ hosts }: GuardOptions): MiddlewareHandler {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return async (context, next) => {
    const host = context.req.header('host') ?? '';
    if (!isOwnHost(host, allowed)) {
      const problem: ProblemView = {
        error: `the console is not served as ${JSON.stringify(host.slice(0, 100))}`,
        why: 'another name could have been made to lead here by a page that you have open',
        fix: 'Open it as localhost or by its address, or allow the name with --console-host.',
      };
      return context.json(problem, 421);
    }
    const origin = context.req.header('origin');
    const site = context.req.header('sec-fetch-site');
    const isForeign = origin !== undefined ? hostOf(origin) !== host.toLowerCase() : site === 'cross-site';
    const isNavigation = context.req.header('sec-fetch-mode') === 'navigate' && context.req.method === 'GET';
    if (isForeign && !isNavigation) {
      const problem: ProblemView = {
        error: 'another site cannot use the console',
        why: 'the request comes from a page that is not the console',
      };
      return context.json(problem, 403);
    }
    return next();
  };
}

function isOwnHost(host: string, allowed: ReadonlySet<string>): boolean {
  const name = host
    .toLowerCase()
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  return name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0 || allowed.has(name);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

export type Access = 'read-only' | 'token-needed' | 'granted';

/** A bearer token is no cookie: a browser adds it to no request by itself. */
export function accessOf(token: string | undefined, authorization: string | undefined): Access {
  if (token === undefined) return 'read-only';
  const [scheme = '', given = ''] = (authorization ?? '').split(' ');
  return scheme.toLowerCase() === 'bearer' && isEqualSecret(given, token) ? 'granted' : 'token-needed';
}

/** In the same time whatever is given. */
function isEqualSecret(a: string, b: string): boolean {
  const [hashA, hashB] = [a, b].map((text) => createHash('sha256').update(text).digest());
  return hashA !== undefined && hashB !== undefined && timingSafeEqual(hashA, hashB);
}

export function mayChange({ token }: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const access = accessOf(token, context.req.header('authorization'));
    if (access === 'granted') return next();
    const problem: ProblemView =
      access === 'read-only'
        ? {
            error: 'this console is read-only',
            why: 'it was started without a token',
            fix: 'Start it with --console-token, and give that token here.',
          }
        : { error: 'changes need the token', fix: 'Unlock the console with the token that it was started with.' };
    return context.json(problem, access === 'read-only' ? 403 : 401);
  };
}
