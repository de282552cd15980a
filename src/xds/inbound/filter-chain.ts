import type { MessageInitShape } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { InboundPort, ResolvedInbound } from '../../mesh/inbound/model.ts';
import type { MutualTlsMode } from '../../mesh/inbound/peer-authentication.ts';
import type { Protocol } from '../../mesh/registry.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import type {
  FilterChainMatchSchema,
  FilterChainSchema,
  FilterSchema,
} from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { TcpProxySchema } from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { networkPolicyFilters } from '../security/network-rbac.ts';
import { meshServerTls, serverTransport } from '../tls/mesh-server.ts';
import { type ChainKind, chainKinds } from './chain-kinds.ts';
import { INBOUND_PASSTHROUGH, inboundClusterName } from './cluster-names.ts';
import { type InboundRoute, inboundConnectionManager } from './connection-manager.ts';

type FilterInit = MessageInitShape<typeof FilterSchema>;
type MatchInit = MessageInitShape<typeof FilterChainMatchSchema>;
export type FilterChainInit = MessageInitShape<typeof FilterChainSchema>;

/** Chains of a port that a service names. `match`: what else tells its connections, beside what is spoken. */
export function portChains(inbound: ResolvedInbound, port: InboundPort, match: MatchInit): FilterChainInit[] {
  const cluster = inboundClusterName(port.port);
  const route = { cluster, label: String(port.port), operation: port.operation };
  return chainKinds(port.protocol, port.mode).map((kind) => ({
    ...chain(inbound, kind, route, match, idleTimeoutMs(port)),
    name: `0.0.0.0_${port.port}`,
  }));
}

/** Chains of everything else that arrives; what is spoken there has to be found out. */
export function passthroughChains(inbound: ResolvedInbound, mode: MutualTlsMode, match: MatchInit): FilterChainInit[] {
  const route = { cluster: INBOUND_PASSTHROUGH, label: 'passthrough', operation: '' };
  return chainKinds(UNKNOWN, mode).map((kind) => ({
    ...chain(inbound, kind, route, match, undefined),
    name: `virtualInbound-catchall-${kind.serves}`,
  }));
}

const UNKNOWN: Protocol = 'AUTO';

function chain(
  inbound: ResolvedInbound,
  { transport, applicationProtocols, isMutualTls, serves }: ChainKind,
  route: InboundRoute,
  match: MatchInit,
  idleMs: number | undefined,
): FilterChainInit {
  const { trustDomains, listener } = inbound;
  return {
    filterChainMatch: {
      ...match,
      transportProtocol: transport ?? '',
      applicationProtocols: [...applicationProtocols],
    },
    filters: serves === 'http' ? [httpFilter(inbound, route)] : tcpFilters(inbound, route, idleMs),
    ...(isMutualTls
      ? {
          transportSocket: serverTransport(
            meshServerTls({ trustDomains, minVersion: listener.minTlsVersion, alpnProtocols: ALPN[serves] }),
          ),
        }
      : {}),
  };
}

const ALPN = { http: ['h2', 'http/1.1'], tcp: ['istio-peer-exchange', 'h2', 'http/1.1'] } as const;

function httpFilter(inbound: ResolvedInbound, route: InboundRoute): FilterInit {
  const manager = inboundConnectionManager(inbound, route, `inbound_0.0.0.0_${route.label}`);
  return {
    name: 'envoy.filters.network.http_connection_manager',
    configType: { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) },
  };
}

function tcpFilters({ tcpPolicies }: ResolvedInbound, { cluster }: InboundRoute, idleMs?: number): FilterInit[] {
  return [...networkPolicyFilters(tcpPolicies), tcpProxy(cluster, idleMs)];
}

export function tcpProxy(cluster: string, idleMs?: number): FilterInit {
  const value = packed(TcpProxySchema, {
    statPrefix: cluster,
    clusterSpecifier: { case: 'cluster', value: cluster },
    ...(idleMs === undefined ? {} : { idleTimeout: milliseconds(idleMs) }),
  });
  return { name: 'envoy.filters.network.tcp_proxy', configType: { case: 'typedConfig', value } };
}

function idleTimeoutMs({ connectionPool }: InboundPort): number | undefined {
  return connectionPool.tcpIdleTimeoutMs;
}
