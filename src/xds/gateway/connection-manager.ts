import { create } from '@bufbuild/protobuf';
import type { SettingsConfig } from '../../engine/config.ts';
import type { PolicyScope } from '../../engine/policy-config.ts';
import { NO_TIME } from '../durations.ts';
import {
  HttpConnectionManager_ForwardClientCertDetails as ClientCertificate,
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { pathNormalization } from '../http/path-normalization.ts';
import { routesOverAds } from '../http/routes-over-ads.ts';
import { httpFilters } from './http-filters.ts';

export interface GatewayTable {
  /** Route configuration to ask for. */
  readonly name: string;
  readonly port: number;
  readonly policies: PolicyScope;
}

/** The connection manager as Istio sets it up in a gateway, which faces clients that nobody vouches for. */
export function connectionManager(table: GatewayTable, settings: SettingsConfig): HttpConnectionManager {
  return create(HttpConnectionManagerSchema, {
    statPrefix: `outbound_0.0.0.0_${table.port}`,
    routeSpecifier: routesOverAds(table.name),
    httpFilters: httpFilters(table.policies),
    serverName: settings.serverHeader,
    useRemoteAddress: true,
    xffNumTrustedHops: settings.numTrustedProxies,
    forwardClientCertDetails: ClientCertificate.SANITIZE_SET,
    setCurrentClientCertDetails: { subject: true, cert: true, dns: true, uri: true },
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    streamIdleTimeout: NO_TIME,
    httpProtocolOptions: {},
    ...pathNormalization(settings.pathNormalization),
  });
}
