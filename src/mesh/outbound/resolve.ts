import { kinds } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import type { Mesh, MeshSettings } from '../model.ts';
import type { MeshPort, MeshService } from '../registry.ts';
import { Remembered } from '../remember.ts';
import { allocateAddresses } from './addresses.ts';
import { clientKey } from './client-key.ts';
import { OutboundClusters } from './clusters.ts';
import { OutboundDestinations } from './destinations.ts';
import { addressListener, ListenerSet } from './listeners.ts';
import { MeshRules } from './mesh-rules.ts';
import type {
  OutboundChain,
  OutboundServicePort,
  OutboundTable,
  OutboundVirtualHost,
  ProxyClient,
  ResolvedOutbound,
  UnknownTraffic,
} from './model.ts';
import { nameTable } from './name-table.ts';
import { isHttp } from './port-kinds.ts';
import { type EgressScope, type SidecarScope, sidecarScope } from './sidecar-scope.ts';
import { type TcpContext, tcpChains } from './tcp-chains.ts';
import { httpPorts, portTable, serviceTable, serviceTableName, type VirtualHostContext } from './virtual-hosts.ts';
import { servicesIn, visibleServices } from './visible-services.ts';

/** What is computed once for a mesh, and what clients that are alike share. */
interface Shared {
  readonly clusters: OutboundClusters;
  readonly allocated: ReadonlyMap<MeshService, string>;
  readonly visible: Map<string, readonly MeshService[]>;
  readonly plainHosts: Map<string, OutboundVirtualHost>;
  readonly resolved: Map<string, ResolvedOutbound>;
}

const remembered = new Remembered<MeshSettings, Shared>();

/** The same for meshes that differ in nothing that calls depend on. */
function sharedOf(mesh: Mesh): Shared {
  const { settings, registry, destinationRules, networks, resources } = mesh;
  const lists = [
    kinds.virtualService,
    kinds.sidecar,
    kinds.peerAuthentication,
    kinds.workloadEntry,
    kinds.serviceEntry,
  ];
  const inputs = [
    registry,
    destinationRules,
    networks.nameOf,
    networks.gateways,
    ...lists.map((kind) => resources.of(kind)),
  ];
  return remembered.get(settings, inputs, () => ({
    clusters: new OutboundClusters(mesh),
    allocated: allocateAddresses(mesh),
    visible: new Map(),
    plainHosts: new Map(),
    resolved: new Map(),
  }));
}

/**
 * Everything of Istio that decides what a workload may call and how: pure, and one value for all clients that no rule
 * of this mesh tells apart.
 */
export function resolveOutbound(mesh: Mesh, client: ProxyClient): ResolvedOutbound {
  const shared = sharedOf(mesh);
  const key = clientKey(mesh, client);
  let resolved = shared.resolved.get(key);
  if (resolved === undefined) {
    resolved = new Resolution(mesh, client, shared).resolve();
    shared.resolved.set(key, resolved);
  }
  return resolved;
}

class Resolution {
  readonly #mesh: Mesh;
  readonly #client: ProxyClient;
  readonly #shared: Shared;
  readonly #scope: SidecarScope;
  readonly #destinations: OutboundDestinations;
  readonly #tables = new Map<string, OutboundTable>();
  readonly #listeners = new ListenerSet();
  readonly #context: VirtualHostContext;

