import type { ClaimMatcher, HeaderMatcher, PathMatcher, RouteMatchConfig } from './config.ts';
import { regex } from './regex/re2.ts';
import type { EngineRequest } from './request.ts';
import type { IndexKey } from './rule-index.ts';
import { describeStringMatcher, indexKeyOf, type PreparedMatcher, prepareStringMatcher } from './string-match.ts';
import type { StringMatcher } from './values.ts';

/** One condition of a route, ready to be tested. Order: the cheap and telling ones first. */
export interface RouteCondition {
  test(request: EngineRequest): boolean;
  /** What was asked for and what the request has, in words; only called when explaining. */
  explainFailure(request: EngineRequest): string;
  readonly needsRegexEngine: boolean;
}

export interface PreparedMatch {
  readonly conditions: readonly RouteCondition[];
  readonly keys: ReadonlyMap<string, readonly IndexKey[]>;
  readonly needsRegexEngine: boolean;
}

export function prepareMatch(match: RouteMatchConfig): PreparedMatch {
  const conditions: RouteCondition[] = [];
  const keys = new Map<string, readonly IndexKey[]>();
  const index = (dimension: string, key: IndexKey | undefined): void => {
    if (key !== undefined && !keys.has(dimension)) keys.set(dimension, [key]);
  };

  if (match.path !== undefined) {
    conditions.push(pathCondition(match.path));
    const [dimension, key] = pathKey(match.path);
    index(dimension, key);
  }
  for (const name of ['method', 'authority', 'scheme'] as const) {
    const matcher = match[name];
    if (matcher === undefined) continue;
    conditions.push(valueCondition(name, matcher, (request) => request.facts[name]));
    index(`:${name}`, indexKeyOf(matcher));
  }
  for (const header of match.headers ?? []) {
    conditions.push(headerCondition(header));
    if (header.invert !== true && header.missingAsEmpty !== true) index(header.name, indexKeyOf(header.match));
  }
  for (const { name, match: matcher } of match.query ?? []) {
    conditions.push(valueCondition(`query parameter ${name}`, matcher, (request) => request.queryParam(name)));
    index(`?${name}`, indexKeyOf(matcher));
  }
  for (const claim of match.claims ?? []) conditions.push(claimCondition(claim));
  return { conditions, keys, needsRegexEngine: conditions.some((condition) => condition.needsRegexEngine) };
}

/** The request's value in an index dimension as `prepareMatch` names them. */
export function readDimension(request: EngineRequest, dimension: string): string | null {
  if (dimension === 'path') return request.path;
  if (dimension === 'path-lower') return request.lowerPath;
  return dimension.charCodeAt(0) === 63 /* ? */ ? request.queryParam(dimension.slice(1)) : request.header(dimension);
}

function pathKey(path: PathMatcher): [dimension: string, key: IndexKey | undefined] {
  if ('regex' in path) return ['path', undefined];
  if ('segmentPrefix' in path) return ['path', { prefix: path.segmentPrefix }];
  const dimension = path.ignoreCase === true ? 'path-lower' : 'path';
  const fold = (value: string): string => (path.ignoreCase === true ? value.toLowerCase() : value);
  return 'exact' in path ? [dimension, { exact: fold(path.exact) }] : [dimension, { prefix: fold(path.prefix) }];
}

function pathCondition(path: PathMatcher): RouteCondition {
  const { test, described, needsRegexEngine } = preparePath(path);
  return {
    needsRegexEngine,
    test,
    explainFailure: (request) => `path is ${JSON.stringify(request.path)}, not ${described}`,
  };
}

