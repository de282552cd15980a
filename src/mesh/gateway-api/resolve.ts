/**
 * Gateways, HTTPRoutes and GRPCRoutes of the Gateway API go in; listeners, virtual hosts and the status of every
 * object come out, in the same words as those of Istio's own API.
 */
import type { DomainConfig, ListenerConfig, VirtualHostConfig } from '../../engine/config.ts';
import type { GrpcRoute, HttpRoute, K8sGateway, Namespace } from '../../resources/kinds.ts';
import { type Attached, attachRoute, type ParentAttachment } from './attach.ts';
import type { BackendContext, BackendProblem } from './backends.ts';
import { grpcRules } from './grpc-rules.ts';
import { type ApiRule, resolveRules } from './http-rules.ts';
import { type ApiListener, apiListeners } from './listeners.ts';
import { byPrecedence, type Ranked } from './precedence.ts';
import { type ApiStatus, condition, type GatewayStatus, type RouteParentStatus } from './status.ts';

export interface ApiObjects {
  readonly gateways: readonly K8sGateway[];
  readonly httpRoutes: readonly HttpRoute[];
  readonly grpcRoutes: readonly GrpcRoute[];
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** Names of the GatewayClasses that the edge serves. */
  readonly classNames: readonly string[];
}

export interface ApiGatewayRoutes {
  readonly listeners: readonly ListenerConfig[];
  readonly domains: ReadonlyMap<string, DomainConfig>;
  readonly status: ApiStatus;
}

/** What a Gateway's policies are filed under. */
export function apiScope({ metadata }: K8sGateway): string {
  return `${metadata.namespace}/${metadata.name}`;
}

export function resolveApiGateways(objects: ApiObjects, context: BackendContext): ApiGatewayRoutes {
  const listeners = apiListeners(objects.gateways, objects.classNames);
  const tables = new Map<string, Map<string, Ranked[]>>();
  const attachedCounts = new Map<ApiListener, number>();
  const statuses: RouteParentStatus[] = [];
  const routes = [
    ...objects.httpRoutes.map((route) => ({ route, rules: httpRules(route) })),
    ...objects.grpcRoutes.map((route) => ({ route, rules: grpcRules(route) })),
  ];
  for (const { route, rules } of routes) {
    for (const attachment of attachRoute(route, listeners, objects.namespaces)) {
      const problems: BackendProblem[] = [];
      const unsupported: string[] = [];
      for (const { listener, hostnames } of attachment.attached) {
        attachedCounts.set(listener, (attachedCounts.get(listener) ?? 0) + 1);
        const resolved = resolveRules(route, rules, { port: listener.listener.port, tls: listener.tls }, context);
        problems.push(...resolved.problems);
        unsupported.push(...resolved.unsupported);
        if (listener.executable) addRoutes(tables, { listener, hostnames }, resolved.routes);
      }
      statuses.push(routeStatus(route.originOf(), attachment, problems, unsupported));
    }
  }
  return {
    listeners: listenerConfigs(listeners),
    domains: domainsOf(tables, listeners),
    status: {
      gateways: objects.gateways
        .filter(({ spec }) => objects.classNames.includes(spec.gatewayClassName))
        .map((gateway) => gatewayStatus(gateway, listeners, attachedCounts)),
      routes: statuses,
    },
  };
}

function httpRules({ spec }: HttpRoute): ApiRule[] {
  return spec.rules.map((rule, index) => {
    const path = ['spec', 'rules', index];
    return {
      rule,
      path,
      matches: rule.matches.map((match, matchIndex) => ({ match, path: [...path, 'matches', matchIndex] })),
    };
  });
}

function addRoutes(
  tables: Map<string, Map<string, Ranked[]>>,
  { listener, hostnames }: Attached,
  routes: readonly Ranked[],
): void {
  let domains = tables.get(listener.table);
  if (domains === undefined) {
    domains = new Map();
    tables.set(listener.table, domains);
  }
  for (const hostname of hostnames) {
    const list = domains.get(hostname);
    if (list === undefined) domains.set(hostname, [...routes]);
    else list.push(...routes);
  }
}

