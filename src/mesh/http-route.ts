import type {
  Destination,
  ForwardAction,
  HeaderMutations,
  Mirror,
  RedirectAction,
  RouteAction,
  RouteConfig,
} from '../engine/config.ts';
import type { HttpMatchRequest, HttpRoute } from '../resources/istio/virtual-service-schema.ts';
import { configOrigin } from './config-origin.ts';
import type { ClusterResolver } from './destinations.ts';
import { concatenate, isNothing, type ResolvedHeaders, resolveHeaders } from './header-operations.ts';
import type { HttpRule, HttpRuleMatch } from './http-rules.ts';
import { labelsMatch } from './labels.ts';
import type { MeshSettings } from './model.ts';
import { redirectPort } from './redirect-port.ts';
import { isCatchAll, resolveMatch } from './route-match.ts';
import { partsPerMillion, resolveCors, resolveFault, resolveRetries } from './route-policies.ts';

/** For whom routes are resolved: a listener of a gateway, or a sidecar. */
export interface RouteContext {
  readonly settings: MeshSettings;
  readonly clusters: Pick<ClusterResolver, 'resolve'>;
  readonly port: number;
  readonly tls: boolean;
  /** `ns/name` of the Gateway through which the VirtualService is bound, or `mesh`. */
  readonly gateway: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
}

/** The routes that HTTP rules make in this context, one for each match, in order. */
export function resolveHttpRoutes(rules: readonly HttpRule[], context: RouteContext): RouteConfig[] {
  const routes: RouteConfig[] = [];
  for (const rule of rules) {
    const matches: readonly (HttpRuleMatch | undefined)[] = rule.matches ?? [undefined];
    for (const match of matches) {
      if (match !== undefined && !appliesTo(match.match, context)) continue;
      const route = resolveRoute(rule, match, context);
      if (route === undefined) continue;
      routes.push(route);
      if (isCatchAll(route.match)) return routes;
    }
    // Behind a rule without conditions nothing is reached, even where it came to no route.
    if (rule.matches === undefined) break;
  }
  return routes;
}

/** The conditions that are settled before any request: port, gateways, and the labels of the caller. */
function appliesTo(match: HttpMatchRequest, context: RouteContext): boolean {
  if (match.port !== undefined && match.port !== 0 && match.port !== context.port) return false;
  if (match.gateways !== undefined && match.gateways.length > 0) return match.gateways.includes(context.gateway);
  if (!labelsMatch(match.sourceLabels, context.labels)) return false;
  return !match.sourceNamespace || match.sourceNamespace === context.namespace;
}

function resolveRoute(
  rule: HttpRule,
  match: HttpRuleMatch | undefined,
  context: RouteContext,
): RouteConfig | undefined {
  const { http } = rule;
  const headers = resolveHeaders(http.headers);
  const action = resolveAction(rule, headers, context);
  if (action === undefined) return undefined;
  const single = singleDestinationHeaders(http);
  const request = single === undefined ? headers.request : concatenate(headers.request, single.request);
  const response = single === undefined ? headers.response : concatenate(headers.response, single.response);
  const matchName = match?.match.name;
  return {
    name: matchName ? `${http.name ?? ''}.${matchName}` : (http.name ?? ''),
    match: match === undefined ? {} : resolveMatch(match.match, rule.segmentPrefixes),
    action,
    ...mutationField('requestHeaders', request),
    ...mutationField('responseHeaders', response),
    ...(http.corsPolicy === undefined ? {} : { cors: resolveCors(http.corsPolicy) }),
    origin: configOrigin(rule.owner, match?.path ?? rule.path),
  };
}

function mutationField<K extends string>(key: K, mutations: HeaderMutations): { [P in K]?: HeaderMutations } {
  return isNothing(mutations) ? {} : ({ [key]: mutations } as { [P in K]?: HeaderMutations });
}

/** A single destination's header operations join the route's; several keep their own (ISTIO.md 1.4). */
function singleDestinationHeaders(http: HttpRoute): ResolvedHeaders | undefined {
  if (http.redirect !== undefined || http.directResponse !== undefined || http.route?.length !== 1) return undefined;
  return resolveHeaders(http.route[0]?.headers);
}

/** Precedence when several are written: redirect, direct response, route. */
function resolveAction(rule: HttpRule, headers: ResolvedHeaders, context: RouteContext): RouteAction | undefined {
  const { http } = rule;
  if (http.redirect !== undefined) return resolveRedirect(http.redirect, context);
  if (http.directResponse !== undefined) {
    const { status, body } = http.directResponse;
    return {
      kind: 'direct-response',
      status,
      ...(body?.string === undefined ? {} : { body: body.string }),
      ...(body?.bytes === undefined ? {} : { bodyBase64: body.bytes }),
    };
  }
  return resolveForward(rule, headers, context);
}

