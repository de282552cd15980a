import type { PathMatcher, RouteConfig } from './config.ts';
import { regexReplaceAll } from './regex/re2.ts';
import type { EngineRequest } from './request.ts';

export type PathRewrite =
  | { readonly full: string }
  | { readonly prefix: string }
  | { readonly regex: string; readonly substitution: string };

/** The path that a rewrite makes of a request's path; the query is the caller's business. */
export function rewritePath(rewrite: PathRewrite, route: RouteConfig, request: EngineRequest): string {
  if ('full' in rewrite) return rewrite.full;
  if ('regex' in rewrite) return regexReplaceAll(rewrite.regex, request.path, rewrite.substitution);
  return replacePrefix(rewrite.prefix, route.match.path, request.path);
}

/**
 * A plain prefix is replaced to the letter (`/v2` → `/` makes `//x` of `/v2/x`), as Envoy's prefix_rewrite does; a
 * route without a path condition has matched the prefix `/`; any other match has matched the whole path. A
 * segment prefix follows the Gateway API: exactly one slash stays between the replacement and the rest, and the
 * result is never empty.
 */
function replacePrefix(replacement: string, matched: PathMatcher | undefined, path: string): string {
  if (matched !== undefined && 'segmentPrefix' in matched) {
    const rest = path.slice(matched.segmentPrefix.length);
    const base = replacement.endsWith('/') ? replacement.slice(0, -1) : replacement;
    return `${base}${rest}` || '/';
  }
  if (matched === undefined) return replacement + path.slice(1);
  return 'prefix' in matched ? replacement + path.slice(matched.prefix.length) : replacement;
}
