import type { Destination, ForwardAction, Mirror, RouteConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { hits } from './fault.ts';
import { type HeaderEdit, prepareMutations } from './header-mutations.ts';
import { rewritePath } from './path-rewrite.ts';
import type { EngineRequest } from './request.ts';
import type { Tracer } from './trace.ts';

/** A forward action with its shares summed up and its header operations prepared. */
export interface PreparedForward {
  readonly kind: 'forward';
  readonly config: ForwardAction;
  readonly destinations: readonly PreparedDestination[];
  readonly totalWeight: number;
  readonly needsRegexEngine: boolean;
}

export interface PreparedDestination {
  readonly config: Destination;
  readonly editRequest: HeaderEdit | undefined;
  readonly editResponse: HeaderEdit | undefined;
}

export function prepareForward(_route: RouteConfig, config: ForwardAction): PreparedForward {
  const path = config.rewrite?.path;
  return {
    kind: 'forward',
    config,
    destinations: config.destinations.map((destination) => ({
      config: destination,
      editRequest: prepareMutations(destination.requestHeaders),
      editResponse: prepareMutations(destination.responseHeaders),
    })),
    totalWeight: config.destinations.reduce((sum, { weight }) => sum + weight, 0),
    needsRegexEngine: path !== undefined && 'regex' in path,
  };
}

/** Share = weight / sum, a new roll for each request; a single destination takes everything whatever its weight. */
export function pickDestination(
  forward: PreparedForward,
  env: Environment,
  tracer: Tracer | undefined,
): PreparedDestination | undefined {
  const { destinations, totalWeight } = forward;
  let chosen = destinations[0];
  if (destinations.length > 1) {
    if (totalWeight <= 0) return undefined;
    let roll = env.random() * totalWeight;
    for (const destination of destinations) {
      chosen = destination;
      roll -= destination.config.weight;
      if (roll < 0) break;
    }
  }
  if (tracer !== undefined) {
    for (const destination of destinations) {
      const { cluster, weight, origin } = destination.config;
      tracer.step({
        stage: 'destination',
        cluster: cluster ?? '',
        share: destinations.length === 1 ? 1 : weight / totalWeight,
        chosen: destination === chosen,
        origin,
      });
    }
  }
  return chosen;
}

/** Path and query to send upstream. */
export function rewrittenTarget(forward: PreparedForward, route: RouteConfig, request: EngineRequest): string {
  const rewrite = forward.config.rewrite?.path;
  if (rewrite === undefined) return request.target;
  const path = rewritePath(rewrite, route, request);
  return request.query === undefined ? path : `${path}?${request.query}`;
}

const NO_MIRRORS: readonly Mirror[] = [];

/** The mirrors that this request goes to. */
export function rollMirrors(forward: PreparedForward, env: Environment): readonly Mirror[] {
  const { mirrors } = forward.config;
  if (mirrors === undefined || mirrors.length === 0) return NO_MIRRORS;
  return mirrors.filter((mirror) => hits(mirror.partsPerMillion, env));
}
