import { type IstioGateway, kinds, type VirtualService } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { configOrigin } from '../config-origin.ts';
import { type AttachedListener, serverHost, serves, transportOf } from '../gateway-servers.ts';
import { intersectHosts } from '../host-names.ts';
import { gatewayKey, type HttpRules } from '../http-rules.ts';
import type { GatewayWorkload, Mesh } from '../model.ts';
import type { OutboundDestinations } from '../outbound/destinations.ts';
import type { OutboundCluster } from '../outbound/outbound-cluster.ts';
import { weightedDestinations } from '../outbound/tcp-chains.ts';
import { isVisibleIn } from '../visibility.ts';
import type { Credentials } from './credentials.ts';
import type { StreamChain } from './model.ts';
import { resolveServerTls } from './server-tls.ts';

type Server = NonNullable<IstioGateway['spec']['servers']>[number];

export interface StreamContext {
  readonly mesh: Mesh;
  readonly workload: GatewayWorkload;
  readonly credentials: Credentials;
  readonly destinations: OutboundDestinations;
  /** Ports that HTTP has already; on those of TLS others may be told apart by name. */
  readonly listeners: readonly AttachedListener[];
}

/** Servers whose connections are not opened as HTTP: TCP, TLS that ends here, TLS that passes by its server name. */
export function streamChains(context: StreamContext): StreamChain[] {
  const { mesh, workload, listeners } = context;
  const http = new Map(listeners.map(({ port, tls }) => [port, tls]));
  const taken = new Set<string>();
  const chains: StreamChain[] = [];
  for (const gateway of mesh.resources.of(kinds.istioGateway)) {
    if (!serves(workload, gateway)) continue;
    for (const [index, server] of (gateway.spec.servers ?? []).entries()) {
      const { protocol, number = 0 } = server.port;
      if (transportOf(protocol, server.tls?.mode, server.tls !== undefined) !== 'opaque') continue;
      const isTls = server.tls !== undefined;
      if (http.has(number) && http.get(number) !== isTls) continue;
      for (const chain of ofServer(server, gateway, ['spec', 'servers', index], context)) {
        // The oldest server has a name on a port.
        const names = chain.serverNames.length === 0 ? ['*'] : chain.serverNames;
        const isTaken = names.some((name) => taken.has(`${number} ${name} ${chain.subnets.join()}`));
        if (isTaken || chain.destinations.length === 0) continue;
        for (const name of names) taken.add(`${number} ${name} ${chain.subnets.join()}`);
        chains.push(chain);
      }
    }
  }
  return chains;
}

function ofServer(server: Server, gateway: IstioGateway, path: FieldPath, context: StreamContext): StreamChain[] {
  const origin = configOrigin(gateway, path);
  const { tls } = server;
  const mode = tls === undefined ? undefined : (tls.mode ?? 'PASSTHROUGH');
  const port = server.port.number ?? 0;
  const common = { port, statPrefix: `${gateway.metadata.name}.${gateway.metadata.namespace}_${port}`, origin };
  if (mode === 'AUTO_PASSTHROUGH') return byClusterName(server, gateway, common, context);
  const rules = rulesOf(server, gateway, context);
  if (mode === 'PASSTHROUGH') {
    return rules
      .flatMap((rule) => tlsRoutes(rule, common, context))
      .concat(rules.flatMap((rule) => tcpRoutes(rule, { ...common, serverNames: rule.hosts }, context)));
  }
  if (tls === undefined) return rules.flatMap((rule) => tcpRoutes(rule, { ...common, serverNames: [] }, context));
  const ended = resolveServerTls(tls, context.credentials);
  if (ended === undefined) return [];
  return rules
    .flatMap((rule) => tcpRoutes(rule, { ...common, serverNames: rule.hosts }, context))
    .map((chain) => ({ ...chain, tls: ended }));
}

type Common = Pick<StreamChain, 'port' | 'statPrefix' | 'origin'>;

/** A VirtualService bound to the server's Gateway, with the hosts that both name. */
interface StreamRule {
  readonly service: VirtualService;
  readonly gateway: string;
  readonly hosts: readonly string[];
}

