import type { ClusterConfig, RouteConfig } from '../../../engine/config.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { describeMatch } from '../describe-match.ts';
import { formatMs, formatShare } from '../duration.ts';
import { type Described, described, warning } from './described.ts';

export interface Reaching {
  readonly host: string;
  readonly url: string;
  readonly route: RouteConfig;
}

/** Every rule of the edge, with the host and the URL under which it stands. */
export function allRules(mesh: Mesh): Reaching[] {
  const { listeners } = mesh.edge.config;
  const found: Reaching[] = [];
  for (const [host, { virtualHosts }] of mesh.edge.domains) {
    for (const [table, { routes }] of Object.entries(virtualHosts)) {
      const listener = listeners.find(({ tables }) => tables.some(({ name }) => name === table));
      if (listener === undefined) continue;
      const url = urlOf(host, listener.port, listener.tls);
      for (const route of routes) found.push({ host, url, route });
    }
  }
  return found;
}

export function urlOf(host: string, port: number, tls: boolean): string {
  return `${tls ? 'https' : 'http'}://${host}${port === (tls ? 443 : 80) ? '' : `:${port}`}`;
}

/** Rules of the edge that send requests to a service, and where it is exposed by them. */
export function rulesReaching(mesh: Mesh, serviceHost: string): Described[] {
  const reaching = allRules(mesh).filter(({ route }) =>
    clustersOf(mesh, route).some(({ host }) => host === serviceHost),
  );
  if (reaching.length === 0) return [described('Exposed', 'nowhere: no rule of the edge leads here')];
  const byRule = new Map<string, Reaching & { hosts: string[] }>();
  for (const one of reaching) {
    const { kind, namespace, name, path } = one.route.origin;
    const key = `${kind}/${namespace}/${name}/${path}`;
    const before = byRule.get(key);
    if (before === undefined) byRule.set(key, { ...one, hosts: [one.host] });
    else if (!before.hosts.includes(one.host)) before.hosts.push(one.host);
  }
  const rules = [...byRule.values()].map(({ hosts, route }) => ruleLine(mesh, route, `on ${hosts.join(', ')}: `));
  const urls = [...new Set(reaching.map(({ url }) => url))];
  return [...rules, ...urls.map((url) => described('Exposed', `on the edge as ${url}`))];
}

/** One rule: its conditions, and where it leads with which share. */
export function ruleLine(mesh: Mesh, route: RouteConfig, prefix = ''): Described {
  const conditions = describeMatch(route.match);
  const name = route.name === '' ? '' : `${JSON.stringify(route.name)} `;
  const text = `${prefix}${name}${conditions.length === 0 ? 'everything' : conditions.join(' and ')} → ${actionText(route)}`;
  const warnings = clustersOf(mesh, route).flatMap(({ name: cluster, state }) => {
    if (state === 'ready') return [];
    return [warning(`${cluster} is ${state === 'missing' ? 'missing: 503' : 'without endpoints: 503'}`, route.origin)];
  });
  return described(route.origin.kind, `${route.origin.name}.${route.origin.namespace}: ${text}`, {
    origin: route.origin,
    details: warnings,
  });
}

export function actionText({ action }: RouteConfig): string {
  switch (action.kind) {
    case 'redirect':
      return `redirect ${action.status}`;
    case 'direct-response':
      return `${action.status} from the edge`;
    case 'forward': {
      const total = action.destinations.reduce((sum, { weight }) => sum + weight, 0);
      const destinations = action.destinations.map(({ cluster, status, weight }) => {
        const share = action.destinations.length === 1 || total === 0 ? '' : `${formatShare(weight / total)} `;
        return share + (cluster === undefined ? `${status}` : shortCluster(cluster));
      });
      const timeout = action.timeoutMs > 0 ? `, timeout ${formatMs(action.timeoutMs)}` : '';
      const fault = action.fault === undefined ? '' : ', with faults';
      const mirror = action.mirrors === undefined || action.mirrors.length === 0 ? '' : ', mirrored';
      return destinations.join(', ') + timeout + fault + mirror;
    }
  }
}

function shortCluster(name: string): string {
  const [, port, subset, host] = name.split('|');
  return `${host}:${port}${subset ? ` subset ${subset}` : ''}`;
}

function clustersOf(mesh: Mesh, { action }: RouteConfig): ClusterConfig[] {
  if (action.kind !== 'forward') return [];
  return action.destinations.flatMap(({ cluster }) => {
    const found = cluster === undefined ? undefined : mesh.edge.clusters.get(cluster);
    return found === undefined ? [] : [found];
  });
}
