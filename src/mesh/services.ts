import type { EndpointSlice, Endpoints, Service, ServiceEntry, WorkloadEntry } from '../resources/kinds.ts';
import { labelsMatch } from './labels.ts';
import type { MeshSettings } from './model.ts';
import { protocolByName, selectProtocol } from './protocol.ts';
import type { MeshEndpoint, MeshPort, MeshService } from './registry.ts';
import { Remembered } from './remember.ts';
import { visibilityOf } from './visibility.ts';

/** Kubernetes' own label on what belongs to a Service. */
const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
/** Istio's annotation: exportTo of a Service. */
const EXPORT_TO_ANNOTATION = 'networking.istio.io/exportTo';

export interface EndpointObjects {
  readonly endpoints: readonly Endpoints[];
  readonly slices: readonly EndpointSlice[];
}

export function kubernetesServices(
  services: readonly Service[],
  objects: EndpointObjects,
  settings: MeshSettings,
): MeshService[] {
  const byService = endpointsByService(objects);
  return services.map((service): MeshService => {
    const found = byService.get(`${service.metadata.namespace}/${service.metadata.name}`);
    const description = rememberedServices.get(service, [settings], () => describeService(service, settings));
    if (found === undefined) return description;
    return rememberedEndpoints.get(service, [description, ...found], () => ({
      ...description,
      ...(description.external ? {} : { endpoints: found.flat(), endpointsKnown: true }),
    }));
  });
}

const rememberedServices = new Remembered<Service, MeshService>();
const rememberedEndpoints = new Remembered<Service, MeshService>();

/** All but the endpoints that other objects list. */
function describeService(service: Service, settings: MeshSettings): MeshService {
  const { name, namespace, annotations, labels } = service.metadata;
  const { spec } = service;
  const exportTo = annotations[EXPORT_TO_ANNOTATION]?.split(',').map((part) => part.trim());
  const externalName = spec.type === 'ExternalName' ? spec.externalName : undefined;
  return {
    host: `${name}.${namespace}.svc.${settings.domainSuffix}`,
    namespace,
    name,
    source: 'kubernetes',
    ports: (spec.ports ?? []).map(
      (port): MeshPort => ({
        number: port.port,
        name: port.name ?? '',
        protocol: selectProtocol(port),
        targetPort: port.targetPort,
      }),
    ),
    selector: spec.selector,
    visibility: visibilityOf(exportTo, namespace, settings.meshConfig.defaultServiceExportTo),
    external: externalName !== undefined,
    resolution: externalName !== undefined ? 'DNS' : spec.clusterIP === 'None' ? 'PASSTHROUGH' : 'CLUSTER',
    endpoints: externalName === undefined ? [] : [{ ...NO_ENDPOINT, address: externalName, namespace }],
    endpointsKnown: externalName !== undefined,
    addresses: clusterIps(service),
    subjectAltNames: [],
    labels,
    annotations,
    origin: service.originOf(),
  };
}

function clusterIps({ spec }: Service): string[] {
  const all = spec.clusterIPs ?? (spec.clusterIP === undefined ? [] : [spec.clusterIP]);
  return all.filter((address) => address !== 'None' && address !== '');
}

function entryAddresses({ spec, status }: ServiceEntry, host: string): string[] {
  if (spec.addresses !== undefined && spec.addresses.length > 0) return spec.addresses;
  return (status?.addresses ?? []).flatMap(({ host: owner, value }) =>
    value === undefined || (owner !== undefined && owner !== host) ? [] : [value],
  );
}

const NO_ENDPOINT: MeshEndpoint = {
  address: '',
  ports: {},
  labels: {},
  namespace: '',
  workload: '',
  serviceAccount: '',
  clusterId: '',
  network: '',
  locality: '',
  weight: 1,
  ready: true,
};