function preparePath(path: PathMatcher): {
  test: (request: EngineRequest) => boolean;
  described: string;
  needsRegexEngine: boolean;
} {
  if ('regex' in path) {
    const expression = regex(path.regex);
    return {
      test: (request) => expression.test(request.path),
      described: describeStringMatcher(path),
      needsRegexEngine: expression.needsEngine,
    };
  }
  if ('segmentPrefix' in path) {
    const prefix = path.segmentPrefix;
    return {
      test: (request) => isSegmentPrefix(prefix, request.path),
      described: `${JSON.stringify(prefix)} or below it`,
      needsRegexEngine: false,
    };
  }
  const exact = 'exact' in path;
  const wanted = exact ? path.exact : path.prefix;
  const described = `${describeStringMatcher(path)}${path.ignoreCase === true ? ' (any case)' : ''}`;
  if (path.ignoreCase === true) {
    const lower = wanted.toLowerCase();
    const test = exact
      ? (request: EngineRequest) => request.lowerPath === lower
      : (request: EngineRequest) => request.lowerPath.startsWith(lower);
    return { test, described, needsRegexEngine: false };
  }
  const test = exact
    ? (request: EngineRequest) => request.path === wanted
    : (request: EngineRequest) => request.path.startsWith(wanted);
  return { test, described, needsRegexEngine: false };
}

/** Gateway API PathPrefix: whole segments; `/` (kept as the empty prefix) is above everything. */
function isSegmentPrefix(prefix: string, path: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return path.length === prefix.length || path.charCodeAt(prefix.length) === 47;
}

function valueCondition(
  what: string,
  matcher: StringMatcher,
  read: (request: EngineRequest) => string | null,
): RouteCondition {
  const { test, needsRegexEngine } = prepareStringMatcher(matcher);
  return {
    needsRegexEngine,
    test(request) {
      const value = read(request);
      return value !== null && test(value);
    },
    explainFailure: (request) => `${what} ${isNot(read(request), describeStringMatcher(matcher))}`,
  };
}

function headerCondition({ name, match, invert, missingAsEmpty }: HeaderMatcher): RouteCondition {
  const { test, needsRegexEngine } = prepareStringMatcher(match);
  const wanted = invert !== true;
  return {
    needsRegexEngine,
    test(request) {
      const value = request.header(name) ?? (missingAsEmpty === true ? '' : null);
      return (value !== null && test(value)) === wanted;
    },
    explainFailure: (request) =>
      wanted
        ? `header ${name} ${isNot(shownHeader(request, name), describeStringMatcher(match))}`
        : `header ${name} is ${describeStringMatcher(match)}, which it must not be`,
  };
}

/** Envoy has no condition for a claim that is there: one that is empty text counts as none. */
const NOT_EMPTY: PreparedMatcher = { test: (value) => value !== '', needsRegexEngine: false };

function claimCondition({ claim, match, invert }: ClaimMatcher): RouteCondition {
  const { test, needsRegexEngine } = 'present' in match ? NOT_EMPTY : prepareStringMatcher(match);
  const wanted = invert !== true;
  const holds = (request: EngineRequest): boolean =>
    request.token?.claimValues(claim)?.some((value: string) => test(value)) ?? false;
  return {
    needsRegexEngine,
    test: (request) => holds(request) === wanted,
    explainFailure(request) {
      const name = `claim ${claim.join('.')}`;
      if (!wanted) return `${name} is ${describeStringMatcher(match)}, which it must not be`;
      if (request.token === undefined) return `${name} is needed, but the request has no verified token`;
      return `${name} ${isNot(request.token.claimValues(claim)?.join(', ') ?? null, describeStringMatcher(match))}`;
    },
  };
}

const CREDENTIALS: ReadonlySet<string> = new Set(['authorization', 'proxy-authorization', 'cookie']);

function shownHeader(request: EngineRequest, name: string): string | null {
  const value = request.header(name);
  return value !== null && CREDENTIALS.has(name) ? '(hidden)' : value;
}

/** Values of requests may be huge: they are shortened. */
function isNot(value: string | null, described: string): string {
  if (value === null) return `is absent, not ${described}`;
  const shown = value.length > 80 ? `${value.slice(0, 80)}…` : value;
  return `is ${JSON.stringify(shown)}, not ${described}`;
}
