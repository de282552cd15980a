import type {
  Destination,
  ForwardAction,
  Mirror,
  RetryPolicy,
  RouteConfig,
  RouteMatchConfig,
} from '../../engine/config.ts';
import type { HttpRouteMatch, HttpRouteRule } from '../../resources/gateway-api/http-route-schema.ts';
import type { FieldPath, Resource } from '../../resources/resource.ts';
import { configOrigin } from '../config-origin.ts';
import { resolveRetries } from '../route-policies.ts';
import { type BackendContext, type BackendProblem, destinationOf, resolveBackend } from './backends.ts';
import { resolveFilters } from './filters.ts';
import type { Ranked } from './precedence.ts';

/** A rule of an HTTPRoute, or of a GRPCRoute in HTTP's terms. */
export interface ApiRule {
  readonly rule: Omit<HttpRouteRule, 'matches'>;
  readonly matches: readonly { readonly match: ApiMatch; readonly path: FieldPath }[];
  readonly path: FieldPath;
}

export type ApiMatch = Omit<HttpRouteMatch, 'method'> & { readonly method?: string | undefined };

export interface ResolvedRules {
  readonly routes: readonly Ranked[];
  readonly problems: readonly BackendProblem[];
  /** Filters that nobody executes here. */
  readonly unsupported: readonly string[];
}

/** The rules of a route as they stand on one listener. */
export function resolveRules(
  route: Resource,
  rules: readonly ApiRule[],
  listener: { readonly port: number; readonly tls: boolean },
  context: BackendContext,
): ResolvedRules {
  const routes: Ranked[] = [];
  const problems: BackendProblem[] = [];
  const unsupported: string[] = [];
  for (const [ruleIndex, apiRule] of rules.entries()) {
    const shared = resolveRule(route, apiRule, listener, context, problems, unsupported);
    for (const [matchIndex, { match, path }] of apiRule.matches.entries()) {
      routes.push({
        config: { ...shared, match: resolveMatch(match), origin: configOrigin(route, path) },
        route,
        ruleIndex,
        matchIndex,
      });
    }
  }
  return { routes, problems, unsupported };
}

function resolveRule(
  route: Resource,
  { rule, path }: ApiRule,
  listener: { readonly port: number; readonly tls: boolean },
  context: BackendContext,
  problems: BackendProblem[],
  unsupported: string[],
): Omit<RouteConfig, 'match' | 'origin'> {
  const filters = resolveFilters(rule.filters, listener);
  const { namespace, name } = route.metadata;
  const common = {
    name: `${namespace}.${name}.${rule.name ?? path.at(-1)}`,
    ...(filters.request === undefined ? {} : { requestHeaders: filters.request }),
    ...(filters.response === undefined ? {} : { responseHeaders: filters.response }),
    ...(filters.cors === undefined ? {} : { cors: filters.cors }),
  };
  if (filters.redirect !== undefined) return { ...common, action: filters.redirect };
  if (filters.unsupported !== undefined) unsupported.push(filters.unsupported);

  const mirrors: Mirror[] = [];
  for (const { index, backend, partsPerMillion } of filters.mirrors) {
    const cluster = resolveBackend(backend, route, context);
    // A mirror that cannot be sent changes nothing for the request.
    if (typeof cluster !== 'string') problems.push(cluster);
    else if (partsPerMillion > 0) {
      mirrors.push({ cluster, partsPerMillion, origin: configOrigin(route, [...path, 'filters', index]) });
    }
  }
  const retries = retryPolicy(rule);
  const action: ForwardAction = {
    kind: 'forward',
    destinations:
      filters.unsupported === undefined
        ? resolveDestinations(route, rule, path, listener, context, problems)
        : [answer500(route, path)],
    timeoutMs: rule.timeouts?.request ?? (rule.retry === undefined ? (rule.timeouts?.backendRequest ?? 0) : 0),
    ...(filters.rewrite === undefined ? {} : { rewrite: filters.rewrite }),
    ...(retries === undefined ? {} : { retries }),
    ...(mirrors.length === 0 ? {} : { mirrors }),
  };
  return { ...common, action };
}

/** Without a backend that takes anything, every request of the rule is answered 500. */
function resolveDestinations(
  route: Resource,
  rule: ApiRule['rule'],
  path: FieldPath,
  listener: { readonly port: number; readonly tls: boolean },
  context: BackendContext,
  problems: BackendProblem[],
): Destination[] {
  const destinations: Destination[] = [];
  for (const [index, backend] of (rule.backendRefs ?? []).entries()) {
    const resolved = resolveBackend(backend, route, context);
    if (typeof resolved !== 'string') problems.push(resolved);
    if (backend.weight === 0) continue;
    const filters = resolveFilters(backend.filters, listener);
    destinations.push({
      ...destinationOf(resolved, backend.weight, route, [...path, 'backendRefs', index]),
      ...(filters.request === undefined ? {} : { requestHeaders: filters.request }),
      ...(filters.response === undefined ? {} : { responseHeaders: filters.response }),
    });
  }
  return destinations.length === 0 ? [answer500(route, path)] : destinations;
}

function answer500(route: Resource, path: FieldPath): Destination {
  return { weight: 1, status: 500, origin: configOrigin(route, path) };
}

function retryPolicy({ retry, timeouts }: ApiRule['rule']): RetryPolicy | undefined {
  if (retry === undefined) return resolveRetries(undefined, undefined);
  const codes = (retry.codes ?? []).join(',');
  return resolveRetries(
    {
      attempts: retry.attempts ?? 2,
      retryOn: `connect-failure,refused-stream,unavailable,cancelled${codes === '' ? '' : `,${codes}`}`,
      perTryTimeout: timeouts?.backendRequest,
      backoff: retry.backoff,
    },
    undefined,
  );
}

function resolveMatch({ path, headers, queryParams, method }: ApiMatch): RouteMatchConfig {
  const valueMatch = ({ type, value }: { readonly type: string; readonly value: string }) =>
    type === 'RegularExpression' ? { regex: value } : { exact: value };
  return {
    path: resolvePath(path),
    ...(method === undefined ? {} : { method: { exact: method } }),
    ...(headers === undefined || headers.length === 0
      ? {}
      : {
          headers: firstOfEach(headers, true).map((match) => ({
            name: match.name.toLowerCase(),
            match: valueMatch(match),
          })),
        }),
    ...(queryParams === undefined || queryParams.length === 0
      ? {}
      : { query: firstOfEach(queryParams, false).map((match) => ({ name: match.name, match: valueMatch(match) })) }),
  };
}

/** A trailing slash of a prefix means nothing; `/` is above every path. */
function resolvePath({ type, value }: HttpRouteMatch['path']): NonNullable<RouteMatchConfig['path']> {
  switch (type) {
    case 'Exact':
      return { exact: value };
    case 'RegularExpression':
      return { regex: value };
    case 'PathPrefix':
      return { segmentPrefix: value.replace(/\/+$/, '') };
  }
}

/** "If multiple entries specify equivalent names, only the first entry … MUST be considered" (HTTPHeaderMatch.name). */
function firstOfEach<M extends { readonly name: string }>(matches: readonly M[], ignoreCase: boolean): M[] {
  const seen = new Set<string>();
  return matches.filter(({ name }) => {
    const key = ignoreCase ? name.toLowerCase() : name;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
