import type { LocalityLbSetting } from '../../resources/istio/locality-lb.ts';
import type { FoundEndpoint } from './endpoints.ts';
import type { ProxyClient } from './model.ts';
import type { EndpointGroup } from './outbound-cluster.ts';

export interface FoundGroup extends EndpointGroup {
  readonly endpoints: readonly FoundEndpoint[];
}

export type LocalityPolicy =
  | { readonly kind: 'none' }
  | { readonly kind: 'distribute'; readonly shares: Readonly<Record<string, number>> }
  | { readonly kind: 'failover'; readonly failover: ReadonlyMap<string, string> }
  | { readonly kind: 'failover-priority'; readonly labels: readonly string[] };

/**
 * How localities are preferred (ISTIO.md 1.5): a rule's setting in place of the mesh's. Failover needs outlier
 * detection, without which nothing would ever be found unhealthy.
 */
export function localityPolicy(
  own: LocalityLbSetting | undefined,
  mesh: LocalityLbSetting,
  hasOutlierDetection: boolean,
  client: ProxyClient,
): LocalityPolicy {
  const setting = own ?? mesh;
  if (setting.enabled === false) return { kind: 'none' };
  if (client.locality !== '') {
    const rule = setting.distribute?.find(({ from = '' }) => covers(from, client.locality));
    if (rule?.to !== undefined) return { kind: 'distribute', shares: rule.to };
  }
  if (!hasOutlierDetection) return { kind: 'none' };
  const priorities = setting.failoverPriority ?? [];
  if (priorities.length > 0) return { kind: 'failover-priority', labels: priorities };
  if (client.locality === '') return { kind: 'none' };
  return { kind: 'failover', failover: new Map(setting.failover?.map(({ from = '', to = '' }) => [from, to])) };
}

/** Endpoints by priority, then locality, in a stable order. */
export function groupEndpoints(
  endpoints: readonly FoundEndpoint[],
  policy: LocalityPolicy,
  client: ProxyClient,
): FoundGroup[] {
  if (policy.kind === 'distribute') return distributed(endpoints, policy.shares);
  const ranked = new Map<string, { locality: string; rank: number; endpoints: FoundEndpoint[] }>();
  for (const endpoint of endpoints) {
    const rank = rankOf(endpoint, policy, client);
    const key = `${rank}|${endpoint.locality}`;
    const group = ranked.get(key);
    if (group === undefined) ranked.set(key, { locality: endpoint.locality, rank, endpoints: [endpoint] });
    else group.endpoints.push(endpoint);
  }
  const groups = [...ranked.values()].sort(
    (a, b) => a.rank - b.rank || (a.locality < b.locality ? -1 : a.locality > b.locality ? 1 : 0),
  );
  // Envoy wants priorities without gaps.
  const ranks = [...new Set(groups.map(({ rank }) => rank))];
  return groups.map(({ locality, rank, endpoints: own }) => ({
    locality,
    priority: ranks.indexOf(rank),
    weight: weightOf(own),
    endpoints: own,
  }));
}

function weightOf(endpoints: readonly FoundEndpoint[]): number {
  return endpoints.reduce((sum, { weight }) => sum + weight, 0);
}

function rankOf(endpoint: FoundEndpoint, policy: LocalityPolicy, client: ProxyClient): number {
  switch (policy.kind) {
    case 'failover':
      return localityRank(endpoint.locality, client.locality, policy.failover);
    case 'failover-priority':
      return labelRank(endpoint, policy.labels, client);
    default:
      return 0;
  }
}

/** The same place first, then its zone, its region, the region to fail over to, any other. */
function localityRank(locality: string, own: string, failover: ReadonlyMap<string, string>): number {
  const [region, zone, subzone] = parts(locality);
  const [ownRegion, ownZone, ownSubzone] = parts(own);
  if (region === ownRegion) {
    if (zone !== ownZone) return 2;
    return subzone === ownSubzone ? 0 : 1;
  }
  return failover.get(ownRegion) === region ? 3 : 4;
}

function parts(locality: string): [region: string, zone: string, subzone: string] {
  const [region = '', zone = '', subzone = ''] = locality.split('/');
  return [region, zone, subzone];
}

/** How many of the labels differ, from the first that does: each one more that agrees is preferred. */
function labelRank({ labels }: FoundEndpoint, keys: readonly string[], client: ProxyClient): number {
  for (const [index, entry] of keys.entries()) {
    const [key = '', fixed] = entry.split('=');
    if (labels[key] !== (fixed ?? client.labels[key])) return keys.length - index;
  }
  return 0;
}

/** `from` and `to` may name a region, a zone, or end in `*`. */
function covers(pattern: string, locality: string): boolean {
  if (pattern === '*') return true;
  const wanted = pattern.split('/').filter((part) => part !== '*');
  const actual = locality.split('/');
  return wanted.every((part, index) => part === actual[index]);
}

/** A share belongs to all localities that its pattern covers together; what no pattern covers gets nothing. */
function distributed(endpoints: readonly FoundEndpoint[], shares: Readonly<Record<string, number>>): FoundGroup[] {
  const byLocality = Map.groupBy(endpoints, ({ locality }) => locality);
  const groups: FoundGroup[] = [];
  const taken = new Set<string>();
  // The more specific pattern goes first.
  const patterns = Object.entries(shares).sort(([a], [b]) => depth(b) - depth(a) || (a < b ? -1 : 1));
  for (const [pattern, share] of patterns) {
    const covered = [...byLocality].filter(([locality]) => !taken.has(locality) && covers(pattern, locality));
    const total = covered.reduce((sum, [, own]) => sum + weightOf(own), 0);
    for (const [locality, own] of covered) {
      taken.add(locality);
      const weight = Math.max(Math.round((share * 100 * weightOf(own)) / total), 1);
      groups.push({ locality, priority: 0, weight, endpoints: own });
    }
  }
  return groups.sort((a, b) => (a.locality < b.locality ? -1 : 1));
}

function depth(pattern: string): number {
  return pattern.split('/').filter((part) => part !== '*').length;
}
