import type { DestinationRule } from '../../resources/kinds.ts';
import { isIpAddress } from '../../resources/scalars/ip.ts';
import { configOrigin } from '../config-origin.ts';
import { connectionPoolOf } from '../connection-pool.ts';
import { clusterName, type ResolvedSubset, subsetsOf } from '../destinations.ts';
import { labelsMatch } from '../labels.ts';
import type { Mesh } from '../model.ts';
import type { MeshPort, MeshService } from '../registry.ts';
import { acrossNetworks } from './across-networks.ts';
import { resolveTls } from './client-tls.ts';
import { EndpointFinder, type FoundEndpoint } from './endpoints.ts';
import { resolveLoadBalancer } from './load-balancer.ts';
import { groupEndpoints, localityPolicy } from './locality.ts';
import type { ProxyClient } from './model.ts';
import type { Discovery, OutboundCluster, UpstreamProtocol } from './outbound-cluster.ts';
import { resolveOutlierDetection } from './outlier-detection.ts';
import { type EffectivePolicy, effectivePolicy } from './traffic-policy.ts';

/** Clusters of one mesh. Clients for whom a cluster is the same share one value, which is encoded once. */
export class OutboundClusters {
  readonly finder: EndpointFinder;
  readonly #mesh: Mesh;
  readonly #clusters = new Map<string, OutboundCluster>();
  readonly #identities = new Map<MeshPort, readonly string[]>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.finder = new EndpointFinder(mesh);
  }

  /** The whole service at this port and each of its subsets, as this client reaches them. */
  ofPort(service: MeshService, port: MeshPort, client: ProxyClient): readonly OutboundCluster[] {
    const rules = this.rulesOf(service, client);
    const whole = this.#cluster(service, port, undefined, rules, client);
    const subsets = [...subsetsOf(rules).values()].map((subset) => this.#cluster(service, port, subset, rules, client));
    return [whole, ...subsets];
  }

  rulesOf(service: MeshService, client: ProxyClient): readonly DestinationRule[] {
    return this.#mesh.destinationRules.find(service.host, service.namespace, client.namespace, client.labels);
  }

  #cluster(
    service: MeshService,
    port: MeshPort,
    subset: ResolvedSubset | undefined,
    rules: readonly DestinationRule[],
    client: ProxyClient,
  ): OutboundCluster {
    const policy = effectivePolicy(rules, subset, port.number);
    const place = this.#placeKey(policy, client);
    const ruleKey = rules.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join();
    const name = clusterName(port.number, subset?.name ?? '', service.host);
    const key = [name, service.source, service.namespace, service.name, ruleKey, place].join('|');
    let cluster = this.#clusters.get(key);
    if (cluster === undefined) {
      cluster = this.#resolve(name, service, port, subset, policy, rules, client);
      this.#clusters.set(key, cluster);
    }
    return cluster;
  }

  /** What of the client itself, rather than of its namespace, a cluster depends on. */
  #placeKey({ loadBalancer, outlierDetection }: EffectivePolicy, client: ProxyClient): string {
    const mesh = this.#mesh.settings.meshConfig.localityLbSetting;
    const locality = localityPolicy(loadBalancer?.localityLbSetting, mesh, outlierDetection !== undefined, client);
    const capture = `${knowsDestination(client) ? '' : 'called'} ${this.#network(client)}`;
    switch (locality.kind) {
      case 'none':
        return capture;
      case 'failover-priority':
        return `${capture} ${locality.labels.map((key) => client.labels[key.split('=')[0] ?? '']).join()}`;
      default:
        return `${capture} ${client.locality}`;
    }
  }

  /** Where no network has a gateway, all of them are near. */
  #network({ network }: ProxyClient): string {
    return this.#mesh.networks.gateways.all.length === 0 ? '' : network;
  }

  #resolve(
    name: string,
    service: MeshService,
    port: MeshPort,
    subset: ResolvedSubset | undefined,
    policy: EffectivePolicy,
    rules: readonly DestinationRule[],
    client: ProxyClient,
  ): OutboundCluster {
    const { meshConfig } = this.#mesh.settings;
    const loadBalancer = resolveLoadBalancer(policy.loadBalancer);
    const outlierDetection = resolveOutlierDetection(policy.outlierDetection);
    const locality = localityPolicy(
      policy.loadBalancer?.localityLbSetting,
      meshConfig.localityLbSetting,
      outlierDetection !== undefined,
      client,
    );
    const discovery = discoveryOf(service, loadBalancer.kind === 'passthrough', client, meshConfig.dnsRefreshRate);
    const all = this.finder.of(service, port);
    const chosen = subset === undefined ? all : all.filter(({ labels }) => labelsMatch(subset.labels, labels));
    const endpoints = usable(chosen, discovery);
    const isFound = discovery.kind === 'endpoints' || discovery.kind === 'dns';
    const origin = configOrigin((subset?.rule ?? rules[0]) || { originOf: () => service.origin });
    const { proxyProtocol, retryBudget } = policy;
    const tls = resolveTls({
      service,
      port: port.number,
      subset: subset?.name ?? '',
      settings: policy.tls,
      identities: this.#identitiesOf(service, port, all),
      meshTlsForAll: isFound ? undefined : all.length > 0 && all.every(({ meshTls }) => meshTls),
      mesh: this.#mesh.settings,
    });
    const groups = isFound ? groupEndpoints(endpoints, locality, client) : [];
    return {
      name,
      service: { host: service.host, name: service.name, namespace: service.namespace },
      port: { number: port.number, protocol: port.protocol },
      subset: subset?.name ?? '',
      discovery,
      endpoints:
        discovery.kind === 'endpoints'
          ? acrossNetworks(groups, this.#network(client), this.#mesh.networks.gateways, tls)
          : groups,
      tls,
      protocol: protocolOf(port, policy, meshConfig.h2UpgradePolicy === 'UPGRADE'),
      // A choice of its own is only had where there are endpoints to choose from.
      loadBalancer: isFound && loadBalancer.kind === 'passthrough' ? { kind: 'least-request' } : loadBalancer,
      localityWeighted: isFound && locality.kind === 'distribute',
      connectionPool: connectionPoolOf(policy.connectionPool, meshConfig),
      ...(outlierDetection === undefined ? {} : { outlierDetection }),
      ...(proxyProtocol === undefined ? {} : { proxyProtocol: proxyProtocol.version ?? 'V1' }),
      ...(retryBudget === undefined
        ? {}
        : {
            retryBudget: {
              percent: retryBudget.percent ?? 20,
              minConcurrency: retryBudget.minRetryConcurrency ?? 3,
            },
          }),
      origin,
    };
  }

  /** Whom a client may meet behind a service: the service accounts of all its endpoints, and what the entry says. */
  #identitiesOf(service: MeshService, port: MeshPort, endpoints: readonly FoundEndpoint[]): readonly string[] {
    let identities = this.#identities.get(port);
    if (identities === undefined) {
      const { trustDomain, meshConfig } = this.#mesh.settings;
      const accounts = new Set(
        endpoints.flatMap(({ namespace, serviceAccount }) =>
          serviceAccount === '' ? [] : [`/ns/${namespace}/sa/${serviceAccount}`],
        ),
      );
      const domains = [trustDomain, ...meshConfig.trustDomainAliases];
      const known = [...accounts].flatMap((account) => domains.map((domain) => `spiffe://${domain}${account}`));
      identities = [...new Set([...known, ...service.subjectAltNames])].sort();
      this.#identities.set(port, identities);
    }
    return identities;
  }
}

