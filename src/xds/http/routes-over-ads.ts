import type { Fields } from '../any.ts';
import { NO_TIME } from '../durations.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';

/** A route table that comes apart from its listener, over the same stream. */
export function routesOverAds(
  routeConfigName: string,
): NonNullable<Fields<typeof HttpConnectionManagerSchema>['routeSpecifier']> {
  return {
    case: 'rds',
    value: {
      routeConfigName,
      configSource: {
        configSourceSpecifier: { case: 'ads', value: {} },
        initialFetchTimeout: NO_TIME,
        resourceApiVersion: ApiVersion.V3,
      },
    },
  };
}
