import type { RouteConfig, VirtualHostConfig } from './config.ts';
import type { EngineRequest } from './request.ts';
import { type PreparedRoute, prepareRoute } from './route.ts';
import { readDimension } from './route-match.ts';
import { RuleIndex } from './rule-index.ts';
import type { Tracer } from './trace.ts';

/** A virtual host with its routes indexed. */
export interface VirtualHost {
  readonly config: VirtualHostConfig;
  readonly needsRegexEngine: boolean;
  /** The first route in order that matches. */
  select(request: EngineRequest, tracer: Tracer | undefined): PreparedRoute | undefined;
}

const prepared = new WeakMap<VirtualHostConfig, VirtualHost>();

/** Prepared once for as long as the configuration object lives. */
export function virtualHost(config: VirtualHostConfig): VirtualHost {
  let host = prepared.get(config);
  if (host === undefined) {
    host = prepare(config);
    prepared.set(config, host);
  }
  return host;
}

function prepare(config: VirtualHostConfig): VirtualHost {
  const routes = config.routes.map((route: RouteConfig, order) => prepareRoute(route, order));
  const index = new RuleIndex(routes, readDimension);
  return {
    config,
    needsRegexEngine: routes.some((route) => route.needsRegexEngine),
    select(request, tracer) {
      if (tracer === undefined) return index.first(request);
      if (tracer.isBrief !== true) return selectAloud(routes, request, tracer);
      const route = index.first(request);
      if (route !== undefined) report(route, request, tracer);
      return route;
    },
  };
}

/** Every rule in order, each with what became of it. The winner is the index's (a property test holds this). */
function selectAloud(
  routes: readonly PreparedRoute[],
  request: EngineRequest,
  tracer: Tracer,
): PreparedRoute | undefined {
  for (const route of routes) {
    if (report(route, request, tracer)) return route;
  }
  return undefined;
}

function report(route: PreparedRoute, request: EngineRequest, tracer: Tracer): boolean {
  const rank = route.firstFailure(request);
  const failed = route.conditions[rank];
  tracer.step({
    stage: 'route',
    route: route.config.name,
    index: route.order,
    origin: route.config.origin,
    matched: failed === undefined,
    rank,
    ...(failed === undefined ? { config: route.config } : { failed: failed.explainFailure(request) }),
  });
  return failed === undefined;
}
