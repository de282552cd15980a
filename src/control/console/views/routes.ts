import type { RouteConfig } from '../../../engine/config.ts';
import type { Mesh } from '../../../mesh/model.ts';
import { actionText, allRules } from '../../explain/describe/reaching-rules.ts';
import { describeMatch } from '../../explain/describe-match.ts';
import type { DestinationView, RouteView } from '../wire.ts';

interface Gathered {
  readonly route: RouteConfig;
  readonly position: number;
  readonly hosts: Set<string>;
  readonly urls: Set<string>;
}

/** Every rule of the edge in the order in which it is tried; hosts that share a rule share its row. */
export function routeViews(mesh: Mesh): RouteView[] {
  const positions = new Map<string, number>();
  const byRule = new Map<string, Gathered>();
  for (const { host, url, route } of allRules(mesh)) {
    const position = positions.get(url) ?? 0;
    positions.set(url, position + 1);
    const key = ruleId(route);
    const gathered = byRule.get(key) ?? { route, position, hosts: new Set(), urls: new Set() };
    gathered.hosts.add(host);
    gathered.urls.add(url);
    byRule.set(key, gathered);
  }
  return [...byRule].map(([id, { route, position, hosts, urls }]) => ({
    id,
    name: route.name,
    hosts: [...hosts],
    urls: [...urls],
    position,
    conditions: describeMatch(route.match),
    action: actionText(route),
    destinations: destinationsOf(mesh, route),
    origin: route.origin,
  }));
}

function ruleId({ origin: { kind, namespace, name, path } }: RouteConfig): string {
  return `${kind}/${namespace}/${name}/${path ?? ''}`;
}

function destinationsOf(mesh: Mesh, { action }: RouteConfig): DestinationView[] {
  if (action.kind !== 'forward') return [];
  const total = action.destinations.reduce((sum, { weight }) => sum + weight, 0);
  return action.destinations.flatMap(({ cluster: name, weight }): DestinationView[] => {
    const cluster = name === undefined ? undefined : mesh.edge.clusters.get(name);
    if (cluster === undefined) return [];
    const subset = cluster.name.split('|')[2] ?? '';
    const share = action.destinations.length === 1 || total === 0 ? 1 : weight / total;
    return [{ service: cluster.host, subset, port: cluster.port, share, state: cluster.state }];
  });
}
