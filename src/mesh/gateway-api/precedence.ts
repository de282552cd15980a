import type { RouteConfig } from '../../engine/config.ts';
import type { Resource } from '../../resources/resource.ts';

/** A route with what its place among others depends on. */
export interface Ranked {
  readonly config: RouteConfig;
  readonly route: Resource;
  readonly ruleIndex: number;
  readonly matchIndex: number;
}

/**
 * The Gateway API's own order of matches (HTTPRouteRule.matches): exact path, then the longest prefix, then regular
 * expressions; then a method, then more headers, then more query parameters; then the oldest route, by name where
 * the age is the same, and in a route the first rule and match.
 */
export function byPrecedence(a: Ranked, b: Ranked): number {
  return (
    pathRank(b.config) - pathRank(a.config) ||
    pathLength(b.config) - pathLength(a.config) ||
    Number(b.config.match.method !== undefined) - Number(a.config.match.method !== undefined) ||
    (b.config.match.headers?.length ?? 0) - (a.config.match.headers?.length ?? 0) ||
    (b.config.match.query?.length ?? 0) - (a.config.match.query?.length ?? 0) ||
    a.route.metadata.creationTimestampMs - b.route.metadata.creationTimestampMs ||
    compareNames(a.route, b.route) ||
    a.ruleIndex - b.ruleIndex ||
    a.matchIndex - b.matchIndex
  );
}

function pathRank({ match: { path } }: RouteConfig): number {
  if (path === undefined) return 0;
  if ('exact' in path) return 3;
  return 'regex' in path ? 1 : 2;
}

function pathLength({ match: { path } }: RouteConfig): number {
  if (path === undefined) return 0;
  if ('exact' in path) return path.exact.length;
  if ('segmentPrefix' in path) return path.segmentPrefix.length;
  return 'prefix' in path ? path.prefix.length : path.regex.length;
}

function compareNames(a: Resource, b: Resource): number {
  const [first, second] = [a, b].map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  return first === second ? 0 : (first ?? '') < (second ?? '') ? -1 : 1;
}
