import type { Destination, ForwardAction } from './config.ts';
import { applyCors, type CorsHeaders } from './cors.ts';
import type { Decision, Forward, LocalReply } from './decision.ts';
import { judgeDestination } from './destination-policies.ts';
import { rollFault } from './fault.ts';
import type { FormatContext } from './formatter.ts';
import { type PreparedDestination, pickDestination, rewrittenTarget, rollMirrors } from './forward-action.ts';
import type { Headers } from './header-bag.ts';
import { localReply } from './local-reply.ts';
import { redirectLocation } from './redirect.ts';
import type { PreparedRoute } from './route.ts';
import type { Run } from './run.ts';

const NO_CORS: CorsHeaders = [];

/** What the chosen route does with the request: fault, then CORS, then its action (Envoy's filter order). */
export function act(run: Run, route: PreparedRoute): Decision | Promise<Decision> {
  const { request, env, tracer } = run;
  const fault = rollFault(route.action.kind === 'forward' ? route.action.config.fault : undefined, env, tracer);
  if (fault.abort !== undefined) return faultAbort(run, route, fault.abort, fault.delayMs);

  // Envoy's CORS filter leaves routes alone that are answered by the gateway itself.
  const cors = route.action.kind === 'forward' ? route.cors?.check(request) : undefined;
  if (cors !== undefined) {
    const outcome = cors.kind === 'none' ? 'unmatched' : cors.kind;
    tracer?.step({ stage: 'cors', outcome });
    if (cors.kind === 'preflight') {
      return localReply({
        status: 200,
        details: 'cors_response',
        headers: cors.headers,
        routeName: route.config.name,
        observed: run.observed,
        origin: route.config.origin,
        delayMs: fault.delayMs,
        mutateResponse: run.editResponse,
      });
    }
  }
  const corsHeaders = cors?.kind === 'headers' ? cors.headers : NO_CORS;
  const { action } = route;
  if (action.kind === 'forward') {
    const destination = pickDestination(action, env, tracer);
    const decision = forward(run, route, destination, corsHeaders, fault.delayMs);
    return decision.kind === 'forward' ? judgeDestination(run, decision) : decision;
  }
  const context = formatContext(run, route.config.name, '');
  const reply =
    action.kind === 'redirect'
      ? {
          status: action.config.status,
          details: 'direct_response',
          headers: [['location', redirectLocation(action.config, route.config, request)]] as const,
        }
      : {
          status: action.status,
          details: 'direct_response',
          body: action.body,
          // Envoy takes every 3xx for a redirect, and this one leads back to where it came from.
          headers:
            action.status >= 300 && action.status < 400
              ? [['location', `${request.facts.scheme}://${request.facts.authority}${request.target}`] as const]
              : [],
        };
  return localReply({
    ...reply,
    routeName: route.config.name,
    observed: run.observed,
    origin: route.config.origin,
    mutateResponse: responseEdit(run, undefined, route, corsHeaders, context),
  });
}

/**
 * What a route does to the headers of an answer that comes from a filter before it: a refused token or request, a
 * fault. Envoy finishes these answers as it does those of the upstream, but for CORS.
 */
export function editOfRefusal(run: Run, route: PreparedRoute | undefined): LocalReply['mutateResponse'] {
  if (route?.action.kind !== 'forward') return run.editResponse;
  const destination = pickDestination(route.action, run.env, undefined);
  const name = destination?.config.cluster ?? '';
  const isThere = (run.serving.cluster(name)?.state ?? 'missing') !== 'missing';
  return responseEdit(run, destination, route, NO_CORS, formatContext(run, route.config.name, isThere ? name : ''));
}

function faultAbort(
  run: Run,
  route: PreparedRoute,
  abort: { readonly status: number; readonly grpcStatus?: number },
  delayMs: number,
): LocalReply {
  return localReply({
    ...abort,
    body: 'fault filter abort',
    details: 'fault_filter_abort',
    flag: 'FI',
    routeName: route.config.name,
    observed: run.observed,
    origin: route.config.origin,
    delayMs,
    mutateResponse: editOfRefusal(run, route),
  });
}

