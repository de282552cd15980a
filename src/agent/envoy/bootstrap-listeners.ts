import type { AgentPorts } from './agent-ports.ts';

/** 15090 with Envoy's own figures, 15021 with the readiness that Kubernetes asks for. */
export function agentListeners(ports: AgentPorts, bindAddress: string): unknown[] {
  return [
    listener('prometheus', bindAddress, ports.prometheus, { prefix: '/stats/prometheus' }, 'prometheus_stats'),
    listener('readiness', bindAddress, ports.readiness, { prefix: '/healthz/ready' }, 'agent'),
  ];
}

function listener(name: string, address: string, port: number, match: unknown, cluster: string): unknown {
  return {
    name,
    stat_prefix: `agent_${name}`,
    address: { socket_address: { address, port_value: port } },
    // Kept while the others drain: the kubelet goes on asking.
    drain_type: 'MODIFY_ONLY',
    ignore_global_conn_limit: true,
    filter_chains: [
      {
        filters: [
          {
            name: 'envoy.filters.network.http_connection_manager',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
              codec_type: 'AUTO',
              stat_prefix: 'agent',
              route_config: {
                virtual_hosts: [{ name: 'backend', domains: ['*'], routes: [{ match, route: { cluster } }] }],
              },
              http_filters: [
                {
                  name: 'envoy.filters.http.router',
                  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
                },
              ],
            },
          },
        ],
      },
    ],
  };
}
