import type { DomainConfig, ListenerConfig, RouteConfig, VirtualHostConfig } from '../engine/config.ts';

import type { AttachedListener, AttachedServer, AttachedTable } from './gateway-servers.ts';
import { intersectHosts } from './host-names.ts';
import { type RouteContext, resolveHttpRoutes } from './http-route.ts';
import type { HttpRules } from './http-rules.ts';
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
  readonly routes: RouteConfig[];
}

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
        entry.virtualHosts[table.name] = {
          name: `${domain}:${listener.port}`,
          httpsRedirect: draft.httpsRedirect,
          routes: catchAllsLast(draft.routes),
        };
      }
    }
  }
  return { listeners: listeners.map((listener) => listenerConfig(listener, context.policies)), domains };
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
  for (const server of table.servers) {
    for (const { owner, hosts: own, rules } of byGateway.get(server.gateway) ?? []) {
      const { namespace, name } = owner.metadata;
      const hosts = intersectHosts(admittedHosts(server, namespace), own);
      if (hosts.length === 0) continue;
      const routes = resolveHttpRoutes(rules, {
        ...context,
        port: listener.port,
        tls: listener.tls,
        gateway: server.gateway,
      });
      if (routes.length === 0) continue;
      for (const host of hosts) {
        const draft = draftFor(drafts, host);
        draft.httpsRedirect ||= server.httpsRedirect;
        // A second server with the same Gateway and host would only repeat the same routes.
        const key = `${host}|${server.gateway}|${namespace}/${name}`;
        if (done.has(key)) continue;
        done.add(key);
        draft.routes.push(...routes);
      }
    }
    if (!server.httpsRedirect) continue;
    for (const { name } of server.hosts) draftFor(drafts, name).httpsRedirect = true;
  }
  return drafts;
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
