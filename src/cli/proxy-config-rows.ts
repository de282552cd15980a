import { describeMatch } from '../control/explain/describe-match.ts';
import type { Side } from '../control/simulate/diff/side.ts';
import type { ConfigOrigin } from '../engine/values.ts';

interface Row {
  readonly cells: readonly string[];
  /** The configuration itself, for programs. */
  readonly value: unknown;
}

export interface Rows {
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

export function routeRows({ input, locate }: Side): Rows {
  const rows: Row[] = [];
  for (const [domain, { virtualHosts }] of input.domains) {
    for (const [table, { name, httpsRedirect, routes }] of Object.entries(virtualHosts)) {
      if (httpsRedirect)
        rows.push({
          cells: [table, name, domain, 'plaintext', 'redirect to https', ''],
          value: { domain, httpsRedirect },
        });
      for (const route of routes) {
        const match = describeMatch(route.match).join(' and ') || '/*';
        const cells = [
          table,
          name,
          domain,
          match,
          `${route.origin.name}.${route.origin.namespace}`,
          place(locate(route.origin)),
        ];
        rows.push({ cells, value: { table, virtualHost: name, domain, ...route, origin: locate(route.origin) } });
      }
    }
  }
  return { head: ['NAME', 'VHOST NAME', 'DOMAINS', 'MATCH', 'VIRTUAL SERVICE', 'FILE'], rows };
}

export function clusterRows({ input, locate }: Side): Rows {
  const rows = [...input.clusters.values()].map((cluster): Row => {
    const [direction = '', port = '', subset = '', host = ''] = cluster.name.split('|');
    const { upstream, state, origin } = cluster;
    const where =
      upstream.kind === 'link'
        ? `link ${upstream.clusters.join(',')}`
        : upstream.kind === 'origin'
          ? upstream.urls.join(',')
          : `binding ${upstream.name}`;
    return {
      cells: [host, port, subset || '-', direction, state, where, origin === undefined ? '' : place(locate(origin))],
      value: cluster,
    };
  });
  rows.sort((a, b) => (a.cells.join() < b.cells.join() ? -1 : 1));
  return { head: ['SERVICE FQDN', 'PORT', 'SUBSET', 'DIRECTION', 'STATE', 'UPSTREAM', 'FILE'], rows };
}

export function listenerRows({ input, locate }: Side): Rows {
  const rows = input.config.listeners.flatMap((listener) =>
    listener.tables.map((table): Row => {
      const match = listener.tls ? `SNI: ${table.sniHosts.join(',')}` : 'ALL';
      const cells = [
        'edge',
        String(listener.port),
        match,
        `Route: ${table.name}`,
        table.policies,
        place(locate(table.origin)),
      ];
      return { cells, value: { port: listener.port, tls: listener.tls, ...table, origin: locate(table.origin) } };
    }),
  );
  return { head: ['ADDRESSES', 'PORT', 'MATCH', 'DESTINATION', 'POLICIES', 'FILE'], rows };
}

export function policyRows({ input, locate }: Side): Rows {
  const rows: Row[] = [];
  for (const [scope, { jwt, authorization }] of Object.entries(input.config.policies)) {
    for (const rule of jwt) {
      const keys = 'keys' in rule.keys ? `${rule.keys.keys.length} keys` : 'no keys';
      const name = `${rule.origin.name}.${rule.origin.namespace}`;
      // Public keys are no secret, but they are noise; those of symmetric algorithms are secret.
      rows.push({
        cells: [scope, 'JWT', name, `issuer ${rule.issuer} (${keys})`, place(locate(rule.origin))],
        value: { scope, ...rule, keys },
      });
    }
    for (const action of ['custom', 'audit', 'deny', 'allow'] as const) {
      for (const policy of authorization[action]) {
        const rules = `${policy.rules.length} rules${policy.dryRun ? ', dry run' : ''}`;
        const name = `${policy.name}.${policy.namespace}`;
        rows.push({
          cells: [scope, action.toUpperCase(), name, rules, place(locate(policy.origin))],
          value: { scope, action, ...policy },
        });
      }
    }
  }
  return { head: ['GATEWAY', 'ACTION', 'POLICY', 'RULES', 'FILE'], rows };
}

function place({ file, line }: ConfigOrigin): string {
  return file === undefined ? '' : line === undefined ? file : `${file}:${line}`;
}
