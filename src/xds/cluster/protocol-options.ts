import type { Any } from '@bufbuild/protobuf/wkt';
import type { ConnectionPool, OutboundCluster } from '../../mesh/outbound/outbound-cluster.ts';
import { type Fields, packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import type { Http2ProtocolOptionsSchema } from '../gen/envoy/config/core/v3/protocol_pb.ts';
import { HttpProtocolOptionsSchema } from '../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { CONCEAL_PEER } from '../telemetry/peer-exchange.ts';

type OptionsInit = Fields<typeof HttpProtocolOptionsSchema>;

const EXTENSION = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** How HTTP is spoken to a cluster. Of one that only ever carries TCP there is nothing to say. */
export function protocolOptions({
  protocol,
  connectionPool: pool,
  tls,
}: Pick<OutboundCluster, 'protocol' | 'connectionPool' | 'tls'>): Record<string, Any> {
  if (protocol === 'tcp') return {};
  const common = commonOptions(pool);
  const isNameFromRequest = tls.kind === 'origination' && tls.sni === undefined;
  const options: OptionsInit = {
    upstreamProtocolOptions: upstreamProtocol(protocol, pool),
    httpFilters: tls.kind === 'mesh' ? [] : [...CONCEAL_PEER],
    ...(common === undefined ? {} : { commonHttpProtocolOptions: common }),
    ...(isNameFromRequest
      ? {
          upstreamHttpProtocolOptions: {
            autoSni: true,
            autoSanValidation: tls.trust.kind !== 'none' && tls.subjectAltNames.length === 0,
          },
        }
      : {}),
  };
  return { [EXTENSION]: packed(HttpProtocolOptionsSchema, options) };
}

function upstreamProtocol(
  protocol: 'http1' | 'http2' | 'as-downstream',
  pool: ConnectionPool,
): NonNullable<OptionsInit['upstreamProtocolOptions']> {
  switch (protocol) {
    case 'http1':
      return {
        case: 'explicitHttpConfig',
        value: { protocolConfig: { case: 'httpProtocolOptions', value: {} } },
      };
    case 'http2':
      return {
        case: 'explicitHttpConfig',
        value: { protocolConfig: { case: 'http2ProtocolOptions', value: http2(pool) } },
      };
    case 'as-downstream':
      return {
        case: 'useDownstreamProtocolConfig',
        value: { httpProtocolOptions: {}, http2ProtocolOptions: http2(pool) },
      };
  }
}

function http2({ maxConcurrentStreams, http2Keepalive }: ConnectionPool): Fields<typeof Http2ProtocolOptionsSchema> {
  return {
    ...(maxConcurrentStreams === undefined ? {} : { maxConcurrentStreams }),
    ...(http2Keepalive === undefined
      ? {}
      : {
          connectionKeepalive: {
            interval: milliseconds(http2Keepalive.intervalMs),
            timeout: milliseconds(http2Keepalive.timeoutMs),
          },
        }),
  };
}

function commonOptions(pool: ConnectionPool): OptionsInit['commonHttpProtocolOptions'] | undefined {
  const { httpIdleTimeoutMs, maxRequestsPerConnection, maxConnectionDurationMs } = pool;
  if ((httpIdleTimeoutMs ?? maxRequestsPerConnection ?? maxConnectionDurationMs) === undefined) return undefined;
  return {
    ...(httpIdleTimeoutMs === undefined ? {} : { idleTimeout: milliseconds(httpIdleTimeoutMs) }),
    ...(maxRequestsPerConnection === undefined ? {} : { maxRequestsPerConnection }),
    ...(maxConnectionDurationMs === undefined ? {} : { maxConnectionDuration: milliseconds(maxConnectionDurationMs) }),
  };
}