function rulesOf(server: Server, gateway: IstioGateway, { mesh, workload }: StreamContext): StreamRule[] {
  const { namespace, name } = gateway.metadata;
  const key = `${namespace}/${name}`;
  const byOwner = new Map<unknown, HttpRules>(mesh.httpRules.map((rules) => [rules.owner, rules]));
  return mesh.resources.of(kinds.virtualService).flatMap((service): StreamRule[] => {
    const rules = byOwner.get(service);
    if (rules === undefined || !rules.gateways.includes(key)) return [];
    if (!isVisibleIn(rules.visibility, workload.namespace)) return [];
    const admitted = (server.hosts ?? [])
      .map((host) => serverHost(host, namespace))
      .filter((host) => host.namespace === undefined || host.namespace === service.metadata.namespace)
      .map((host) => host.name);
    const hosts = intersectHosts(admitted, rules.hosts);
    return hosts.length === 0 ? [] : [{ service, gateway: key, hosts }];
  });
}

function tlsRoutes({ service, gateway, hosts }: StreamRule, common: Common, context: StreamContext): StreamChain[] {
  const { namespace } = service.metadata;
  return (service.spec.tls ?? []).flatMap(({ match: matches, route }) =>
    matches
      .filter((match) => isHere(match, gateway, namespace, common.port))
      .flatMap((match): StreamChain[] => {
        const serverNames = intersectHosts(hosts, match.sniHosts);
        if (serverNames.length === 0) return [];
        return [
          {
            ...common,
            serverNames: serverNames.filter((name) => name !== '*'),
            tls: undefined,
            subnets: match.destinationSubnets ?? [],
            destinations: weightedDestinations(route ?? [], namespace, common.port, context.destinations),
          },
        ];
      }),
  );
}

function tcpRoutes(
  { service, gateway }: StreamRule,
  common: Common & Pick<StreamChain, 'serverNames'>,
  context: StreamContext,
): StreamChain[] {
  const { namespace } = service.metadata;
  return (service.spec.tcp ?? []).flatMap(({ match: matches, route }) =>
    (matches === undefined || matches.length === 0 ? [{}] : matches)
      .filter((match) => isHere(match, gateway, namespace, common.port))
      .map(
        (match): StreamChain => ({
          ...common,
          serverNames: common.serverNames.filter((name) => name !== '*'),
          tls: undefined,
          subnets: match.destinationSubnets ?? [],
          destinations: weightedDestinations(route ?? [], namespace, common.port, context.destinations),
        }),
      ),
  );
}

interface Layer4Match {
  readonly port?: number | undefined;
  readonly gateways?: readonly string[] | undefined;
  readonly destinationSubnets?: readonly string[] | undefined;
}

function isHere({ port, gateways }: Layer4Match, gateway: string, namespace: string, ownPort: number): boolean {
  if (port !== undefined && port !== 0 && port !== ownPort) return false;
  return (
    gateways === undefined || gateways.length === 0 || gateways.some((name) => gatewayKey(name, namespace) === gateway)
  );
}

/** Between clusters the server name is the cluster's own; what is inside stays closed. */
function byClusterName(
  server: Server,
  gateway: IstioGateway,
  common: Common,
  { destinations }: StreamContext,
): StreamChain[] {
  const admitted = (server.hosts ?? []).map((host) => serverHost(host, gateway.metadata.namespace).name);
  return [...destinations.clusters.values()]
    .filter(({ service }) => intersectHosts(admitted, [service.host]).length > 0)
    .map((cluster) => ({
      ...common,
      serverNames: [serverNameOf(cluster)],
      tls: undefined,
      subnets: [],
      destinations: [{ cluster: serverNameOf(cluster), weight: 1 }],
    }));
}

/** `outbound_.<port>_.<subset>_.<host>`: the server name, and the cluster that carries it on as it is. */
export function serverNameOf({ port, subset, service }: OutboundCluster): string {
  return `outbound_.${port.number}_.${subset}_.${service.host}`;
}

export function passingOn(cluster: OutboundCluster): OutboundCluster {
  // What has come from another network is not sent round again.
  const endpoints = cluster.endpoints.flatMap((group) => {
    const own = group.endpoints.filter(({ isNetworkGateway }) => isNetworkGateway !== true);
    return own.length === 0 ? [] : [{ ...group, endpoints: own }];
  });
  return { ...cluster, name: serverNameOf(cluster), endpoints, protocol: 'tcp', tls: { kind: 'none' } };
}
