import { X509Certificate } from 'node:crypto';
import type { EnvoyDump } from './envoy-dump.ts';
import type { Rows } from './proxy-config-rows.ts';

/** Any JSON, looked into field by field: what an Envoy prints depends on its release. */
class Json {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  at(...path: readonly string[]): Json {
    let value = this.value;
    for (const name of path) {
      value =
        typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
    }
    return new Json(value);
  }

  list(...path: readonly string[]): Json[] {
    const { value } = this.at(...path);
    return Array.isArray(value) ? value.map((item) => new Json(item)) : [];
  }

  text(...path: readonly string[]): string {
    const { value } = this.at(...path);
    return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
  }
}

type RowsOf = (dump: EnvoyDump) => Rows | Promise<Rows>;

/** istioctl's columns, by kind. */
export const ENVOY_KINDS: Readonly<Record<string, RowsOf>> = {
  cluster: clusterRows,
  listener: listenerRows,
  route: routeRows,
  endpoint: endpointRows,
  secret: secretRows,
  bootstrap: bootstrapRows,
};

function section(dump: EnvoyDump, name: string): Json {
  return new Json(dump.configs.get(name));
}

/** What was pushed, whether it is in use already or being warmed, and what came with the bootstrap. */
function current(dump: EnvoyDump, name: string, kinds: readonly string[], field: string): Json[] {
  return kinds.flatMap((kind) =>
    section(dump, name)
      .list(kind)
      .map((one) => one.at(field)),
  );
}

function clusterRows(dump: EnvoyDump): Rows {
  const kinds = ['dynamic_active_clusters', 'dynamic_warming_clusters', 'static_clusters'];
  const rows = current(dump, 'ClustersConfigDump', kinds, 'cluster').map((cluster) => {
    const name = cluster.text('name');
    const [direction, port = '', subset = '', host = ''] = name.split('|');
    const type = cluster.text('type') || cluster.text('cluster_type', 'name') || 'STATIC';
    const rule = ruleName(cluster.at('metadata', 'filter_metadata', 'istio').text('config'));
    const cells =
      host === '' && !name.includes('|')
        ? [name, '-', '-', '-', type, rule]
        : [host, port || '-', subset || '-', direction ?? '-', type, rule];
    return { cells, value: cluster.value };
  });
  return { head: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'TYPE', 'DESTINATION RULE'], rows };
}

/** `/apis/networking.istio.io/v1/namespaces/shop/destination-rule/web` → `web.shop`. */
function ruleName(config: string): string {
  const [, namespace, name] = /\/namespaces\/([^/]+)\/[^/]+\/([^/]+)$/.exec(config) ?? [];
  return name === undefined ? '' : `${name}.${namespace}`;
}

function listenerRows(dump: EnvoyDump): Rows {
  const listeners = [
    ...section(dump, 'ListenersConfigDump')
      .list('dynamic_listeners')
      .map((one) => one.at('active_state', 'listener')),
    ...section(dump, 'ListenersConfigDump')
      .list('static_listeners')
      .map((one) => one.at('listener')),
  ].filter(({ value }) => value !== undefined);
  const rows = listeners.flatMap((listener) => {
    const address = listener.at('address', 'socket_address');
    const where = address.text('address') || listener.text('address', 'pipe', 'path');
    const port = address.text('port_value') || '0';
    const chains = [...listener.list('filter_chains'), listener.at('default_filter_chain')];
    return chains
      .filter(({ value }) => value !== undefined)
      .map((chain) => ({ cells: [where, port, chainMatch(chain), chainDestination(chain)], value: listener.value }));
  });
  return { head: ['ADDRESSES', 'PORT', 'MATCH', 'DESTINATION'], rows };
}

function chainMatch(chain: Json): string {
  const match = chain.at('filter_chain_match');
  const parts = [
    ['SNI: ', match.list('server_names').map((name) => name.text())],
    ['Trans: ', [match.text('transport_protocol')]],
    ['App: ', match.list('application_protocols').map((name) => name.text())],
    [
      'Addr: ',
      match.list('prefix_ranges').map((range) => `${range.text('address_prefix')}/${range.text('prefix_len')}`),
    ],
    ['Port: ', [match.text('destination_port')]],
  ] as const;
  const shown = parts.flatMap(([label, values]) => {
    const given = values.filter((value) => value !== '');
    return given.length === 0 ? [] : [label + given.join(',')];
  });
  return shown.join('; ') || 'ALL';
}

function chainDestination(chain: Json): string {
  for (const filter of chain.list('filters')) {
    const config = filter.at('typed_config');
    const table = config.text('rds', 'route_config_name');
    if (table !== '') return `Route: ${table}`;
    const inline = config.at('route_config');
    if (inline.value !== undefined) return `Inline Route: ${inline.text('name') || inlineTargets(inline)}`;
    const cluster = config.text('cluster');
    if (cluster !== '') return `Cluster: ${cluster}`;
    const weighted = config.list('weighted_clusters', 'clusters').map((one) => one.text('name'));
    if (weighted.length > 0) return `Cluster: ${weighted.join(',')}`;
  }
  return 'Non-HTTP/Non-TCP';
}

function inlineTargets(inline: Json): string {
  const routes = inline.list('virtual_hosts').flatMap((host) => host.list('routes'));
  return routes.map((route) => matchText(route.at('match'))).join(',');
}

