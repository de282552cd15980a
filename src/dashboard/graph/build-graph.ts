import type { MeshView, PairView, ServiceView, TrafficView } from '../../control/console/wire.ts';
import { addFlows } from './add-flows.ts';
import { Gathered, type GraphNode, type GraphOptions, type ServiceGraph } from './gathered.ts';
import { aloneIn, CLIENTS, EDGE, gatewayId, Places, serviceId, workloadId } from './places.ts';

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
  const gatewayIds = gatewayNodes(gathered, flows);
  for (const id of edgeIds) for (const gateway of gatewayIds) gathered.edge(id, gateway, { isConfigured: true });
  for (const host of destinations) {
    const service = hosts.get(host);
    if (service === undefined) continue;
    const entrances = gatewayIds.length === 0 || service.isExternal ? edgeIds : gatewayIds;
    for (const id of entrances) gathered.edge(id, serviceId(host), { isConfigured: true });
  }
  if (level === 'workloads') addWorkloads(gathered, mesh, shown);
  addFlows(gathered, new Places(mesh, hosts, level), flows);
  return gathered.graph();
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

/** Envoys between the edge and the services, as far as they tell of themselves. */
function gatewayNodes(gathered: Gathered, flows: readonly PairView[]): string[] {
  const peers = flows.flatMap(({ source }) => (source.kind === 'gateway' ? [source] : []));
  const ids = new Set<string>();
  for (const peer of peers) {
    const id = gatewayId(peer);
    ids.add(id);
    gathered.node({ ...BARE, id, kind: 'gateway', label: peer.name, detail: peer.namespace, href: '/clusters' });
  }
  return [...ids];
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
  const alone = aloneIn(shown);
  for (const { host, workloads } of shown) {
    for (const id of workloads) {
      if (alone.has(id)) continue;
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
