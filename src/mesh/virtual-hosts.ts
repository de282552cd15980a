import type { DomainConfig, ListenerConfig, RouteConfig, VirtualHostConfig } from '../engine/config.ts';
import { type ClusterReference, ClusterResolver } from './destinations.ts';
import type { AttachedListener, AttachedServer, AttachedTable } from './gateway-servers.ts';
import { intersectHosts } from './host-names.ts';
import { type RouteContext, resolveHttpRoutes } from './http-route.ts';
import type { HttpRules } from './http-rules.ts';
import { isSameList, Remembered } from './remember.ts';
import { isCatchAll } from './route-match.ts';
import { isVisibleIn } from './visibility.ts';

export interface GatewayRoutes {
  readonly listeners: readonly ListenerConfig[];
  readonly domains: ReadonlyMap<string, DomainConfig>;
}

/** All but what differs from listener to listener. */
export type GatewayRouteContext = Omit<RouteContext, 'port' | 'tls' | 'gateway'> & {
  /** Under which the gateway workload's policies are filed. */
  readonly policies: string;
};

interface VirtualHostDraft {
  httpsRedirect: boolean;
  /** Of each VirtualService. */
  readonly routes: (readonly RouteConfig[])[];
}

/** What one VirtualService comes to on one server. */
interface BoundRoutes {
  readonly hosts: readonly string[];
  readonly routes: readonly RouteConfig[];
  readonly used: readonly ClusterReference[];
}

const rememberedBindings = new Remembered<AttachedServer, WeakMap<HttpRules, BoundRoutes>>();
/** By the first list of routes in it. */
const rememberedHosts = new Remembered<
  readonly RouteConfig[],
  Map<string, { inputs: readonly unknown[]; host: VirtualHostConfig }>
>();
const rememberedDomains = new Remembered<VirtualHostConfig, DomainConfig>();

/**
 * The virtual hosts of every route table (ISTIO.md 1.2): for each server, the VirtualServices bound to its Gateway,
 * on the more specific of both sides' host names; on one name their routes are concatenated, catch-alls last.
 */
export function resolveGatewayRoutes(
  listeners: readonly AttachedListener[],
  services: readonly HttpRules[],
  context: GatewayRouteContext,
): GatewayRoutes {
  const byGateway = servicesByGateway(services, context.namespace);
  const domains = new Map<string, { domain: string; virtualHosts: Record<string, VirtualHostConfig> }>();
  for (const listener of listeners) {
    for (const table of listener.tables) {
      for (const [domain, draft] of virtualHostsOf(table, listener, byGateway, context)) {
        let entry = domains.get(domain);
        if (entry === undefined) {
          entry = { domain, virtualHosts: {} };
          domains.set(domain, entry);
        }
        entry.virtualHosts[table.name] = virtualHost(`${domain}:${listener.port}`, draft);
      }
    }
  }
  return {
    listeners: listeners.map((listener) => listenerConfig(listener, context.policies)),
    domains: new Map([...domains].map(([name, domain]) => [name, sameDomain(domain)])),
  };
}

function virtualHost(name: string, { httpsRedirect, routes }: VirtualHostDraft): VirtualHostConfig {
  const make = (): VirtualHostConfig => ({ name, httpsRedirect, routes: catchAllsLast(routes.flat()) });
  const [first] = routes;
  if (first === undefined) return make();
  const byName = rememberedHosts.get(first, [], () => new Map());
  const inputs = [httpsRedirect, ...routes];
  const before = byName.get(name);
  if (before !== undefined && isSameList(before.inputs, inputs)) return before.host;
  const host = make();
  byName.set(name, { inputs, host });
  return host;
}

/** The object that it was before, where all of its virtual hosts are. */
function sameDomain(domain: DomainConfig): DomainConfig {
  const entries = Object.entries(domain.virtualHosts);
  const [first] = entries;
  return first === undefined
    ? domain
    : rememberedDomains.get(first[1], [domain.domain, ...entries.flat()], () => domain);
}

function listenerConfig({ port, tls, tables }: AttachedListener, policies: string): ListenerConfig {
  return {
    port,
    tls,
    tables: tables.flatMap(({ name, servers }) => {
      const [first] = servers;
      if (first === undefined) return [];
      return [{ name, sniHosts: tls ? first.hosts.map((host) => host.name) : [], policies, origin: first.origin }];
    }),
  };
}

