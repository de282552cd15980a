import type {
  FlowView,
  MeshView,
  MutualTls,
  PairView,
  PeerView,
  ServiceView,
  TrafficView,
} from '../../control/console/wire.ts';

export interface GraphNode {
  readonly id: string;
  readonly kind: 'client' | 'edge' | 'service' | 'workload' | 'unknown';
  readonly label: string;
  readonly detail: string;
  /** The page of what it stands for. */
  readonly href: string | undefined;
  readonly mutualTls: MutualTls | undefined;
  readonly findings: 'Error' | 'Warning' | undefined;
}

export interface GraphEdge {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** Undefined: configured, and no request was seen. */
  readonly flow: FlowView | undefined;
  /** Whether what was seen went by mutual TLS. */
  readonly isLocked: boolean;
  readonly isConfigured: boolean;
}

export interface ServiceGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphOptions {
  readonly level: 'services' | 'workloads';
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
}

const CLIENTS = 'client:';
const EDGE = 'edge:';

/** What is configured, with what was seen on it: from the client's region over the edge to the pod. */
export function buildGraph(
  mesh: MeshView,
  traffic: TrafficView | undefined,
  { level, namespace }: GraphOptions,
): ServiceGraph {
  const shown = mesh.services.filter((service) => namespace === undefined || service.namespace === namespace);
  const gathered = new Gathered();
  const troubles = troublesByObject(mesh);
  const flows = traffic?.flows ?? [];
  for (const service of shown) gathered.node(serviceNode(service, troubles));
  const hosts = new Map(shown.map((service) => [service.host, service]));

  const edgeIds = edgeNodes(gathered, mesh, flows);
  const destinations = new Set(mesh.routes.flatMap((route) => route.destinations.map(({ service }) => service)));
  for (const host of destinations) {
    if (hosts.has(host)) for (const id of edgeIds) gathered.edge(id, serviceId(host), { isConfigured: true });
  }
  if (level === 'workloads') addWorkloads(gathered, mesh, shown);
  addFlows(gathered, new Places(mesh, hosts, level), flows);
  return gathered.graph();
}

class Gathered {
  readonly #nodes = new Map<string, GraphNode>();
  readonly #edges = new Map<string, GraphEdge>();

