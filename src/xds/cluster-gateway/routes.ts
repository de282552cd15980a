import { create } from '@bufbuild/protobuf';
import type { RetryPolicy } from '../../engine/config.ts';
import type { Fields } from '../any.ts';
import { NO_TIME } from '../durations.ts';
import type { RouteSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { type RouteConfiguration, RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { retryPolicy } from '../route/retries.ts';
import { DESTINATION_HEADER, MAX_RETRIES_HEADER } from './pass-filter.ts';

/** Wherever the pass says, whatever the request says. Retries are the pass's own, or those that the mesh knows. */
export function passRoutes(defaultRetries: RetryPolicy): RouteConfiguration {
  const hasOwnRetries = [
    { name: MAX_RETRIES_HEADER, headerMatchSpecifier: { case: 'presentMatch' as const, value: true } },
  ];
  return create(RouteConfigurationSchema, {
    name: 'cluster-gateway',
    validateClusters: false,
    virtualHosts: [
      {
        name: 'passes',
        domains: ['*'],
        includeRequestAttemptCount: true,
        requestHeadersToRemove: [DESTINATION_HEADER],
        routes: [
          { name: 'own-retries', ...route(NO_RETRIES), match: { ...EVERY_PATH, headers: hasOwnRetries } },
          { name: 'default', ...route(defaultRetries), match: EVERY_PATH },
        ],
      },
    ],
  });
}

/** Until the headers of the pass say more. */
const NO_RETRIES: RetryPolicy = { attempts: 0, retryOn: [], statusCodes: [] };

const EVERY_PATH = { pathSpecifier: { case: 'prefix' as const, value: '/' } };

function route(retries: RetryPolicy): Fields<typeof RouteSchema> {
  return {
    action: {
      case: 'route',
      value: {
        clusterSpecifier: { case: 'clusterHeader', value: DESTINATION_HEADER },
        // Until the header of the pass says more: what has no timeout at the edge has none here.
        timeout: NO_TIME,
        maxStreamDuration: { maxStreamDuration: NO_TIME, grpcTimeoutHeaderMax: NO_TIME },
        retryPolicy: retryPolicy(retries),
      },
    },
  };
}