const REDIRECT_CODES = [301, 302, 303, 307, 308] as const;

/** Other codes pass validation but leave the route without an action: it does not exist then. */
function resolveRedirect(
  redirect: NonNullable<HttpRoute['redirect']>,
  context: RouteContext,
): RedirectAction | undefined {
  const status = REDIRECT_CODES.find((code) => code === (redirect.redirectCode || 301));
  if (status === undefined) return undefined;
  // FROM_REQUEST_PORT is the listener's port: nothing in the request says it.
  const port = redirectPort(
    redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? context.port : undefined),
    redirect.scheme,
    context.tls,
  );
  return {
    kind: 'redirect',
    status,
    ...(redirect.scheme ? { scheme: redirect.scheme } : {}),
    ...(redirect.authority ? { authority: redirect.authority } : {}),
    ...(port === undefined ? {} : { port }),
    ...(redirect.uri
      ? { path: { full: redirect.uri } }
      : redirect.prefixRewrite
        ? { path: { prefix: redirect.prefixRewrite } }
        : {}),
  };
}

function resolveForward(rule: HttpRule, headers: ResolvedHeaders, context: RouteContext): ForwardAction | undefined {
  const { http, owner } = rule;
  const { namespace } = owner.metadata;
  const all = http.route ?? [];
  const destinations: Destination[] = [];
  for (const [index, { destination, weight, headers: own }] of all.entries()) {
    // Zero-weight entries are left out as soon as there are others.
    if (all.length > 1 && (weight ?? 0) === 0) continue;
    const resolved = resolveHeaders(own);
    destinations.push({
      weight: weight ?? 0,
      cluster: context.clusters.resolve(destination, namespace, context.port),
      ...(all.length > 1 ? mutationField('requestHeaders', resolved.request) : {}),
      ...(all.length > 1 ? mutationField('responseHeaders', resolved.response) : {}),
      ...(resolved.authority === undefined ? {} : { authority: resolved.authority }),
      origin: configOrigin(owner, [...rule.path, 'route', index]),
    });
  }
  if (destinations.length === 0) return undefined;
  const retries = resolveRetries(http.retries, context.settings.meshConfig.defaultHttpRetryPolicy);
  const rewrite = resolveRewrite(http, headers);
  const mirrors = resolveMirrors(rule, context);
  return {
    kind: 'forward',
    destinations,
    timeoutMs: http.timeout ?? 0,
    ...(rewrite === undefined ? {} : { rewrite }),
    ...(retries === undefined ? {} : { retries }),
    ...(http.fault === undefined ? {} : { fault: resolveFault(http.fault) }),
    ...(mirrors.length === 0 ? {} : { mirrors }),
  };
}

/**
 * The path: the matched prefix is replaced to the letter; exact and regex matches are replaced whole; a route
 * without a path condition matched the prefix `/`. The authority: `rewrite` beats the header operations.
 */
function resolveRewrite(http: HttpRoute, headers: ResolvedHeaders): ForwardAction['rewrite'] {
  const { rewrite } = http;
  const authority = rewrite?.authority || headers.authority;
  const regex = rewrite?.uriRegexRewrite;
  const path =
    regex !== undefined
      ? { regex: regex.match ?? '', substitution: regex.rewrite ?? '' }
      : rewrite?.uri
        ? { prefix: rewrite.uri }
        : undefined;
  if (authority === undefined && path === undefined) return undefined;
  return { ...(authority === undefined ? {} : { authority }), ...(path === undefined ? {} : { path }) };
}

/** Without a percentage everything is mirrored, with zero nothing. */
function resolveMirrors({ http, owner, path }: HttpRule, context: RouteContext): Mirror[] {
  const { namespace } = owner.metadata;
  const mirrors: Mirror[] = [];
  if (http.mirror !== undefined) {
    const percent =
      http.mirrorPercentage === undefined
        ? (http.mirrorPercent ?? http.mirror_percent ?? 100)
        : (http.mirrorPercentage.value ?? 0);
    mirrors.push({
      cluster: context.clusters.resolve(http.mirror, namespace, context.port),
      partsPerMillion: partsPerMillion(percent),
      origin: configOrigin(owner, [...path, 'mirror']),
    });
  }
  for (const [index, { destination, percentage }] of (http.mirrors ?? []).entries()) {
    if (destination === undefined) continue;
    mirrors.push({
      cluster: context.clusters.resolve(destination, namespace, context.port),
      partsPerMillion: partsPerMillion(percentage === undefined ? 100 : (percentage.value ?? 0)),
      origin: configOrigin(owner, [...path, 'mirrors', index]),
    });
  }
  return mirrors.filter((mirror) => mirror.partsPerMillion > 0);
}
