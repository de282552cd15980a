import { DestinationRules, subsetsOf } from '../../mesh/destinations.ts';
import { labelsMatch } from '../../mesh/labels.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { MeshEndpoint, MeshPort, MeshService, MeshWorkload } from '../../mesh/registry.ts';
import { kinds } from '../../resources/kinds.ts';

/** On a pod template, its owner, a Pod or a Service: a real server that answers instead of a stand-in. */
const UPSTREAM_ANNOTATION = 'foresail.dev/upstream';

/** One pod that answers for a service. */
export interface StandIn {
  readonly service: string;
  readonly namespace: string;
  readonly port: number;
  readonly pod: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Base URL of a real server; undefined: the hub answers itself. */
  readonly upstream: string | undefined;
}

/** Who answers, by Envoy cluster name. */
export type EndpointTable = ReadonlyMap<string, readonly StandIn[]>;

/** Pods of a service whatever their version, for callers inside of the mesh. */
export function serviceEndpoints(mesh: Mesh, host: string, port: number): readonly StandIn[] {
  const service = mesh.registry.services.find((candidate) => candidate.host === host);
  if (service === undefined) return [];
  const servicePort = service.ports.find(({ number }) => number === port);
  return standInsOf(mesh, service, host, port, servicePort, {});
}

/** Programs that run in place of pods. */
export type RunningApps = (key: string) => string | undefined;

export function withApps(standIns: readonly StandIn[], urlOf: RunningApps): StandIn[] {
  return standIns.map((standIn) => ({
    ...standIn,
    upstream: urlOf(`${standIn.namespace}/${standIn.pod}`) ?? standIn.upstream,
  }));
}

export function endpointTable(mesh: Mesh): EndpointTable {
  const rules = new DestinationRules(mesh.resources.of(kinds.destinationRule), mesh.settings);
  const clientNamespace = mesh.edge.workload.namespace;
  const table = new Map<string, readonly StandIn[]>();
  for (const { name, host, port, state } of mesh.edge.clusters.values()) {
    const service = mesh.registry.find(host, clientNamespace);
    if (service === undefined || state !== 'ready') continue;
    const subset = name.split('|')[2] ?? '';
    const governing = rules.find(service.host, service.namespace, clientNamespace);
    const labels = subset === '' ? {} : (subsetsOf(governing).get(subset)?.labels ?? {});
    const servicePort = service.ports.find(({ number }) => number === port);
    table.set(name, standInsOf(mesh, service, host, port, servicePort, labels));
  }
  return table;
}

function standInsOf(
  mesh: Mesh,
  service: MeshService,
  host: string,
  port: number,
  servicePort: MeshPort | undefined,
  labels: Readonly<Record<string, string>>,
): StandIn[] {
  const base = { service: nameOf(service, host), namespace: service.namespace, port };
  const listed = service.endpoints
    .filter((endpoint) => endpoint.ready && labelsMatch(labels, endpoint.labels))
    .map((endpoint) => ({ ...base, ...ofEndpoint(service, endpoint, port, servicePort) }));
  if (listed.length > 0) return listed;
  const pods = mesh.registry.workloadsOf(service).filter((workload) => labelsMatch(labels, workload.labels));
  if (pods.length > 0) return pods.map((pod) => ({ ...base, ...ofWorkload(service, pod) }));
  return [
    {
      ...base,
      pod: [base.service, ...Object.values(labels), 'stand-in'].join('-'),
      labels: { ...service.selector, ...labels },
      upstream: service.annotations[UPSTREAM_ANNOTATION],
    },
  ];
}

function ofWorkload(
  { annotations }: MeshService,
  workload: MeshWorkload,
): Pick<StandIn, 'pod' | 'labels' | 'upstream'> {
  const upstream = workload.annotations[UPSTREAM_ANNOTATION] ?? annotations[UPSTREAM_ANNOTATION];
  return { pod: workload.name, labels: workload.labels, upstream };
}

/** What a resource lists by address is real when it is on this machine, and nowhere else. */
function ofEndpoint(
  service: MeshService,
  endpoint: MeshEndpoint,
  port: number,
  servicePort: MeshPort | undefined,
): Pick<StandIn, 'pod' | 'labels' | 'upstream'> {
  const targetPort = typeof servicePort?.targetPort === 'number' ? servicePort.targetPort : port;
  const endpointPort = endpoint.ports[servicePort?.name ?? ''] ?? targetPort;
  const real = isLoopback(endpoint.address) ? `http://${bracketed(endpoint.address)}:${endpointPort}` : undefined;
  return {
    pod: endpoint.workload === '' || service.source === 'service-entry' ? endpoint.address : endpoint.workload,
    labels: endpoint.labels,
    upstream: service.annotations[UPSTREAM_ANNOTATION] ?? real,
  };
}

function nameOf(service: MeshService, host: string): string {
  return service.source === 'kubernetes' ? service.name : host;
}

function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === '::1' || address === 'localhost';
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
