/**
 * Which figures Envoy keeps. All of them would take some 50 kB a cluster; these are what Istio keeps, and what its
 * dashboards and people need when something fails.
 */
const PREFIXES = ['cluster_manager', 'listener_manager', 'server', 'cluster.xds-grpc', 'wasm', 'istio'];
const SUFFIXES = ['rbac.allowed', 'rbac.denied', 'shadow_allowed', 'shadow_denied', 'downstream_cx_active'];
const PATTERNS = [
  '^cluster\\..+\\.(upstream_rq_(total|active|completed|[1-5]xx|time|retry|timeout|pending_overflow))$',
  '^cluster\\..+\\.(upstream_cx_(total|active|connect_fail|connect_timeout)|membership_(healthy|total))$',
  '^(cluster|listener)\\..+\\.ssl\\.(handshake|connection_error|fail_verify_.+)$',
  '^(cluster|listener)\\..+\\.(client|server)_ssl_socket_factory\\..+$',
  '^http\\..+\\.(downstream_rq_(total|active|completed|[1-5]xx|time)|jwt_authn\\..+)$',
  '^tcp\\..+$',
];

/** Cluster names have dots; these are Istio's expressions for where they end. */
const TAGS = [
  { tag_name: 'cluster_name', regex: '^cluster\\.((.+?(\\..+?\\.svc\\.cluster\\.local)?)\\.)' },
  { tag_name: 'tcp_prefix', regex: '^tcp\\.((.*?)\\.)\\w+?$' },
  {
    tag_name: 'http_conn_manager_prefix',
    regex: '^http\\.((.+?)\\.)(?:downstream_|no_|rq_|passthrough_|tracing|rbac|jwt_authn|ext_authz|fault)',
  },
  { tag_name: 'listener_address', regex: '^listener\\.(((?:[_.[:digit:]]*|[_\\[\\]aAbBcCdDeEfF[:digit:]]*))\\.)' },
  { tag_name: 'response_code_class', regex: '_rq(_(\\dxx))$' },
];

export const STATS_CONFIG = {
  stats_config: {
    use_all_default_tags: false,
    stats_tags: TAGS,
    stats_matcher: {
      inclusion_list: {
        patterns: [
          ...PREFIXES.map((prefix) => ({ prefix })),
          ...SUFFIXES.map((suffix) => ({ suffix })),
          ...PATTERNS.map((regex) => ({ safe_regex: { regex } })),
        ],
      },
    },
  },
};
