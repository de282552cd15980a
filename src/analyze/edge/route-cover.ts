import type { PathMatcher, RouteMatchConfig } from '../../engine/config.ts';
import type { StringMatcher } from '../../engine/values.ts';

/** Whether every request that `later` matches is one that `earlier` matches. In doubt, no. */
export function routeCovers(earlier: RouteMatchConfig, later: RouteMatchConfig): boolean {
  return (
    pathCovers(earlier.path, later.path) &&
    isNarrower(earlier.method, later.method) &&
    isNarrower(earlier.authority, later.authority) &&
    isNarrower(earlier.scheme, later.scheme) &&
    isSubset(earlier.headers, later.headers) &&
    isSubset(earlier.query, later.query) &&
    isSubset(earlier.claims, later.claims)
  );
}

/** Every condition of the first list is one of the second too, which may have more. */
function isSubset(earlier: readonly unknown[] = [], later: readonly unknown[] = []): boolean {
  if (earlier.length === 0) return true;
  const conditions = new Set(later.map((condition) => JSON.stringify(condition)));
  return earlier.every((condition) => conditions.has(JSON.stringify(condition)));
}

function isNarrower(earlier: StringMatcher | undefined, later: StringMatcher | undefined): boolean {
  if (earlier === undefined) return true;
  if (later === undefined) return false;
  if ('prefix' in earlier) return startOf(later)?.startsWith(earlier.prefix) === true;
  return JSON.stringify(earlier) === JSON.stringify(later);
}

function startOf(match: StringMatcher): string | undefined {
  if ('exact' in match) return match.exact;
  return 'prefix' in match ? match.prefix : undefined;
}

function pathCovers(earlier: PathMatcher | undefined, later: PathMatcher | undefined): boolean {
  if (earlier === undefined || ('prefix' in earlier && (earlier.prefix === '/' || earlier.prefix === ''))) return true;
  if (later === undefined) return false;
  if (JSON.stringify(earlier) === JSON.stringify(later)) return true;
  // A match that folds case takes more than one that does not, and not the other way round.
  if (!folds(earlier) && folds(later)) return false;
  const text = (value: string): string => (folds(earlier) ? value.toLowerCase() : value);
  if ('exact' in earlier) return 'exact' in later && text(earlier.exact) === text(later.exact);
  const start = 'exact' in later ? later.exact : 'prefix' in later ? later.prefix : segment(later);
  if ('prefix' in earlier) return start !== undefined && text(start).startsWith(text(earlier.prefix));
  if (!('segmentPrefix' in earlier)) return false;
  const { segmentPrefix } = earlier;
  if (start?.startsWith(`${segmentPrefix}/`)) return true;
  return start === segmentPrefix && !('prefix' in later);
}

function folds(path: PathMatcher): boolean {
  return 'ignoreCase' in path && path.ignoreCase === true;
}

function segment(path: PathMatcher): string | undefined {
  return 'segmentPrefix' in path ? path.segmentPrefix : undefined;
}
