import { create } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { SettingsConfig } from '../../engine/config.ts';
import type { OutboundCluster } from '../../mesh/outbound/outbound-cluster.ts';
import { resolveRetries } from '../../mesh/route-policies.ts';
import { addressOf, type HostPort } from '../address.ts';
import { packed } from '../any.ts';
import { encodeCluster } from '../cluster/cluster.ts';
import { NO_TIME } from '../durations.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouterSchema } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import {
  HttpConnectionManager_ForwardClientCertDetails as ClientCertificate,
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { httpFilter } from '../http/http-filter.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { serverTransport } from '../tls/mesh-server.ts';
import { KEEP_WORDS_OF_THE_EDGE, RESTORE_WORDS_OF_THE_EDGE } from './edge-headers.ts';
import { type EdgeClient, edgeRoots, edgeServerTls } from './edge-tls.ts';
import { type PassTrust, passFilter } from './pass-filter.ts';
import { passRoutes } from './routes.ts';

export interface ClusterGatewayOptions extends PassTrust {
  readonly bind: HostPort;
  /** Undefined: plaintext, behind something that ends TLS. */
  readonly tls?: EdgeClient;
}

/** What the gateway can reach, each under its cluster's name. */
export interface ClusterGateway {
  readonly clusters: readonly OutboundCluster[];
  readonly settings: SettingsConfig;
}

const LISTENER = 'cluster-gateway';

/** The Envoy that takes traffic from the edge: in with a pass, to where the pass says, on with mutual TLS. */
export function encodeClusterGateway(
  { clusters, settings }: ClusterGateway,
  options: ClusterGatewayOptions,
): XdsResource[] {
  return [
    ...clusters.flatMap(encodeCluster),
    ...(options.tls === undefined ? [] : [edgeRoots(options.tls)]),
    encoded(ListenerSchema, LISTENER, listener(settings, options), undefined),
  ];
}

function listener(settings: SettingsConfig, options: ClusterGatewayOptions): Listener {
  const manager = anyPack(HttpConnectionManagerSchema, connectionManager(settings, options));
  return create(ListenerSchema, {
    name: LISTENER,
    address: addressOf(options.bind),
    filterChains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            configType: { case: 'typedConfig', value: manager },
          },
        ],
        ...(options.tls === undefined ? {} : { transportSocket: serverTransport(edgeServerTls(options.tls)) }),
      },
    ],
  });
}

/**
 * The edge has done what a gateway does to a request's headers: the client's address is in X-Forwarded-For already,
 * its protocol and the request's id are known. What a client must not send is taken off here.
 */
function connectionManager(settings: SettingsConfig, options: ClusterGatewayOptions): HttpConnectionManager {
  return create(HttpConnectionManagerSchema, {
    statPrefix: LISTENER,
    routeSpecifier: { case: 'routeConfig', value: passRoutes(DEFAULT_RETRIES) },
    httpFilters: [
      passFilter(options),
      RESTORE_WORDS_OF_THE_EDGE,
      httpFilter('envoy.filters.http.router', packed(RouterSchema, {})),
    ],
    earlyHeaderMutationExtensions: [KEEP_WORDS_OF_THE_EDGE],
    serverName: settings.serverHeader,
    useRemoteAddress: true,
    skipXffAppend: true,
    xffNumTrustedHops: 1,
    preserveExternalRequestId: true,
    forwardClientCertDetails: ClientCertificate.SANITIZE,
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    streamIdleTimeout: NO_TIME,
    httpProtocolOptions: {},
  });
}

const DEFAULT_RETRIES = resolveRetries(undefined, undefined) ?? { attempts: 0, retryOn: [], statusCodes: [] };
