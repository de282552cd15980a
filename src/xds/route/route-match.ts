import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PathMatcher, QueryMatcher, RouteMatchConfig } from '../../engine/config.ts';
import type {
  QueryParameterMatcherSchema,
  RouteMatchSchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { claimMatcher } from '../match/claim-matcher.ts';
import { headerMatcher, valueOfHeader } from '../match/header-matcher.ts';
import { stringMatcher } from '../match/string-matcher.ts';

type RouteMatchInit = MessageInitShape<typeof RouteMatchSchema>;

export function routeMatch(match: RouteMatchConfig): RouteMatchInit {
  const headers = (match.headers ?? []).map(headerMatcher);
  for (const name of ['method', 'authority', 'scheme'] as const) {
    const value = match[name];
    if (value !== undefined) headers.push(valueOfHeader(`:${name}`, value));
  }
  return {
    pathSpecifier: pathSpecifier(match.path),
    caseSensitive: !(match.path !== undefined && 'ignoreCase' in match.path && match.path.ignoreCase === true),
    headers,
    queryParameters: (match.query ?? []).map(queryMatcher),
    dynamicMetadata: (match.claims ?? []).map(({ claim, match: value, invert }) => ({
      ...claimMatcher(claim, [value]),
      invert: invert === true,
    })),
  };
}

function pathSpecifier(path: PathMatcher | undefined): NonNullable<RouteMatchInit['pathSpecifier']> {
  if (path === undefined) return { case: 'prefix', value: '/' };
  if ('exact' in path) return { case: 'path', value: path.exact };
  if ('prefix' in path) return { case: 'prefix', value: path.prefix };
  if ('regex' in path) return { case: 'safeRegex', value: { regex: path.regex } };
  // Envoy has no separated prefix for the root: every path is below it.
  if (path.segmentPrefix === '') return { case: 'prefix', value: '/' };
  return { case: 'pathSeparatedPrefix', value: path.segmentPrefix };
}

function queryMatcher({ name, match }: QueryMatcher): MessageInitShape<typeof QueryParameterMatcherSchema> {
  return 'present' in match
    ? { name, queryParameterMatchSpecifier: { case: 'presentMatch', value: true } }
    : { name, queryParameterMatchSpecifier: { case: 'stringMatch', value: stringMatcher(match) } };
}
