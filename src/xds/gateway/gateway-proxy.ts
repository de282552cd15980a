import type { GatewayProxy, StreamChain } from '../../mesh/gateway/model.ts';
import type { HostPort } from '../address.ts';
import type { Fields } from '../any.ts';
import { encodeCluster } from '../cluster/cluster.ts';
import type { FilterChainSchema } from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { tcpProxy } from '../outbound/filter-chains.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { addressRange } from '../security/address-range.ts';
import { networkPolicyFilters } from '../security/network-rbac.ts';
import { serverTransport } from '../tls/mesh-server.ts';
import { certificateSecret, trustSecret } from '../tls/secret.ts';
import { encodeServers } from './gateway.ts';
import { type ListenerOptions, portListener } from './listener.ts';
import { serverTlsContext } from './server-tls-context.ts';

export interface GatewayProxyOptions {
  /** Where a port of the pod is bound; by default on every address, under its own number. */
  readonly bind?: (port: number) => HostPort;
}

/** An ingress or egress gateway as one Envoy: HTTP, TLS that ends here or passes, TCP. */
export function encodeGatewayProxy(proxy: GatewayProxy, { bind }: GatewayProxyOptions): XdsResource[] {
  const streams = Map.groupBy(proxy.streams, ({ port }) => port);
  const options: ListenerOptions = {
    bind: (port) => {
      const own = proxy.podPorts.get(port) ?? port;
      return bind?.(own) ?? { address: '0.0.0.0', port: own };
    },
    tls: ({ name }) => {
      const tls = proxy.tls.get(name);
      return tls === undefined ? undefined : serverTlsContext(tls, 'http');
    },
    streams: (port) => (streams.get(port) ?? []).map((chain) => streamChain(chain, proxy)),
  };
  const http = new Set(proxy.config.listeners.map(({ port }) => port));
  const others = [...streams].filter(([port]) => !http.has(port));
  return [
    ...[...proxy.clusters.values()].flatMap(encodeCluster),
    ...proxy.credentials.map(({ name, content, origin }) =>
      content.kind === 'certificate'
        ? certificateSecret(name, content, origin)
        : trustSecret(name, content.roots, origin, content.crl),
    ),
    ...encodeServers(proxy, options),
    ...others.map(([port, chains]) => {
      const isTls = chains.some(({ serverNames, tls }) => tls !== undefined || serverNames.length > 0);
      const filterChains = chains.map((chain) => streamChain(chain, proxy));
      const message = portListener(port, isTls, filterChains, options);
      return encoded(ListenerSchema, message.name, message, chains[0]?.origin);
    }),
  ];
}

function streamChain(chain: StreamChain, proxy: GatewayProxy): Fields<typeof FilterChainSchema> {
  const { serverNames, subnets, tls, statPrefix, destinations } = chain;
  return {
    filterChainMatch: { serverNames: [...serverNames], prefixRanges: subnets.map(addressRange) },
    filters: [...networkPolicyFilters(proxy.tcpPolicies), tcpProxy(statPrefix, destinations, proxy)],
    ...(tls === undefined ? {} : { transportSocket: serverTransport(serverTlsContext(tls, 'tcp')) }),
  };
}
