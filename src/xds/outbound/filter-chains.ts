import type { MessageInitShape } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { HttpChain, OutboundChain, ResolvedOutbound, TcpChain } from '../../mesh/outbound/model.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import type {
  FilterChainMatchSchema,
  FilterChainSchema,
} from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { TcpProxySchema } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { addressRange } from '../security/address-range.ts';
import { connectionManager } from './connection-manager.ts';

export type FilterChainInit = MessageInitShape<typeof FilterChainSchema>;

/** What the HTTP inspector finds. */
const PLAINTEXT_HTTP = ['http/1.0', 'http/1.1', 'h2c'];

/** `isShared`: other chains, or the fall-through, take what is not HTTP. */
export function filterChain(chain: OutboundChain, isShared: boolean, outbound: ResolvedOutbound): FilterChainInit {
  return chain.kind === 'http' ? httpChain(chain, isShared, outbound) : tcpChain(chain, outbound);
}

function httpChain(chain: HttpChain, isShared: boolean, outbound: ResolvedOutbound): FilterChainInit {
  const value = anyPack(HttpConnectionManagerSchema, connectionManager(chain, outbound));
  return {
    filters: [{ name: 'envoy.filters.network.http_connection_manager', configType: { case: 'typedConfig', value } }],
    ...(isShared
      ? { filterChainMatch: { transportProtocol: 'raw_buffer', applicationProtocols: PLAINTEXT_HTTP } }
      : {}),
  };
}

function tcpChain(chain: TcpChain, outbound: ResolvedOutbound): FilterChainInit {
  const match: MessageInitShape<typeof FilterChainMatchSchema> = {
    serverNames: [...chain.serverNames],
    prefixRanges: chain.subnets.map(addressRange),
  };
  const isAny = chain.serverNames.length === 0 && chain.subnets.length === 0;
  return {
    filters: [tcpProxy(chain.statPrefix, chain.destinations, outbound)],
    ...(isAny ? {} : { filterChainMatch: match }),
  };
}

type FilterInit = NonNullable<Exclude<FilterChainInit, { $typeName: string }>['filters']>[number];

export function tcpProxy(
  statPrefix: string,
  destinations: TcpChain['destinations'],
  outbound: Pick<ResolvedOutbound, 'clusters'>,
): FilterInit {
  const [only, ...others] = destinations;
  const first = outbound.clusters.get(only?.cluster ?? '');
  const idleMs = first?.connectionPool.tcpIdleTimeoutMs;
  const balancer = first?.loadBalancer;
  const bySource = balancer !== undefined && 'key' in balancer && balancer.key?.kind === 'source-ip';
  const value = packed(TcpProxySchema, {
    statPrefix,
    clusterSpecifier:
      others.length === 0
        ? { case: 'cluster', value: only?.cluster ?? '' }
        : {
            case: 'weightedClusters',
            value: { clusters: destinations.map(({ cluster, weight }) => ({ name: cluster, weight })) },
          },
    ...(idleMs === undefined ? {} : { idleTimeout: milliseconds(idleMs) }),
    ...(bySource ? { hashPolicy: [{ policySpecifier: { case: 'sourceIp', value: {} } }] } : {}),
  });
  return { name: 'envoy.filters.network.tcp_proxy', configType: { case: 'typedConfig', value } };
}