function routeRows(dump: EnvoyDump): Rows {
  const kinds = ['dynamic_route_configs', 'static_route_configs'];
  const rows = current(dump, 'RoutesConfigDump', kinds, 'route_config').flatMap((table) =>
    table.list('virtual_hosts').flatMap((host) => {
      const domains = host.list('domains').map((domain) => domain.text());
      const shown =
        domains.length > 2 ? `${domains.slice(0, 2).join(', ')} + ${domains.length - 2} more...` : domains.join(', ');
      const routes = host.list('routes');
      return routes.map((route) => ({
        cells: [
          table.text('name'),
          host.text('name'),
          shown,
          matchText(route.at('match')),
          ruleName(route.at('metadata', 'filter_metadata', 'istio').text('config')) ||
            (routes.length === 0 ? '404' : ''),
        ],
        value: { table: table.text('name'), virtualHost: host.text('name'), domains, route: route.value },
      }));
    }),
  );
  return { head: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE'], rows };
}

function matchText(match: Json): string {
  const path = match.text('path') || match.text('path_separated_prefix');
  if (path !== '') return path;
  const prefix = match.text('prefix');
  return prefix === '' ? match.text('safe_regex', 'regex') : `${prefix}*`;
}

async function endpointRows(dump: EnvoyDump): Promise<Rows> {
  const rows = dump.clusters === undefined ? assignedEndpoints(dump) : liveEndpoints(new Json(await dump.clusters()));
  return { head: ['ENDPOINT', 'STATUS', 'OUTLIER CHECK', 'CLUSTER'], rows };
}

function liveEndpoints(clusters: Json): Rows['rows'] {
  return clusters.list('cluster_statuses').flatMap((cluster) =>
    cluster.list('host_statuses').map((host) => {
      const status = host.text('health_status', 'eds_health_status') || 'HEALTHY';
      const outlier = host.text('health_status', 'failed_outlier_check') === 'true' ? 'FAILED' : 'OK';
      return { cells: [addressText(host.at('address')), status, outlier, cluster.text('name')], value: host.value };
    }),
  );
}

/** A file says what Envoy was told, not how it fares. */
function assignedEndpoints(dump: EnvoyDump): Rows['rows'] {
  const kinds = ['dynamic_endpoint_configs', 'static_endpoint_configs'];
  return current(dump, 'EndpointsConfigDump', kinds, 'endpoint_config').flatMap((assignment) =>
    assignment.list('endpoints').flatMap((group) =>
      group.list('lb_endpoints').map((one) => {
        const address = addressText(one.at('endpoint', 'address'));
        const cells = [address, one.text('health_status') || 'HEALTHY', '-', assignment.text('cluster_name')];
        return { cells, value: one.value };
      }),
    ),
  );
}

function addressText(address: Json): string {
  const path = address.text('pipe', 'path') || address.text('envoy_internal_address', 'server_listener_name');
  if (path !== '') return path;
  return `${address.text('socket_address', 'address')}:${address.text('socket_address', 'port_value')}`;
}

function secretRows(dump: EnvoyDump): Rows {
  const dumped = section(dump, 'SecretsConfigDump');
  const states = [
    ['ACTIVE', 'dynamic_active_secrets'],
    ['WARMING', 'dynamic_warming_secrets'],
    ['ACTIVE', 'static_secrets'],
  ] as const;
  const rows = states.flatMap(([state, kind]) => dumped.list(kind).map((one) => secretRow(one, state)));
  return {
    head: ['RESOURCE NAME', 'TYPE', 'STATUS', 'VALID CERT', 'SERIAL NUMBER', 'NOT AFTER', 'NOT BEFORE'],
    rows,
  };
}

function secretRow(one: Json, state: string): Rows['rows'][number] {
  const chain = one.text('secret', 'tls_certificate', 'certificate_chain', 'inline_bytes');
  const roots = one.text('secret', 'validation_context', 'trusted_ca', 'inline_bytes');
  const type = chain !== '' ? 'Cert Chain' : roots !== '' ? 'CA' : '-';
  const certificate = firstCertificate(chain || roots);
  const cells =
    certificate === undefined
      ? ['-', '-', '-', '-']
      : [
          String(Date.parse(certificate.validTo) > Date.now() && Date.parse(certificate.validFrom) <= Date.now()),
          certificate.serialNumber.toLowerCase(),
          new Date(certificate.validTo).toISOString().replace('.000', ''),
          new Date(certificate.validFrom).toISOString().replace('.000', ''),
        ];
  const name = one.text('name');
  const [valid, serialNumber, notAfter, notBefore] = cells;
  return {
    cells: [name, type, state, ...cells],
    value: { name, type, state, valid, serialNumber, notAfter, notBefore },
  };
}

function firstCertificate(base64: string): X509Certificate | undefined {
  if (base64 === '') return undefined;
  try {
    return new X509Certificate(Buffer.from(base64, 'base64'));
  } catch {
    return undefined;
  }
}

function bootstrapRows(dump: EnvoyDump): Rows {
  const bootstrap = section(dump, 'BootstrapConfigDump').at('bootstrap');
  const node = bootstrap.at('node');
  const rows = [
    {
      cells: [node.text('id'), node.text('cluster'), node.text('metadata', 'ISTIO_VERSION') || '-'],
      value: bootstrap.value,
    },
  ];
  return { head: ['NODE', 'CLUSTER', 'VERSION'], rows };
}
