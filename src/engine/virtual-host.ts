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
    select: (request, tracer) => (tracer === undefined ? index.first(request) : selectAloud(routes, request, tracer)),
  };
}

/** Every rule in order, each with what became of it. The winner is the index's (a property test holds this). */
function selectAloud(
  routes: readonly PreparedRoute[],
  request: EngineRequest,
  tracer: Tracer,
): PreparedRoute | undefined {
  for (const route of routes) {
    const rank = route.firstFailure(request);
    const failed = route.conditions[rank];
    tracer.step({
      stage: 'route',
      route: route.config.name,
      index: route.order,
      origin: route.config.origin,
      matched: failed === undefined,
      rank,
      ...(failed === undefined ? {} : { failed: failed.explainFailure(request) }),
    });
    if (failed === undefined) return route;
  }
  return undefined;
}
