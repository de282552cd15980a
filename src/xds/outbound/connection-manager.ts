import { create } from '@bufbuild/protobuf';
import type { HttpChain, ResolvedOutbound } from '../../mesh/outbound/model.ts';
import { proxySettings } from '../../mesh/proxy-settings.ts';
import { packed } from '../any.ts';
import { DNS_CACHE } from '../cluster/dns-cache.ts';
import { NO_TIME } from '../durations.ts';
import { FilterStateValue_SharedWithUpstream as SharedWithUpstream } from '../gen/envoy/extensions/filters/common/set_filter_state/v3/value_pb.ts';
import { FilterConfigSchema } from '../gen/envoy/extensions/filters/http/dynamic_forward_proxy/v3/dynamic_forward_proxy_pb.ts';
import { ConfigSchema } from '../gen/envoy/extensions/filters/http/set_filter_state/v3/set_filter_state_pb.ts';
import {
  type HttpConnectionManager,
  HttpConnectionManagerSchema,
  HttpConnectionManager_ServerHeaderTransformation as ServerHeader,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { type HttpFilterInit, httpFilter } from '../http/http-filter.ts';
import { pathNormalization } from '../http/path-normalization.ts';
import { routesOverAds } from '../http/routes-over-ads.ts';
import { SERVING_FILTERS } from '../http/serving-filters.ts';
import { MESH_HTTP_ALPN } from '../tls/alpn.ts';

/** The connection manager as Istio sets it up beside a caller, which it trusts: nothing about the caller is added. */
export function connectionManager(chain: HttpChain, outbound: ResolvedOutbound): HttpConnectionManager {
  const settings = proxySettings({ namespace: '', serviceAccount: '' }, outbound.settings);
  return create(HttpConnectionManagerSchema, {
    statPrefix: chain.statPrefix,
    routeSpecifier: routesOverAds(chain.table),
    httpFilters: filters(chain, outbound),
    serverName: settings.serverHeader,
    serverHeaderTransformation: ServerHeader.PASS_THROUGH,
    useRemoteAddress: false,
    upgradeConfigs: [{ upgradeType: 'websocket' }],
    streamIdleTimeout: NO_TIME,
    httpProtocolOptions: {},
    ...pathNormalization(settings.pathNormalization),
  });
}

function filters(chain: HttpChain, outbound: ResolvedOutbound): HttpFilterInit[] {
  const clusters = [...outbound.clusters.values()];
  return [
    ...(chain.announces && leadsIntoMesh(chain, outbound) ? [ANNOUNCE_HTTP] : []),
    ...(clusters.some(({ discovery }) => discovery.kind === 'dynamic-dns') ? [LOOK_UP_NAMES] : []),
    ...SERVING_FILTERS,
  ];
}

/** Servers outside of the mesh would take Istio's names of protocols for unknown ones. */
function leadsIntoMesh({ table }: HttpChain, { tables, clusters }: ResolvedOutbound): boolean {
  const routes = tables.get(table)?.virtualHosts.flatMap((host) => host.routes) ?? [];
  return routes.every(
    ({ action }) =>
      action.kind !== 'forward' ||
      action.destinations.every(({ cluster = '' }) => clusters.get(cluster)?.tls.kind !== 'origination'),
  );
}

/** In place of the cluster's own list, which says only that the caller is of the mesh. */
const ANNOUNCE_HTTP = httpFilter(
  'envoy.filters.http.set_filter_state',
  packed(ConfigSchema, {
    onRequestHeaders: [
      {
        key: { case: 'objectKey', value: 'envoy.network.application_protocols' },
        value: {
          case: 'formatString',
          value: {
            format: {
              case: 'textFormatSource',
              value: { specifier: { case: 'inlineString', value: MESH_HTTP_ALPN.join(',') } },
            },
          },
        },
        sharedWithUpstream: SharedWithUpstream.ONCE,
      },
    ],
  }),
);

const LOOK_UP_NAMES = httpFilter(
  'envoy.filters.http.dynamic_forward_proxy',
  packed(FilterConfigSchema, { implementationSpecifier: { case: 'dnsCacheConfig', value: DNS_CACHE } }),
);
