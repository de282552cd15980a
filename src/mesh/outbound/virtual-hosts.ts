import type { RouteConfig } from '../../engine/config.ts';
import { configOrigin } from '../config-origin.ts';
import { clusterName } from '../destinations.ts';
import { isSubsetOf } from '../host-names.ts';
import { resolveHttpRoutes } from '../http-route.ts';
import type { Mesh } from '../model.ts';
import type { MeshPort, MeshService } from '../registry.ts';
import { resolveRetries } from '../route-policies.ts';
import type { OutboundDestinations } from './destinations.ts';
import { domainsOf } from './domains.ts';
import type { MeshRule, MeshRules } from './mesh-rules.ts';
import type { OutboundTable, OutboundVirtualHost, ProxyClient } from './model.ts';
import { isHttp } from './port-kinds.ts';

export interface VirtualHostContext {
  readonly mesh: Mesh;
  readonly client: ProxyClient;
  readonly destinations: OutboundDestinations;
  /** A service's own addresses, else one that stands for it. */
  readonly addressesOf: (service: MeshService) => readonly string[];
  /** Virtual hosts that no rule is about, by name and domains: all clients share them. */
  readonly plainHosts: Map<string, OutboundVirtualHost>;
}

export interface HttpServicePort {
  readonly service: MeshService;
  readonly port: MeshPort;
}

/** Istio serves rules for hosts that nobody has registered on this port only. */
const PORT_OF_UNREGISTERED_HOSTS = 80;

/** The table of a port: a virtual host for each service on it, and for hosts that only VirtualServices name. */
export function portTable(
  name: string,
  port: number,
  services: readonly HttpServicePort[],
  rules: MeshRules,
  context: VirtualHostContext,
): OutboundTable {
  const taken = new Set<string>();
  const virtualHosts: OutboundVirtualHost[] = [];
  const add = (host: OutboundVirtualHost): void => {
    // Two virtual hosts of one table may not share a domain; the first has it.
    const domains = host.domains.filter((domain) => !taken.has(domain));
    if (domains.length === 0) return;
    for (const domain of domains) taken.add(domain);
    virtualHosts.push(domains.length === host.domains.length ? host : { ...host, domains });
  };
  for (const one of services) {
    add(
      serviceHost(
        one,
        domainsOf(one.service, context.client.namespace, context.addressesOf(one.service)),
        rules,
        context,
      ),
    );
  }
  for (const rule of rules.all) {
    for (const host of unregisteredHosts(rule, port, services)) {
      const routes = routesOf(rule, port, context);
      if (routes.length === 0) continue;
      add({ name: `${host}:${port}`, domains: [host], routes, origin: configOrigin(rule.service) });
    }
  }
  return { name, virtualHosts };
}

/** The table of one service's port, to which any connection to it comes, whatever host it names. */
export function serviceTable(one: HttpServicePort, rules: MeshRules, context: VirtualHostContext): OutboundTable {
  return { name: serviceTableName(one), virtualHosts: [serviceHost(one, ['*'], rules, context)] };
}

export function serviceTableName({ service, port }: HttpServicePort): string {
  return `${service.host}:${port.number}`;
}

function serviceHost(
  { service, port }: HttpServicePort,
  domains: readonly string[],
  rules: MeshRules,
  context: VirtualHostContext,
): OutboundVirtualHost {
  const name = `${service.host}:${port.number}`;
  const rule = rules.of(service.host);
  if (rule !== undefined && rule.http.rules.length > 0) {
    return { name, domains, routes: routesOf(rule, port.number, context), origin: configOrigin(rule.service) };
  }
  const key = `${service.namespace} ${name} ${domains.join()}`;
  let plain = context.plainHosts.get(key);
  if (plain === undefined) {
    const origin = configOrigin({ originOf: () => service.origin });
    plain = { name, domains, routes: [defaultRoute(service, port, context.mesh)], origin };
    context.plainHosts.set(key, plain);
  }
  return plain;
}

function routesOf({ http }: MeshRule, port: number, { mesh, client, destinations }: VirtualHostContext): RouteConfig[] {
  return resolveHttpRoutes(http.rules, {
    settings: mesh.settings,
    clusters: destinations,
    port,
    tls: false,
    gateway: 'mesh',
    labels: client.labels,
    namespace: client.namespace,
  });
}

function defaultRoute(service: MeshService, { number }: MeshPort, { settings }: Mesh): RouteConfig {
  const origin = configOrigin({ originOf: () => service.origin });
  const retries = resolveRetries(undefined, settings.meshConfig.defaultHttpRetryPolicy);
  return {
    name: 'default',
    match: {},
    action: {
      kind: 'forward',
      destinations: [{ weight: 0, cluster: clusterName(number, '', service.host), origin }],
      timeoutMs: 0,
      ...(retries === undefined ? {} : { retries }),
    },
    origin,
  };
}

/** Hosts of a rule that no service has: where the rule's services are, or else on the one port for all such. */
function unregisteredHosts({ http }: MeshRule, port: number, services: readonly HttpServicePort[]): string[] {
  if (http.rules.length === 0) return [];
  const isHere = (host: string): boolean => services.some(({ service }) => isSubsetOf(service.host, host));
  const unregistered = http.hosts.filter((host) => !isHere(host));
  const hasServices = unregistered.length < http.hosts.length;
  return hasServices || port === PORT_OF_UNREGISTERED_HOSTS ? unregistered : [];
}

/** Those ports of services that HTTP may come to. */
export function httpPorts(services: readonly MeshService[]): HttpServicePort[] {
  return services.flatMap((service) =>
    service.ports.filter(({ protocol }) => isHttp(protocol)).map((port) => ({ service, port })),
  );
}