/**
 * VirtualServices by the Gateway that they bind to, in the order in which their routes are tried: first those
 * private to the gateway's namespace, then those exported to it by name, then the public ones; each oldest first.
 */
function servicesByGateway(
  services: readonly HttpRules[],
  namespace: string,
): ReadonlyMap<string, readonly HttpRules[]> {
  const ranked: HttpRules[][] = [[], [], []];
  for (const entry of services) {
    if (!isVisibleIn(entry.visibility, namespace)) continue;
    const rank = entry.visibility.kind === 'public' ? 2 : entry.owner.metadata.namespace === namespace ? 0 : 1;
    ranked[rank]?.push(entry);
  }
  const byGateway = new Map<string, HttpRules[]>();
  for (const entry of ranked.flat()) {
    for (const key of entry.gateways) {
      const list = byGateway.get(key);
      if (list === undefined) byGateway.set(key, [entry]);
      else list.push(entry);
    }
  }
  return byGateway;
}

function virtualHostsOf(
  table: AttachedTable,
  listener: AttachedListener,
  byGateway: ReadonlyMap<string, readonly HttpRules[]>,
  context: GatewayRouteContext,
): ReadonlyMap<string, VirtualHostDraft> {
  const drafts = new Map<string, VirtualHostDraft>();
  const done = new Set<string>();
  const canRepeat = new Set(table.servers.map(({ gateway }) => gateway)).size < table.servers.length;
  for (const server of table.servers) {
    const bind = binder(server, listener, context);
    for (const entry of byGateway.get(server.gateway) ?? []) {
      const { namespace, name } = entry.owner.metadata;
      const { hosts, routes } = bind(entry);
      if (hosts.length === 0 || routes.length === 0) continue;
      for (const host of hosts) {
        const draft = draftFor(drafts, host);
        draft.httpsRedirect ||= server.httpsRedirect;
        // A second server with the same Gateway and host would only repeat the same routes.
        const key = canRepeat ? `${host}|${server.gateway}|${namespace}/${name}` : '';
        if (canRepeat && done.has(key)) continue;
        if (canRepeat) done.add(key);
        draft.routes.push(routes);
      }
    }
    if (!server.httpsRedirect) continue;
    for (const { name } of server.hosts) draftFor(drafts, name).httpsRedirect = true;
  }
  return drafts;
}

/** As long as services have the same names and ports, the same rules come to the same routes on a server. */
function binder(
  server: AttachedServer,
  { port, tls }: AttachedListener,
  context: GatewayRouteContext,
): (entry: HttpRules) => BoundRoutes {
  const { clusters, settings, labels, namespace } = context;
  const resolve = (entry: HttpRules): Omit<BoundRoutes, 'used'> => {
    const hosts = intersectHosts(admittedHosts(server, entry.owner.metadata.namespace), entry.hosts);
    const routeContext = { ...context, port, tls, gateway: server.gateway };
    return { hosts, routes: hosts.length === 0 ? [] : resolveHttpRoutes(entry.rules, routeContext) };
  };
  if (!(clusters instanceof ClusterResolver)) return (entry) => ({ ...resolve(entry), used: [] });
  const inputs = [clusters.shape, settings, labels, namespace, port, tls];
  const known = rememberedBindings.get(server, inputs, () => new WeakMap());
  return (entry) => {
    const before = known.get(entry);
    if (before !== undefined) {
      clusters.use(before.used);
      return before;
    }
    const { value, used } = clusters.observing(() => resolve(entry));
    const bound = { ...value, used };
    known.set(entry, bound);
    return bound;
  };
}

function draftFor(drafts: Map<string, VirtualHostDraft>, host: string): VirtualHostDraft {
  let draft = drafts.get(host);
  if (draft === undefined) {
    draft = { httpsRedirect: false, routes: [] };
    drafts.set(host, draft);
  }
  return draft;
}

function admittedHosts(server: AttachedServer, namespace: string): string[] {
  return server.hosts
    .filter((host) => host.namespace === undefined || host.namespace === namespace)
    .map((host) => host.name);
}

function catchAllsLast(routes: readonly RouteConfig[]): RouteConfig[] {
  return [...routes.filter((route) => !isCatchAll(route.match)), ...routes.filter((route) => isCatchAll(route.match))];
}
