import { isIP } from 'node:net';
import { SDS_CLUSTER } from '../../xds/sds-names.ts';
import type { AgentPorts } from './agent-ports.ts';
import { agentListeners } from './bootstrap-listeners.ts';
import { STATS_CONFIG } from './bootstrap-stats.ts';
import { tlsContextOfControlPlane } from './bootstrap-tls.ts';

export interface ControlPlaneAddress {
  readonly host: string;
  readonly port: number;
  /** The name in the control plane's certificate; undefined: plaintext. */
  readonly tlsServerName: string | undefined;
}

export interface BootstrapOptions {
  readonly nodeId: string;
  /** `app.namespace`, as Istio's. */
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly ports: AgentPorts;
  /** Where agent and Envoy listen for others: everywhere in a pod, on one of loopback's where many share a machine. */
  readonly bindAddress: string;
  readonly sdsSocketPath: string;
  /** Undefined: Envoy has only what `extra` gives it. */
  readonly controlPlane: ControlPlaneAddress | undefined;
  /** Listeners and clusters that are added as they are. */
  readonly extra?: { readonly listeners?: readonly unknown[]; readonly clusters?: readonly unknown[] };
}

/** The configuration that an Envoy starts with: who it is, where the rest comes from (ISTIO.md §4.5). */
export function bootstrap(options: BootstrapOptions): unknown {
  const { nodeId, cluster, metadata, ports, controlPlane, extra = {} } = options;
  return {
    node: { id: nodeId, cluster, metadata },
    layered_runtime: {
      layers: [
        { name: 'static', static_layer: { 're2.max_program_size.error_level': 32768 } },
        { name: 'admin', admin_layer: {} },
      ],
    },
    ...STATS_CONFIG,
    admin: {
      profile_path: '/dev/null',
      address: socketAddress('127.0.0.1', ports.admin),
    },
    ...(controlPlane === undefined ? {} : { dynamic_resources: DYNAMIC_RESOURCES }),
    static_resources: {
      listeners: [...agentListeners(ports, options.bindAddress), ...(extra.listeners ?? [])],
      clusters: [
        localCluster('prometheus_stats', '127.0.0.1', ports.admin),
        localCluster('agent', reachableAddress(options.bindAddress), ports.status),
        sdsCluster(options.sdsSocketPath),
        ...(controlPlane === undefined ? [] : [controlPlaneCluster(controlPlane)]),
        ...(extra.clusters ?? []),
      ],
    },
  };
}

const FROM_ADS = { ads: {}, initial_fetch_timeout: '0s', resource_api_version: 'V3' };

const DYNAMIC_RESOURCES = {
  lds_config: FROM_ADS,
  cds_config: FROM_ADS,
  ads_config: {
    api_type: 'DELTA_GRPC',
    transport_api_version: 'V3',
    set_node_on_first_message_only: true,
    grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
  },
};

const OVER_HTTP2 = overHttp2({});

/**
 * The control plane ends a stream when the certificate expires that its connection began with. The next stream is to come
 * with the certificate of that time, over a connection of its own.
 */
const OVER_RENEWED_CONNECTIONS = overHttp2({ common_http_protocol_options: { max_connection_duration: '10s' } });

function overHttp2(more: Readonly<Record<string, unknown>>): unknown {
  return {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: {
        // A control plane that vanished without a word is noticed, and looked for again.
        http2_protocol_options: { connection_keepalive: { interval: '30s', timeout: '10s' } },
      },
      ...more,
    },
  };
}

/** How what listens on an address is reached from the same pod. */
function reachableAddress(bindAddress: string): string {
  if (bindAddress === '0.0.0.0') return '127.0.0.1';
  return bindAddress === '::' ? '::1' : bindAddress;
}

function localCluster(name: string, address: string, port: number): unknown {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '0.25s',
    load_assignment: assignment(name, socketAddress(address, port)),
  };
}

function sdsCluster(path: string): unknown {
  return {
    name: SDS_CLUSTER,
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: OVER_HTTP2,
    load_assignment: assignment(SDS_CLUSTER, { pipe: { path } }),
  };
}

function controlPlaneCluster(controlPlane: ControlPlaneAddress): unknown {
  const { host, port, tlsServerName } = controlPlane;
  return {
    name: 'xds-grpc',
    type: isIP(host) === 0 ? 'STRICT_DNS' : 'STATIC',
    connect_timeout: '1s',
    respect_dns_ttl: true,
    upstream_connection_options: { tcp_keepalive: { keepalive_time: 300 } },
    typed_extension_protocol_options: OVER_RENEWED_CONNECTIONS,
    load_assignment: assignment('xds-grpc', socketAddress(host, port)),
    ...(tlsServerName === undefined ? {} : { transport_socket: tlsContextOfControlPlane(tlsServerName) }),
  };
}

function assignment(clusterName: string, address: unknown): unknown {
  return { cluster_name: clusterName, endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
}

function socketAddress(address: string, port: number): unknown {
  return { socket_address: { address, port_value: port } };
}