function forward(
  run: Run,
  route: PreparedRoute,
  destination: PreparedDestination | undefined,
  cors: CorsHeaders,
  delayMs: number,
): Decision {
  const { request } = run;
  const { config, action } = route;
  if (action.kind !== 'forward') throw new TypeError('only a forward action has destinations');
  const name = destination?.config.cluster;
  const cluster = name === undefined ? undefined : run.serving.cluster(name);
  const context = formatContext(run, config.name, name ?? '');
  const common = {
    routeName: config.name,
    observed: run.observed,
    origin: destination?.config.origin ?? config.origin,
    delayMs,
  };

  if (destination?.config.status !== undefined) {
    return localReply({
      ...common,
      status: destination.config.status,
      details: 'direct_response',
      mutateResponse: responseEdit(run, destination, route, cors, context),
    });
  }
  if (destination === undefined || cluster === undefined || cluster.state === 'missing') {
    return localReply({
      ...common,
      status: 503,
      details: 'cluster_not_found',
      flag: 'NC',
      why: `there is no cluster ${name ?? '(none)'}`,
      mutateResponse: responseEdit(run, destination, route, cors, formatContext(run, config.name, '')),
    });
  }
  const target = rewrittenTarget(action, config, request);
  if (target !== request.target) run.tracer?.step({ stage: 'rewrite', from: request.target, to: target });
  const { authority, before, isReplaced } = authorityFor(action.config, destination.config, request.facts.authority);
  const mutateResponse = responseEdit(run, destination, route, cors, { ...context, sent: { target, authority } });
  if (cluster.state === 'empty') {
    return localReply({
      ...common,
      status: 503,
      body: 'no healthy upstream',
      details: 'no_healthy_upstream',
      flag: 'UH',
      why: `no endpoint of ${cluster.name}`,
      mutateResponse,
    });
  }

  const rewritten = action.config.rewrite?.path !== undefined;
  const { timeoutMs } = action.config;
  const mutateRequest = (headers: Headers): void => {
    request.connection.apply(headers);
    run.editRequest?.(headers);
    if (timeoutMs > 0) headers.set('x-envoy-expected-rq-timeout-ms', String(timeoutMs));
    headers.set('x-envoy-attempt-count', '1');
    if (destination.editRequest !== undefined || route.editRequest !== undefined) {
      const live = { ...context, requestHeaders: headers };
      destination.editRequest?.(headers, live);
      route.editRequest?.(headers, { ...live, sent: { target: request.target, authority: before } });
    }
    if (isReplaced) headers.set('x-envoy-original-host', before);
    if (rewritten) headers.set('x-envoy-original-path', request.target);
  };
  const decision: Forward = {
    kind: 'forward',
    cluster,
    target,
    authority,
    mutateRequest,
    mutateResponse,
    timeoutMs,
    retries: action.config.retries,
    mirrors: rollMirrors(action, run.env),
    delayMs,
    routeName: config.name,
    origin: common.origin,
    requestPrincipal: request.token?.principal,
    observed: run.observed,
  };
  return decision;
}

/**
 * The route's authority beats that of one destination among several; a single destination's is the route's own. Only
 * what the route replaces is remembered in a header.
 */
function authorityFor(
  { rewrite, destinations }: ForwardAction,
  destination: Destination,
  sent: string,
): { readonly authority: string; readonly before: string; readonly isReplaced: boolean } {
  const { requestHeaders, responseHeaders } = destination;
  // With header operations of its own it has been one of several, whose shares are zero.
  const isOnly = destinations.length === 1 && requestHeaders === undefined && responseHeaders === undefined;
  const ofRoute = rewrite?.authority ?? (isOnly ? destination.authority : undefined);
  const before = isOnly ? sent : (destination.authority ?? sent);
  return { authority: ofRoute ?? before, before, isReplaced: ofRoute !== undefined };
}

function formatContext(run: Run, routeName: string, cluster: string): FormatContext {
  return {
    request: run.request,
    responseHeaders: undefined,
    responseStatus: undefined,
    routeName,
    cluster,
    nowMs: run.env.nowMs,
  };
}

/** Destination operations, then the route's, then CORS, then what the external authorizer asked for. */
function responseEdit(
  run: Run,
  destination: PreparedDestination | undefined,
  route: PreparedRoute,
  cors: CorsHeaders,
  context: FormatContext,
): Forward['mutateResponse'] {
  const byDestination = destination?.editResponse;
  const byRoute = route.editResponse;
  const rest = corsOnly(run, cors);
  if (byDestination === undefined && byRoute === undefined) return rest;
  return (headers, status) => {
    const after = { ...context, responseHeaders: headers, responseStatus: status };
    byDestination?.(headers, after);
    byRoute?.(headers, after);
    rest?.(headers);
  };
}

function corsOnly(run: Run, cors: CorsHeaders): ((headers: Headers) => void) | undefined {
  const { editResponse } = run;
  if (cors.length === 0) return editResponse;
  return (headers) => {
    applyCors(headers, cors);
    editResponse?.(headers);
  };
}