/** One MeshService for each host of each ServiceEntry. */
export function serviceEntries(
  entries: readonly ServiceEntry[],
  workloads: readonly WorkloadEntry[],
  settings: MeshSettings,
): MeshService[] {
  return entries.flatMap((entry) => {
    const { namespace, name, labels, annotations } = entry.metadata;
    const { spec } = entry;
    const selected = spec.workloadSelector?.labels;
    const endpoints: MeshEndpoint[] =
      selected === undefined
        ? (spec.endpoints ?? []).map((endpoint) => workloadEndpoint(endpoint, namespace, name))
        : workloads
            .filter(
              (workload) =>
                workload.metadata.namespace === namespace &&
                labelsMatch(selected, { ...workload.metadata.labels, ...workload.spec.labels }),
            )
            .map((workload) => workloadEndpoint(workload.spec, namespace, workload.metadata.name));
    return spec.hosts.map(
      (host): MeshService => ({
        host: host.toLowerCase(),
        namespace,
        name,
        source: 'service-entry',
        ports: (spec.ports ?? []).map(
          (port): MeshPort => ({
            number: port.number,
            name: port.name ?? '',
            protocol: protocolByName((port.protocol ?? '').toLowerCase()) ?? 'AUTO',
            targetPort: port.targetPort,
          }),
        ),
        selector: selected,
        visibility: visibilityOf(spec.exportTo, namespace, settings.meshConfig.defaultServiceExportTo),
        external: spec.location !== 'MESH_INTERNAL',
        resolution: spec.resolution ?? 'NONE',
        // A DNS entry without endpoints is its own endpoint.
        endpoints:
          endpoints.length === 0 && selected === undefined && (spec.resolution ?? '').includes('DNS')
            ? [{ ...NO_ENDPOINT, address: host.toLowerCase(), namespace }]
            : endpoints,
        endpointsKnown: true,
        addresses: entryAddresses(entry, host),
        subjectAltNames: spec.subjectAltNames ?? [],
        labels,
        annotations,
        origin: entry.originOf(),
      }),
    );
  });
}

export function workloadEndpoint(
  spec: NonNullable<ServiceEntry['spec']['endpoints']>[number],
  namespace: string,
  workload: string,
): MeshEndpoint {
  return {
    address: spec.address ?? '',
    ports: spec.ports ?? {},
    labels: spec.labels ?? {},
    namespace,
    workload,
    serviceAccount: spec.serviceAccount ?? '',
    clusterId: '',
    network: spec.network || (spec.labels?.['topology.istio.io/network'] ?? ''),
    locality: spec.locality ?? '',
    weight: spec.weight ?? 1,
    ready: true,
  };
}

/** By service the endpoints of each object that lists some, in order. */
function endpointsByService({ endpoints, slices }: EndpointObjects): ReadonlyMap<string, (readonly MeshEndpoint[])[]> {
  const byService = new Map<string, (readonly MeshEndpoint[])[]>();
  const add = (key: string, found: readonly MeshEndpoint[]): void => {
    const lists = byService.get(key);
    if (lists === undefined) byService.set(key, [found]);
    else lists.push(found);
  };
  for (const slice of slices) {
    const name = slice.metadata.labels[SERVICE_NAME_LABEL];
    if (name === undefined) continue;
    add(
      `${slice.metadata.namespace}/${name}`,
      rememberedSlices.get(slice, [], () => endpointsOfSlice(slice)),
    );
  }
  const mirrored = new Set(byService.keys());
  for (const object of endpoints) {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    // Kubernetes mirrors Endpoints into slices: those are the newer truth.
    if (mirrored.has(key)) continue;
    add(
      key,
      rememberedObjects.get(object, [], () => endpointsOfObject(object)),
    );
  }
  return byService;
}

const rememberedSlices = new Remembered<EndpointSlice, readonly MeshEndpoint[]>();
const rememberedObjects = new Remembered<Endpoints, readonly MeshEndpoint[]>();

function endpointsOfSlice(slice: EndpointSlice): MeshEndpoint[] {
  const { namespace } = slice.metadata;
  const ports = portsByName(slice.ports);
  return (slice.endpoints ?? []).flatMap((endpoint) =>
    endpoint.addresses.map((address) => ({
      ...NO_ENDPOINT,
      address,
      ports,
      namespace,
      workload: endpoint.targetRef?.name ?? '',
      locality: endpoint.zone ?? '',
      ready: endpoint.conditions?.ready !== false,
    })),
  );
}

function endpointsOfObject({ metadata: { namespace }, subsets }: Endpoints): MeshEndpoint[] {
  return (subsets ?? []).flatMap(({ addresses, ports: declared }) => {
    const ports = portsByName(declared);
    return (addresses ?? []).map(({ ip, targetRef }) => ({
      ...NO_ENDPOINT,
      address: ip,
      ports,
      namespace,
      workload: targetRef?.name ?? '',
    }));
  });
}

function portsByName(
  ports: readonly { readonly name?: string | undefined; readonly port?: number | undefined }[] | undefined,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    (ports ?? []).flatMap(({ name, port }) => (port === undefined ? [] : [[name ?? '', port]])),
  );
}