  constructor(mesh: Mesh, client: ProxyClient, shared: Shared) {
    this.#mesh = mesh;
    this.#client = client;
    this.#shared = shared;
    this.#scope = sidecarScope(mesh, client);
    this.#destinations = new OutboundDestinations(mesh, shared.clusters, client);
    this.#context = {
      mesh,
      client,
      destinations: this.#destinations,
      addressesOf: (service) => this.#addressesOf(service),
      plainHosts: shared.plainHosts,
    };
  }

  resolve(): ResolvedOutbound {
    const visible = this.#visible();
    const known = new Set<MeshService>();
    const servicePorts: OutboundServicePort[] = [];
    for (const egress of this.#scope.egress) {
      const services = servicesIn(egress, visible);
      for (const service of services) known.add(service);
      const rules = new MeshRules(this.#mesh, this.#client, egress);
      const tcp: TcpContext = { client: this.#client, destinations: this.#destinations, rules };
      if (egress.port !== undefined || egress.bind !== '') this.#ownListener(egress, services, rules, tcp);
      else if (this.#client.interception === 'NONE') servicePorts.push(...this.#calledPorts(services, rules, tcp));
      else this.#captured(services, rules, tcp);
    }
    for (const service of known) this.#destinations.add(service);
    const unknown = this.#unknown();
    return {
      settings: this.#mesh.settings,
      unknown,
      listeners: this.#listeners.listeners,
      tables: this.#tables,
      servicePorts,
      clusters: this.#destinations.clusters,
      names: nameTable(
        [...known],
        (service) => this.#addressesOf(service),
        (service, port) => this.#shared.clusters.finder.of(service, port),
      ),
    };
  }

  #visible(): readonly MeshService[] {
    const { visible } = this.#shared;
    const { namespace } = this.#client;
    let services = visible.get(namespace);
    if (services === undefined) {
      services = visibleServices(this.#mesh, namespace);
      visible.set(namespace, services);
    }
    return services;
  }

  #addressesOf(service: MeshService): readonly string[] {
    if (service.addresses.length > 0 || this.#client.dnsCapture !== true) return service.addresses;
    const allocated = this.#shared.allocated.get(service);
    return allocated === undefined ? [] : [allocated];
  }

  #unknown(): UnknownTraffic {
    const { unknown, egressProxy, sidecar } = this.#scope;
    if (unknown !== 'egress-proxy' || egressProxy === undefined)
      return { kind: unknown === 'block' ? 'block' : 'allow' };
    const namespace = sidecar?.metadata.namespace ?? this.#client.namespace;
    return { kind: 'egress-proxy', cluster: this.#destinations.resolve(egressProxy, namespace, 0) };
  }

  /** Listeners for whatever connections are handed over: HTTP by port, the rest by address where there is one. */
  #captured(services: readonly MeshService[], rules: MeshRules, tcp: TcpContext): void {
    for (const [number, ports] of Map.groupBy(httpPorts(services), ({ port }) => port.number)) {
      this.#addPortTable(String(number), number, ports, rules);
      const [first] = ports;
      if (first === undefined) continue;
      this.#at(ANY_ADDRESS, number, first.service).add([httpChain(String(number), number, false)]);
    }
    for (const service of services) {
      for (const port of service.ports) {
        if (port.protocol === 'UDP' || isHttp(port.protocol)) continue;
        this.#capturedPort(service, port, rules, tcp);
      }
    }
  }

  #capturedPort(service: MeshService, port: MeshPort, rules: MeshRules, tcp: TcpContext): void {
    const addresses = this.#bindAddresses(service, port);
    const own = addresses.filter((address) => !address.includes('/'));
    const networks = addresses.filter((address) => address.includes('/'));
    for (const address of own) {
      const chains = tcpChains({ service, port, subnet: undefined, isOwn: true }, tcp);
      this.#at(address, port.number, service).add([...this.#sniffed(service, port, rules), ...chains]);
    }
    const shared = networks.length === 0 && own.length === 0 ? [undefined] : networks;
    for (const subnet of shared) {
      const chains = tcpChains({ service, port, subnet, isOwn: false }, tcp);
      const listener = this.#at(ANY_ADDRESS, port.number, service);
      if (port.protocol === 'AUTO') {
        const name = String(port.number);
        this.#addPortTable(name, port.number, [], rules);
        this.#addServiceToTable(name, service, port, rules);
        listener.add([httpChain(name, port.number, false)]);
      }
      listener.add(chains);
    }
  }

  /** Of a headless service each pod is called by its own address. */
  #bindAddresses(service: MeshService, port: MeshPort): readonly string[] {
    if (service.source === 'kubernetes' && service.resolution === 'PASSTHROUGH') {
      const found = this.#shared.clusters.finder.of(service, port).map(({ address }) => address);
      return [...new Set(found)].sort();
    }
    return this.#addressesOf(service);
  }

  #sniffed(service: MeshService, port: MeshPort, rules: MeshRules): OutboundChain[] {
    if (port.protocol !== 'AUTO') return [];
    const table = serviceTableName({ service, port });
    if (!this.#tables.has(table)) this.#tables.set(table, serviceTable({ service, port }, rules, this.#context));
    return [httpChain(table, port.number, true)];
  }

  #addPortTable(name: string, number: number, ports: ReturnType<typeof httpPorts>, rules: MeshRules): void {
    if (!this.#tables.has(name)) this.#tables.set(name, portTable(name, number, ports, rules, this.#context));
  }

  /** A service without an address whose protocol is not declared joins the HTTP services of its port. */
  #addServiceToTable(name: string, service: MeshService, port: MeshPort, rules: MeshRules): void {
    const table = this.#tables.get(name);
    if (table === undefined) return;
    const own = portTable(name, port.number, [{ service, port }], rules, this.#context).virtualHosts.slice(0, 1);
    const taken = new Set(table.virtualHosts.flatMap(({ domains }) => domains));
    const added = own
      .map((host) => ({ ...host, domains: host.domains.filter((domain) => !taken.has(domain)) }))
      .filter(({ domains }) => domains.length > 0);
    this.#tables.set(name, { name, virtualHosts: [...table.virtualHosts, ...added] });
  }

  /** A Sidecar's listener with a port or an address of its own; without capture it has its own socket. */
  #ownListener(egress: EgressScope, services: readonly MeshService[], rules: MeshRules, tcp: TcpContext): void {
    const { bind, port: number = 0, captureMode, protocol } = egress;
    const bindsToPort = captureMode === 'NONE' || this.#client.interception === 'NONE' || bind !== '';
    const [origin] = [this.#scope.sidecar].map((sidecar) =>
      configOrigin(sidecar ?? { originOf: () => ({ kind: 'Sidecar', namespace: '', name: '' }) }),
    );
    if (origin === undefined) return;
    const isUnix = bind.startsWith('unix://');
    const address = bind || (bindsToPort ? '127.0.0.1' : ANY_ADDRESS);
    const name = isUnix ? bind : `${address}_${number}`;
    const listener = this.#listeners.at(name, () =>
      isUnix
        ? { bind: { kind: 'unix', path: bind.slice('unix://'.length) }, bindsToPort: true, fallsThrough: false, origin }
        : addressListener(address, number, origin, bindsToPort),
    );
    const here = services.flatMap((service) =>
      service.ports.filter((port) => isUnix || port.number === number).map((port) => ({ service, port })),
    );
    const http = here.filter(({ port }) => isHttp(port.protocol) || port.protocol === 'AUTO');
    const speaksHttp = protocol === '' ? http.length > 0 : /^(http|grpc)/i.test(protocol) && !/^https/i.test(protocol);
    if (speaksHttp) {
      const table = bind === '' ? String(number) : name;
      this.#addPortTable(table, number, http, rules);
      listener.add([httpChain(table, number, false)]);
      return;
    }
    for (const { service, port } of here) {
      listener.add(tcpChains({ service, port, subnet: undefined, isOwn: here.length === 1 }, tcp));
    }
  }

  /** Each port of each service on its own: whoever calls the proxy there means that service. */
  #calledPorts(services: readonly MeshService[], rules: MeshRules, tcp: TcpContext): OutboundServicePort[] {
    return services.flatMap((service) =>
      service.ports
        .filter(({ protocol }) => protocol !== 'UDP')
        .map((port): OutboundServicePort => {
          const table = serviceTableName({ service, port });
          const speaksHttp = isHttp(port.protocol) || port.protocol === 'AUTO';
          if (speaksHttp) this.#tables.set(table, serviceTable({ service, port }, rules, this.#context));
          return {
            host: service.host,
            port: port.number,
            protocol: port.protocol,
            chains: [
              ...(speaksHttp ? [httpChain(table, port.number, port.protocol === 'AUTO')] : []),
              ...(isHttp(port.protocol) ? [] : tcpChains({ service, port, subnet: undefined, isOwn: true }, tcp)),
            ],
            origin: configOrigin({ originOf: () => service.origin }),
          };
        }),
    );
  }

  #at(address: string, port: number, service: MeshService): ReturnType<ListenerSet['at']> {
    const origin = configOrigin({ originOf: () => service.origin });
    return this.#listeners.at(`${address}_${port}`, () => addressListener(address, port, origin));
  }
}

const ANY_ADDRESS = '0.0.0.0';

function httpChain(table: string, port: number, announces: boolean): OutboundChain {
  return { kind: 'http', table, announces, statPrefix: announces ? `outbound_${table}` : `outbound_0.0.0.0_${port}` };
}