function listenerConfigs(listeners: readonly ApiListener[]): ListenerConfig[] {
  const byPort = new Map<number, ListenerConfig & { tables: ListenerConfig['tables'][number][] }>();
  for (const { listener, tls, executable, table, hostname, gateway, origin } of listeners) {
    if (!executable) continue;
    let config = byPort.get(listener.port);
    if (config === undefined) {
      config = { port: listener.port, tls, tables: [] };
      byPort.set(listener.port, config);
    }
    if (config.tls !== tls || config.tables.some(({ name }) => name === table)) continue;
    config.tables.push({ name: table, sniHosts: tls ? [hostname] : [], policies: apiScope(gateway), origin });
  }
  return [...byPort.values()];
}

function domainsOf(
  tables: ReadonlyMap<string, ReadonlyMap<string, readonly Ranked[]>>,
  listeners: readonly ApiListener[],
): Map<string, DomainConfig> {
  const ports = new Map(listeners.map(({ table, listener }) => [table, listener.port]));
  const domains = new Map<string, { domain: string; virtualHosts: Record<string, VirtualHostConfig> }>();
  for (const [table, byDomain] of tables) {
    for (const [domain, routes] of byDomain) {
      let entry = domains.get(domain);
      if (entry === undefined) {
        entry = { domain, virtualHosts: {} };
        domains.set(domain, entry);
      }
      entry.virtualHosts[table] = {
        name: `${domain}:${ports.get(table)}`,
        httpsRedirect: false,
        routes: [...routes].sort(byPrecedence).map(({ config }) => config),
      };
    }
  }
  return domains;
}

function routeStatus(
  origin: RouteParentStatus['origin'],
  { parent, accepted }: ParentAttachment,
  problems: readonly BackendProblem[],
  unsupported: readonly string[],
): RouteParentStatus {
  const [problem] = problems;
  const [filter] = unsupported;
  return {
    origin,
    parent,
    conditions: [
      filter === undefined || accepted.status === 'False'
        ? accepted
        : condition('Accepted', 'UnsupportedValue', `filter ${filter} is not supported`, false),
      problem === undefined
        ? condition('ResolvedRefs', 'ResolvedRefs', 'all references are resolved')
        : condition('ResolvedRefs', problem.reason, problem.message, false),
    ],
  };
}

function gatewayStatus(
  gateway: K8sGateway,
  listeners: readonly ApiListener[],
  attachedCounts: ReadonlyMap<ApiListener, number>,
): GatewayStatus {
  const own = listeners.filter((listener) => listener.gateway === gateway);
  const valid = own.some(({ executable }) => executable);
  return {
    origin: gateway.originOf(),
    conditions: [
      valid
        ? condition('Accepted', 'Accepted', 'the edge serves this gateway')
        : condition('Accepted', 'ListenersNotValid', 'no listener can be served by an edge worker', false),
      valid
        ? condition('Programmed', 'Programmed', 'the configuration is part of the snapshot')
        : condition('Programmed', 'Invalid', 'no listener can be served by an edge worker', false),
    ],
    listeners: own.map((entry) => ({
      name: entry.listener.name,
      attachedRoutes: attachedCounts.get(entry) ?? 0,
      supportedKinds: entry.executable ? ['HTTPRoute', 'GRPCRoute'] : [],
      conditions: entry.executable
        ? [
            condition('Accepted', 'Accepted', 'the listener is served'),
            condition('Programmed', 'Programmed', 'the listener is part of the snapshot'),
            condition('ResolvedRefs', 'ResolvedRefs', 'all references are resolved'),
          ]
        : [
            condition(
              'Accepted',
              'UnsupportedProtocol',
              `a worker cannot serve protocol ${entry.listener.protocol}`,
              false,
            ),
          ],
    })),
  };
}
