import { create } from '@bufbuild/protobuf';
import type { ResolvedInbound } from '../../mesh/inbound/model.ts';
import { NO_TIME } from '../durations.ts';
import { httpFilters } from '../gateway/http-filters.ts';
import type { RouteConfiguration } from '../gen/envoy/config/route/v3/route_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import {
  HttpConnectionManager_ForwardClientCertDetails as ClientCertificate,
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { pathNormalization } from '../http/path-normalization.ts';
import { KEEP_PEER } from '../telemetry/peer-exchange.ts';

export interface InboundRoute {
  readonly cluster: string;
  /** `9080`, or `passthrough`: the end of the virtual host's name. */
  readonly label: string;
  /** For traces; empty: none. */
  readonly operation: string;
}

/** The connection manager of a port of the workload: it trusts what sidecars and gateways say about the client. */
export function inboundConnectionManager(
  { policies, settings }: ResolvedInbound,
  route: InboundRoute,
  statPrefix: string,
): HttpConnectionManager {
  return create(HttpConnectionManagerSchema, {
    statPrefix,
    routeSpecifier: { case: 'routeConfig', value: inboundRoutes(route) },
    httpFilters: [KEEP_PEER, ...httpFilters(policies, false)],
    serverName: settings.serverHeader,
    useRemoteAddress: false,
    forwardClientCertDetails: ClientCertificate.APPEND_FORWARD,
    setCurrentClientCertDetails: { subject: true, dns: true, uri: true },
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    streamIdleTimeout: NO_TIME,
    httpProtocolOptions: {},
    ...pathNormalization(settings.pathNormalization),
  });
}

/** Everything goes to the application. A connection that it has just closed costs a retry, not the request. */
function inboundRoutes({ cluster, label, operation }: InboundRoute): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name: cluster,
    validateClusters: false,
    virtualHosts: [
      {
        name: `inbound|http|${label}`,
        domains: ['*'],
        routes: [
          {
            name: 'default',
            match: { pathSpecifier: { case: 'prefix', value: '/' } },
            ...(operation === '' ? {} : { decorator: { operation: `${operation}/*` } }),
            action: {
              case: 'route',
              value: {
                clusterSpecifier: { case: 'cluster', value: cluster },
                timeout: NO_TIME,
                maxStreamDuration: { maxStreamDuration: NO_TIME, grpcTimeoutHeaderMax: NO_TIME },
                retryPolicy: { retryOn: 'reset-before-request', numRetries: 2 },
              },
            },
          },
        ],
      },
    ],
  });
}
