import type { RedirectAction, RouteConfig } from './config.ts';
import { portOfAuthority } from './facts.ts';
import { rewritePath } from './path-rewrite.ts';
import type { EngineRequest } from './request.ts';

/**
 * The Location of a redirect (Envoy's RedirectEntry): scheme, host and port as configured or as the request has
 * them, path replaced or kept, query kept unless the new path brings its own.
 */
export function redirectLocation(action: RedirectAction, route: RouteConfig, request: EngineRequest): string {
  const { facts } = request;
  const scheme = action.scheme ?? facts.scheme;
  return `${scheme}://${redirectAuthority(action, scheme, request)}${redirectTarget(action, route, request)}`;
}

/** The Location for a server with `httpsRedirect`: only the scheme changes, a port in the authority stays. */
export function httpsLocation(request: EngineRequest): string {
  return `https://${request.facts.authority}${request.target}`;
}

function redirectAuthority(action: RedirectAction, scheme: string, { facts }: EngineRequest): string {
  const port = action.port === undefined ? '' : `:${action.port}`;
  if (action.authority !== undefined) return action.authority + port;
  return withoutReplacedPort(facts.authority, facts.scheme, scheme, port !== '') + port;
}

function redirectTarget(action: RedirectAction, route: RouteConfig, request: EngineRequest): string {
  if (action.path === undefined) return request.target;
  const rewritten = rewritePath(action.path, route, request);
  const path = rewritten.startsWith('/') ? rewritten : `/${rewritten}`;
  return path.includes('?') || request.query === undefined ? path : `${path}?${request.query}`;
}

/** A new port replaces the one sent; a new scheme drops the default port of the old one; any other port stays. */
function withoutReplacedPort(authority: string, from: string, to: string, replaced: boolean): string {
  const port = portOfAuthority(authority);
  const isOldDefault = from !== to && port === (from === 'https' ? 443 : 80);
  const drops = (replaced && authority.lastIndexOf(':') > authority.lastIndexOf(']')) || isOldDefault;
  return drops ? authority.slice(0, authority.lastIndexOf(':')) : authority;
}
