import { create } from '@bufbuild/protobuf';
import type { InboundPort, ResolvedInbound } from '../../mesh/inbound/model.ts';
import type { ConnectionPool, UpstreamProtocol } from '../../mesh/outbound/outbound-cluster.ts';
import { addressOf, type HostPort } from '../address.ts';
import type { Fields } from '../any.ts';
import { circuitBreakers, connectionOptions } from '../cluster/connection-pool.ts';
import { protocolOptions } from '../cluster/protocol-options.ts';
import { milliseconds } from '../durations.ts';
import {
  type Cluster,
  ClusterSchema,
  Cluster_DiscoveryType as Discovery,
  Cluster_LbPolicy as LbPolicy,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { INBOUND_PASSTHROUGH, inboundClusterName } from './cluster-names.ts';
import type { InboundCapture } from './options.ts';

type ClusterInit = Fields<typeof ClusterSchema>;

/** Connections that Envoy makes from here come from itself: iptables lets them through to the application. */
const PASSTHROUGH_SOURCE = { address: '127.0.0.6', port: 0 };
const PASSTHROUGH_SOURCE_IPV6 = { address: '::6', port: 0 };

export function inboundCluster(inbound: ResolvedInbound, port: InboundPort, capture: InboundCapture): Cluster {
  const name = inboundClusterName(port.port);
  return create(ClusterSchema, {
    name,
    ...destination(name, inbound, port, capture),
    ...connections(port.connectionPool, upstreamProtocol(port.protocol)),
  });
}

/** Ports that no service names: to where the client wanted to go. */
export function inboundPassthrough(inbound: ResolvedInbound): Cluster {
  return create(ClusterSchema, {
    name: INBOUND_PASSTHROUGH,
    ...ORIGINAL_DESTINATION,
    ...connections({ connectTimeoutMs: inbound.listener.connectTimeoutMs }, 'as-downstream'),
  });
}

/** Limits are set where people set them: what is taken from clients, the application gets. */
function connections(connectionPool: ConnectionPool, protocol: UpstreamProtocol): ClusterInit {
  return {
    connectTimeout: milliseconds(connectionPool.connectTimeoutMs),
    circuitBreakers: circuitBreakers({ connectionPool }),
    ...connectionOptions({ connectionPool }),
    typedExtensionProtocolOptions: protocolOptions({ protocol, connectionPool, tls: { kind: 'none' } }),
  };
}

const ORIGINAL_DESTINATION: ClusterInit = {
  clusterDiscoveryType: { case: 'type', value: Discovery.ORIGINAL_DST },
  lbPolicy: LbPolicy.CLUSTER_PROVIDED,
  upstreamBindConfig: {
    sourceAddress: { address: PASSTHROUGH_SOURCE.address, portSpecifier: { case: 'portValue', value: 0 } },
    extraSourceAddresses: [
      { address: { address: PASSTHROUGH_SOURCE_IPV6.address, portSpecifier: { case: 'portValue', value: 0 } } },
    ],
  },
};

function destination(
  name: string,
  { address, listener }: ResolvedInbound,
  { port, endpoint, bind }: InboundPort,
  capture: InboundCapture,
): ClusterInit {
  if (endpoint.kind === 'unix') {
    return fixed(name, { address: { case: 'pipe', value: { path: endpoint.path } } });
  }
  if (capture.mode === 'NONE') {
    return fixed(name, addressOf(capture.app(endpoint.kind === 'default' ? port : endpoint.port)));
  }
  const own = address ?? (capture.address === '::' ? '::1' : '127.0.0.1');
  switch (endpoint.kind) {
    case 'loopback':
      return fixed(name, addressOf(endpoint));
    case 'own-address':
      return fixedFrom(name, { address: own, port: endpoint.port });
    case 'default':
      if (listener.forwardTo === 'loopback') return fixed(name, addressOf({ address: '127.0.0.1', port }));
      return bind === undefined ? ORIGINAL_DESTINATION : fixedFrom(name, { address: own, port });
  }
}

function fixed(name: string, address: ReturnType<typeof addressOf>): ClusterInit {
  return {
    clusterDiscoveryType: { case: 'type', value: Discovery.STATIC },
    loadAssignment: {
      clusterName: name,
      endpoints: [{ lbEndpoints: [{ hostIdentifier: { case: 'endpoint', value: { address } } }] }],
    },
  };
}

/** To the pod's own address iptables would send it back here, were it not for the source. */
function fixedFrom(name: string, hostPort: HostPort): ClusterInit {
  const { upstreamBindConfig } = ORIGINAL_DESTINATION;
  return {
    ...fixed(name, addressOf(hostPort)),
    ...(upstreamBindConfig === undefined ? {} : { upstreamBindConfig }),
  };
}

/** What the port declares, the application speaks; where it declares nothing, whatever the client has chosen. */
function upstreamProtocol(protocol: InboundPort['protocol']): UpstreamProtocol {
  switch (protocol) {
    case 'HTTP':
      return 'http1';
    case 'HTTP2':
    case 'GRPC':
    case 'GRPC-WEB':
      return 'http2';
    case 'AUTO':
      return 'as-downstream';
    default:
      return 'tcp';
  }
}