  node(node: GraphNode): void {
    if (!this.#nodes.has(node.id)) this.#nodes.set(node.id, node);
  }

  edge(from: string, to: string, seen: { flow?: FlowView; isLocked?: boolean; isConfigured?: boolean }): void {
    if (from === to) return;
    const id = `${from} → ${to}`;
    const before = this.#edges.get(id);
    const flow = seen.flow === undefined ? before?.flow : sumFlows(before?.flow, seen.flow);
    const isLocked = (before?.isLocked ?? true) && (seen.isLocked ?? true);
    const isConfigured = (before?.isConfigured ?? false) || (seen.isConfigured ?? false);
    this.#edges.set(id, { id, from, to, flow, isLocked, isConfigured });
  }

  graph(): ServiceGraph {
    const edges = [...this.#edges.values()].filter(({ from, to }) => this.#nodes.has(from) && this.#nodes.has(to));
    return {
      nodes: [...this.#nodes.values()],
      edges: edges.map((edge) => ({ ...edge, isLocked: edge.isLocked && edge.flow !== undefined })),
    };
  }
}

/** Where a peer stands in the picture. */
class Places {
  readonly #level: GraphOptions['level'];
  readonly #hosts: ReadonlyMap<string, ServiceView>;
  readonly #workloads: ReadonlySet<string>;
  readonly #serviceOf = new Map<string, string>();

  constructor(mesh: MeshView, hosts: ReadonlyMap<string, ServiceView>, level: GraphOptions['level']) {
    this.#level = level;
    this.#hosts = hosts;
    this.#workloads = new Set(mesh.workloads.map(({ id }) => id));
    for (const { host, workloads } of hosts.values()) for (const id of workloads) this.#serviceOf.set(id, host);
  }

  has(host: string): boolean {
    return this.#hosts.has(host);
  }

  /** The node of a caller. */
  caller(peer: PeerView): string | undefined {
    if (peer.kind === 'client') return `${CLIENTS}${peer.name}`;
    if (peer.kind === 'edge') return `${EDGE}${peer.name}`;
    if (peer.kind === 'unknown') return undefined;
    const workload = this.workload(peer, this.#serviceOf.get(`${peer.namespace}/${peer.name}`) ?? '');
    if (this.#level === 'workloads' && workload !== undefined) return workload;
    const host = peer.service || this.#serviceOf.get(`${peer.namespace}/${peer.name}`);
    return host === undefined || !this.#hosts.has(host) ? undefined : serviceId(host);
  }

  /** A pod that is not known by its name is found by its version among those of the service. */
  workload({ namespace, name, version }: PeerView, host: string): string | undefined {
    if (this.#workloads.has(`${namespace}/${name}`)) return workloadId(`${namespace}/${name}`);
    const candidates = this.#hosts.get(host)?.workloads ?? [];
    const matching = candidates.filter(
      (id) => id === `${namespace}/${name}` || (version !== '' && id.endsWith(`-${version}`)),
    );
    const [only, ...others] = matching.length > 0 ? matching : candidates;
    return only === undefined || others.length > 0 ? undefined : workloadId(only);
  }
}

function addFlows(gathered: Gathered, places: Places, flows: readonly PairView[]): void {
  for (const flow of withoutEchoes(flows)) {
    const { source, destination, security } = flow;
    const isLocked = security === 'mutual_tls';
    const from = places.caller(source);
    if (from === undefined) continue;
    if (destination.kind === 'edge') {
      gathered.edge(from, `${EDGE}${destination.name}`, { flow, isLocked });
      continue;
    }
    if (!places.has(destination.service)) continue;
    gathered.edge(from, serviceId(destination.service), { flow, isLocked });
    const workload = places.workload(destination, destination.service);
    if (workload !== undefined) gathered.edge(serviceId(destination.service), workload, { flow, isLocked });
  }
}

/** A call between two sidecars is told by both of them; the caller's word is enough. */
function withoutEchoes(flows: readonly PairView[]): PairView[] {
  const key = ({ source, destination }: PairView): string =>
    [source.namespace, source.name, destination.namespace, destination.name, destination.service].join('\n');
  const told = new Set(flows.filter(({ reporter }) => reporter === 'source').map(key));
  return flows.filter(
    (flow) => flow.reporter !== 'destination' || (flow.source.kind === 'workload' && !told.has(key(flow))),
  );
}

function edgeNodes(gathered: Gathered, mesh: MeshView, flows: readonly PairView[]): string[] {
  const names = new Set(
    flows.flatMap(({ source, destination }) =>
      [source, destination].filter(({ kind }) => kind === 'edge').map(({ name }) => name),
    ),
  );
  const isSeen = names.size > 0;
  for (const { name } of mesh.edges) if (!isSeen) names.add(name);
  if (names.size === 0) names.add('');
  const regions = new Set(flows.flatMap(({ source }) => (source.kind === 'client' ? [source.name] : [])));
  const isTold = regions.size > 0;
  if (!isTold) regions.add('');
  for (const region of regions) {
    gathered.node(clientNode(region));
    for (const name of names)
      if (!isTold) gathered.edge(`${CLIENTS}${region}`, `${EDGE}${name}`, { isConfigured: true });
  }
  const [only, ...others] = mesh.edges;
  for (const name of names) {
    const known = name === UNKNOWN && others.length === 0 ? only?.name : name;
    const label = known === undefined || known === '' || known === 'local' ? 'Edge' : known;
    gathered.node({
      ...BARE,
      id: `${EDGE}${name}`,
      kind: 'edge',
      label,
      detail: known === 'local' ? 'on this machine' : 'edge',
      href: '/edges',
    });
  }
  return [...names].map((name) => `${EDGE}${name}`);
}

/** What edges say of a place that their platform does not tell. */
const UNKNOWN = 'unknown';

function clientNode(region: string): GraphNode {
  const isKnown = region !== '' && region !== UNKNOWN;
  return {
    ...BARE,
    id: `${CLIENTS}${region}`,
    kind: 'client',
    label: isKnown ? regionName(region) : 'Clients',
    detail: isKnown ? `clients in ${region}` : region === '' ? 'everywhere' : 'region unknown',
    href: '/requests',
  };
}

function regionName(region: string): string {
  try {
    return new Intl.DisplayNames('en', { type: 'region' }).of(region) ?? region;
  } catch {
    return region;
  }
}

function addWorkloads(gathered: Gathered, mesh: MeshView, shown: readonly ServiceView[]): void {
  const byId = new Map(mesh.workloads.map((workload) => [workload.id, workload]));
  for (const { host, workloads } of shown) {
    for (const id of workloads) {
      const workload = byId.get(id);
      if (workload === undefined) continue;
      gathered.node({
        ...BARE,
        id: workloadId(id),
        kind: 'workload',
        label: workload.name,
        detail: workload.version === '' ? 'workload' : `version ${workload.version}`,
        href: `/workloads/${encodeURIComponent(id)}`,
        mutualTls: workload.mutualTls,
      });
      gathered.edge(serviceId(host), workloadId(id), { isConfigured: true });
    }
  }
}

const BARE = { mutualTls: undefined, findings: undefined } as const;

function serviceNode(service: ServiceView, troubles: ReadonlyMap<string, 'Error' | 'Warning'>): GraphNode {
  const { host, name, namespace, source, isExternal, mutualTls, origin } = service;
  return {
    id: serviceId(host),
    kind: 'service',
    label: source === 'kubernetes' ? name : host,
    detail: isExternal ? 'external' : namespace,
    href: `/services/${encodeURIComponent(host)}`,
    mutualTls: isExternal ? undefined : mutualTls,
    findings: troubles.get(`${origin.kind}/${namespace}/${name}`),
  };
}

function troublesByObject({ findings }: MeshView): ReadonlyMap<string, 'Error' | 'Warning'> {
  const worst = new Map<string, 'Error' | 'Warning'>();
  for (const { level, origin } of findings) {
    if (level === 'Info') continue;
    const key = `${origin.kind}/${origin.namespace}/${origin.name}`;
    if (worst.get(key) !== 'Error') worst.set(key, level);
  }
  return worst;
}

/** Durations of two flows cannot be added: the slower is told. */
function sumFlows(a: FlowView | undefined, b: FlowView): FlowView {
  if (a === undefined) return b;
  const requestsPerSecond = a.requestsPerSecond + b.requestsPerSecond;
  const errors = a.errorShare * a.requestsPerSecond + b.errorShare * b.requestsPerSecond;
  const slower = (a.p95Ms ?? 0) >= (b.p95Ms ?? 0) ? a : b;
  const outcomes = new Map<string, FlowView['outcomes'][number]>();
  for (const outcome of [...a.outcomes, ...b.outcomes]) {
    const key = `${outcome.code} ${outcome.flags}`;
    outcomes.set(key, { ...outcome, requests: (outcomes.get(key)?.requests ?? 0) + outcome.requests });
  }
  return {
    ...slower,
    requestsPerSecond,
    errorShare: requestsPerSecond === 0 ? 0 : errors / requestsPerSecond,
    outcomes: [...outcomes.values()],
  };
}

function serviceId(host: string): string {
  return `service:${host}`;
}

function workloadId(id: string): string {
  return `workload:${id}`;
}