/** What a list of addresses, or of names to look up, can hold. */
function usable(endpoints: readonly FoundEndpoint[], discovery: Discovery): readonly FoundEndpoint[] {
  if (discovery.kind === 'dns') {
    const named = endpoints.filter(({ address }) => !address.startsWith('unix://') && !address.startsWith('*'));
    return discovery.oneAddress ? named.slice(0, 1) : named;
  }
  return endpoints.filter(({ address }) => isIpAddress(address) || address.startsWith('unix://'));
}

/** Whether its proxy is told where a captured call was going. */
function knowsDestination({ interception }: ProxyClient): boolean {
  return interception !== 'NONE';
}

function discoveryOf(
  { resolution, host }: MeshService,
  choosesCaller: boolean,
  client: ProxyClient,
  dnsRefreshMs: number,
): Discovery {
  const isCaptured = knowsDestination(client);
  if (choosesCaller && isCaptured) return { kind: 'original-destination' };
  switch (resolution) {
    case 'CLUSTER':
    case 'STATIC':
      return { kind: 'endpoints' };
    case 'PASSTHROUGH':
      return isCaptured ? { kind: 'original-destination' } : { kind: 'endpoints' };
    case 'NONE':
      if (isCaptured) return { kind: 'original-destination' };
      return host.startsWith('*')
        ? { kind: 'dynamic-dns' }
        : { kind: 'dns', oneAddress: false, refreshMs: dnsRefreshMs };
    case 'DNS':
      return { kind: 'dns', oneAddress: false, refreshMs: dnsRefreshMs };
    case 'DNS_ROUND_ROBIN':
      return { kind: 'dns', oneAddress: true, refreshMs: dnsRefreshMs };
    case 'DYNAMIC_DNS':
      return { kind: 'dynamic-dns' };
  }
}

function protocolOf(
  { protocol }: MeshPort,
  { connectionPool }: EffectivePolicy,
  upgradesAll: boolean,
): UpstreamProtocol {
  switch (protocol) {
    case 'HTTP2':
    case 'GRPC':
      return 'http2';
    case 'HTTP':
    case 'GRPC-WEB': {
      const { h2UpgradePolicy = 'DEFAULT', useClientProtocol } = connectionPool?.http ?? {};
      if (h2UpgradePolicy === 'UPGRADE' || (h2UpgradePolicy === 'DEFAULT' && upgradesAll)) return 'http2';
      return useClientProtocol === true ? 'as-downstream' : 'http1';
    }
    case 'AUTO':
      return 'as-downstream';
    default:
      return 'tcp';
  }
}
