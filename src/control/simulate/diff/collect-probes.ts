import type { ClusterConfig, RouteConfig } from '../../../engine/config.ts';
import type { PolicyScope } from '../../../engine/policy-config.ts';
import type { SnapshotInput } from '../../../snapshot/encode.ts';
import { type Draft, type DraftBase, newDraft } from './draft.ts';
import { meaningOf } from './meaning.ts';
import { policyProbes } from './policy-probes.ts';
import { routeConstraints, routeProbes } from './route-probes.ts';
import { hostOf } from './sample-values.ts';
import { useToken } from './token-drafts.ts';

/** Policies are asked about on this many hosts; every host is asked about its own rules. */
const HOSTS_FOR_POLICIES = 3;
const ROUTES_FOR_SIDECARS = 8;
const ODD_PATHS = ['/probe//x', '/probe/./x', '/probe/%2e%2e/x', '/probe%2fx', '/pr%6fbe', '/probe\\x'];

/** Requests that could be answered differently by two configurations: made from the rules of one of them. */
export function collectProbes(own: SnapshotInput, other: SnapshotInput): Draft[] {
  const isGatewaySame = meaningOf(own.config) === meaningOf(other.config);
  const changedClusters = namesOfChanged(own.clusters, other.clusters);
  const drafts: Draft[] = [];
  for (const listener of own.config.listeners) {
    for (const table of listener.tables) {
      const scope = own.config.policies[table.policies];
      const bases: DraftBase[] = [];
      for (const [name, domain] of own.domains) {
        const virtualHost = domain.virtualHosts[table.name];
        if (virtualHost === undefined) continue;
        const base = { port: listener.port, tls: listener.tls, host: hostOf(name) };
        bases.push(base);
        const there = other.domains.get(name)?.virtualHosts[table.name];
        const isHostSame = meaningOf(virtualHost) === meaningOf(there);
        const touched = virtualHost.routes.filter((route) => reaches(route, changedClusters));
        if (isGatewaySame && isHostSame && touched.length === 0) continue;
        const known = new Set((there?.routes ?? []).map(meaningOf));
        drafts.push(newDraft(base));
        for (const route of virtualHost.routes) {
          const probes = routeProbes(route, base, !known.has(meaningOf(route)));
          if (scope !== undefined) for (const { claims } of probes) if (claims !== undefined) addToken(probes, scope);
          drafts.push(...probes);
        }
        drafts.push(...sidecarProbes(touched, base, own, other));
      }
      if (bases.length === 0) bases.push({ port: listener.port, tls: listener.tls, host: hostOf('*') });
      drafts.push(...scopeProbes(scope, other.config.policies[table.policies], bases));
    }
  }
  if (own.config.settings.pathNormalization !== other.config.settings.pathNormalization) {
    drafts.push(...oddPaths(drafts.slice(0, 1)));
  }
  return drafts;
}

function addToken(probes: readonly Draft[], scope: PolicyScope): void {
  for (const draft of probes) {
    if (draft.claims !== undefined && draft.claims.iss === undefined) useToken(draft, scope, undefined);
  }
}

function scopeProbes(
  scope: PolicyScope | undefined,
  other: PolicyScope | undefined,
  bases: readonly DraftBase[],
): Draft[] {
  if (scope === undefined || meaningOf(scope) === meaningOf(other)) return [];
  return bases.slice(0, HOSTS_FOR_POLICIES).flatMap((base) => policyProbes(scope, base));
}

/** What sidecars enforce is asked about through routes that lead to them. */
function sidecarProbes(
  routes: readonly RouteConfig[],
  base: DraftBase,
  own: SnapshotInput,
  other: SnapshotInput,
): Draft[] {
  const drafts: Draft[] = [];
  for (const route of routes.slice(0, ROUTES_FOR_SIDECARS)) {
    for (const name of clustersOf(route)) {
      const enforced = own.clusters.get(name)?.enforced;
      if (enforced === undefined || meaningOf(enforced) === meaningOf(other.clusters.get(name)?.enforced)) continue;
      for (const scope of enforced.scopes) {
        for (const draft of policyProbes(scope, base, routeConstraints(route)))
          drafts.push(throughRewrite(draft, route));
      }
    }
  }
  return drafts;
}

/** Policies of a destination see the path that the route makes: the request needs the one before. */
function throughRewrite(draft: Draft, { match, action }: RouteConfig): Draft {
  const prefix = match.path !== undefined && 'prefix' in match.path ? match.path.prefix : undefined;
  const rewrite = action.kind === 'forward' ? action.rewrite?.path : undefined;
  if (prefix === undefined || draft.path.startsWith(prefix)) return draft;
  const replaced = rewrite !== undefined && 'prefix' in rewrite ? rewrite.prefix : undefined;
  if (replaced === undefined || !draft.path.startsWith(replaced)) return draft;
  draft.path = prefix + draft.path.slice(replaced.length);
  return draft;
}

function oddPaths(bases: readonly Draft[]): Draft[] {
  return bases.flatMap((base) => ODD_PATHS.map((path) => ({ ...newDraft(base), path })));
}

function reaches(route: RouteConfig, clusters: ReadonlySet<string>): boolean {
  return clusters.size > 0 && clustersOf(route).some((name) => clusters.has(name));
}

function clustersOf({ action }: RouteConfig): string[] {
  if (action.kind !== 'forward') return [];
  return action.destinations.flatMap(({ cluster }) => (cluster === undefined ? [] : [cluster]));
}

function namesOfChanged(
  own: ReadonlyMap<string, ClusterConfig>,
  other: ReadonlyMap<string, ClusterConfig>,
): ReadonlySet<string> {
  const changed = new Set<string>();
  for (const [name, cluster] of own) {
    const there = other.get(name);
    if (there !== cluster && meaningOf(cluster) !== meaningOf(there)) changed.add(name);
  }
  return changed;
}
