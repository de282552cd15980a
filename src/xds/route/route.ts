import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { Destination, DirectResponseAction, RouteConfig } from '../../engine/config.ts';
import type { RouteSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { cors } from './cors.ts';
import { fault } from './fault.ts';
import { forward } from './forward.ts';
import { type HashKeysOf, NO_HASHING } from './hash-policy.ts';
import { headerOperations } from './header-operations.ts';
import { redirect } from './redirect.ts';
import { routeMatch } from './route-match.ts';

type RouteInit = MessageInitShape<typeof RouteSchema>;

/** Names under which the connection manager finds a filter's configuration of one route. */
export const CORS_FILTER = 'envoy.filters.http.cors';
export const FAULT_FILTER = 'envoy.filters.http.fault';

export function route(config: RouteConfig, hashKeyOf: HashKeysOf = NO_HASHING): RouteInit {
  return {
    name: config.name,
    match: routeMatch(config.match),
    action: action(config, hashKeyOf),
    ...headerOperations(config.requestHeaders, config.responseHeaders),
    typedPerFilterConfig: perFilter(config),
  };
}

function action(config: RouteConfig, hashKeyOf: HashKeysOf): NonNullable<RouteInit['action']> {
  const { action: chosen } = config;
  switch (chosen.kind) {
    case 'redirect':
      return { case: 'redirect', value: redirect(chosen) };
    case 'direct-response':
      return { case: 'directResponse', value: directResponse(chosen) };
    case 'forward': {
      const status = onlyDestination(config)?.status;
      if (status !== undefined) return { case: 'directResponse', value: { status } };
      return { case: 'route', value: forward(chosen, config.match.path, hashKeyOf) };
    }
  }
}

type DirectResponseInit = Extract<NonNullable<RouteInit['action']>, { case: 'directResponse' }>['value'];

function directResponse({ status, body, bodyBase64 }: DirectResponseAction): DirectResponseInit {
  if (bodyBase64 !== undefined) {
    const value = Buffer.from(bodyBase64, 'base64');
    return { status, body: { specifier: { case: 'inlineBytes', value } } };
  }
  return body === undefined ? { status } : { status, body: { specifier: { case: 'inlineString', value: body } } };
}

function perFilter(config: RouteConfig): Record<string, Any> {
  const faults = config.action.kind === 'forward' ? config.action.fault : undefined;
  return {
    ...(faults === undefined ? {} : { [FAULT_FILTER]: fault(faults) }),
    ...(config.cors === undefined ? {} : { [CORS_FILTER]: cors(config.cors) }),
  };
}

function onlyDestination({ action: chosen }: RouteConfig): Destination | undefined {
  return chosen.kind === 'forward' && chosen.destinations.length === 1 ? chosen.destinations[0] : undefined;
}
