import type { ClaimMatcher, HeaderMatcher, PathMatcher, RouteMatchConfig } from '../engine/config.ts';
import { routingClaim } from './claims.ts';
import { isPresenceMatch, type StringMatch, toMatcher } from './string-match.ts';

/** The conditions of an HTTPMatchRequest that depend on the request; the static ones are settled before. */
export interface MatchRequest {
  readonly uri?: StringMatch;
  readonly ignoreUriCase?: boolean | undefined;
  readonly scheme?: StringMatch;
  readonly method?: StringMatch;
  readonly authority?: StringMatch;
  readonly headers?: Readonly<Record<string, StringMatch>> | undefined;
  readonly withoutHeaders?: Readonly<Record<string, StringMatch>> | undefined;
  readonly queryParams?: Readonly<Record<string, StringMatch>> | undefined;
}

/** These keys have fields of their own; as header names they mean nothing (HTTPMatchRequest documentation). */
const IGNORED_HEADER_KEYS: ReadonlySet<string> = new Set(['uri', 'scheme', 'method', 'authority']);

/** `segmentPrefixes`: a prefix is of whole path segments, as in an Ingress. */
export function resolveMatch(match: MatchRequest, segmentPrefixes = false): RouteMatchConfig {
  const headers: HeaderMatcher[] = [];
  const claims: ClaimMatcher[] = [];
  for (const [key, value] of Object.entries(match.headers ?? {})) {
    const claim = routingClaim(key);
    if (claim !== undefined) claims.push({ claim, match: toMatcher(value) });
    else if (!IGNORED_HEADER_KEYS.has(key)) headers.push({ name: key.toLowerCase(), match: toMatcher(value) });
  }
  for (const [key, value] of Object.entries(match.withoutHeaders ?? {})) {
    const claim = routingClaim(key);
    if (claim !== undefined) claims.push({ claim, match: toMatcher(value), invert: true });
    else if (!IGNORED_HEADER_KEYS.has(key)) headers.push(withoutHeader(key, value));
  }
  const query = Object.entries(match.queryParams ?? {}).map(([name, value]) => ({ name, match: toMatcher(value) }));
  const path = resolvePath(match.uri, match.ignoreUriCase === true, segmentPrefixes);
  return {
    ...(path === undefined ? {} : { path }),
    ...(isGiven(match.method) ? { method: toMatcher(match.method) } : {}),
    ...(isGiven(match.authority) ? { authority: toMatcher(match.authority) } : {}),
    ...(isGiven(match.scheme) ? { scheme: toMatcher(match.scheme) } : {}),
    ...(headers.length === 0 ? {} : { headers }),
    ...(query.length === 0 ? {} : { query }),
    ...(claims.length === 0 ? {} : { claims }),
  };
}

/** With a value, a missing header counts as the empty string; without one, the header must be absent. */
function withoutHeader(key: string, value: StringMatch): HeaderMatcher {
  const name = key.toLowerCase();
  if (isPresenceMatch(value)) return { name, match: { present: true }, invert: true };
  return { name, match: toMatcher(value), invert: true, missingAsEmpty: true };
}

function resolvePath(uri: StringMatch, ignoreCase: boolean, segmentPrefixes: boolean): PathMatcher | undefined {
  if (!isGiven(uri)) return undefined;
  const fold = ignoreCase ? { ignoreCase: true } : {};
  if (uri.exact !== undefined) return { exact: uri.exact, ...fold };
  if (uri.prefix !== undefined && segmentPrefixes) return { segmentPrefix: uri.prefix.replace(/\/$/, '') };
  if (uri.prefix !== undefined) return { prefix: uri.prefix, ...fold };
  return uri.regex === undefined ? undefined : { regex: uri.regex };
}

function isGiven(match: StringMatch): match is NonNullable<StringMatch> {
  return match !== null && match !== undefined;
}

/**
 * A route that takes everything: path prefix `/` (or the regex `.*`) and no other condition. Behind it nothing of
 * the same VirtualService is reached, and of several VirtualServices on a host it moves to the end (ISTIO.md 1.2).
 */
export function isCatchAll(match: RouteMatchConfig): boolean {
  const { path } = match;
  const everyPath =
    path === undefined ||
    ('prefix' in path && (path.prefix === '/' || path.prefix === '')) ||
    ('segmentPrefix' in path && path.segmentPrefix === '') ||
    ('regex' in path && (path.regex === '.*' || path.regex === '*'));
  return (
    everyPath &&
    match.method === undefined &&
    match.authority === undefined &&
    match.scheme === undefined &&
    (match.headers ?? []).length === 0 &&
    (match.query ?? []).length === 0 &&
    (match.claims ?? []).length === 0
  );
}
