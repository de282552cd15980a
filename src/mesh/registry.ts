import type { Origin } from '../resources/origin.ts';
import { namesCovering } from './host-names.ts';
import { labelsMatch } from './labels.ts';
import { Remembered } from './remember.ts';
import { isVisibleIn, type Visibility } from './visibility.ts';

/** A service of the mesh: a Kubernetes Service, or a host of a ServiceEntry. */
export interface MeshService {
  /** Lower case; a ServiceEntry's may be a wildcard. */
  readonly host: string;
  readonly namespace: string;
  readonly name: string;
  readonly source: 'kubernetes' | 'service-entry';
  readonly ports: readonly MeshPort[];
  /** Pods that make up the service; undefined when it has no selector. */
  readonly selector: Readonly<Record<string, string>> | undefined;
  readonly visibility: Visibility;
  /** MESH_EXTERNAL ServiceEntry or ExternalName Service. */
  readonly external: boolean;
  readonly resolution: 'CLUSTER' | 'NONE' | 'STATIC' | 'DNS' | 'DNS_ROUND_ROBIN' | 'DYNAMIC_DNS' | 'PASSTHROUGH';
  /** Endpoints that the resource itself lists (ServiceEntry, Endpoints, EndpointSlice). */
  readonly endpoints: readonly MeshEndpoint[];
  /** False: nothing tells whether there are endpoints. */
  readonly endpointsKnown: boolean;
  /** Cluster IPs of a Service; addresses or CIDRs of a ServiceEntry, else those that a controller has allocated. */
  readonly addresses: readonly string[];
  /** What a ServiceEntry says its servers' certificates are made out to. */
  readonly subjectAltNames: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly origin: Origin;
}

export interface MeshPort {
  readonly number: number;
  readonly name: string;
  readonly protocol: Protocol;
  /** Number or container port name; undefined: the port itself. */
  readonly targetPort: number | string | undefined;
}

export type Protocol =
  | 'HTTP'
  | 'HTTP2'
  | 'GRPC'
  | 'GRPC-WEB'
  | 'HTTPS'
  | 'TLS'
  | 'TCP'
  | 'UDP'
  | 'MONGO'
  | 'MYSQL'
  | 'REDIS'
  /** Not declared: to be found out from the bytes. */
  | 'AUTO';

export interface MeshEndpoint {
  /** IP, host name or `unix:///path`. */
  readonly address: string;
  /** By service port name; a missing name means the target port, or the port itself. */
  readonly ports: Readonly<Record<string, number>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly namespace: string;
  readonly workload: string;
  readonly serviceAccount: string;
  /** Of a remote cluster; empty: the mesh's own. */
  readonly clusterId: string;
  readonly network: string;
  /** `region/zone/subzone` */
  readonly locality: string;
  readonly weight: number;
  readonly ready: boolean;
}

/** Something that runs: a Pod, a pod template (where no pods are known), a WorkloadEntry. */
export interface MeshWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly address: string | undefined;
  /** Container ports by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly network: string;
  readonly locality: string;
  readonly ready: boolean;
  /** Whether a sidecar runs, or will be injected, beside it. */
  readonly hasSidecar: boolean;
  readonly origin: Origin;
}

/** What does not depend on services; registries of the same workloads share it. */
interface WorkloadIndex {
  readonly byNamespace: ReadonlyMap<string, readonly MeshWorkload[]>;
  readonly byName: ReadonlyMap<string, MeshWorkload>;
  /** By selector and namespace. */
  readonly selected: Map<object, readonly MeshWorkload[]>;
}

const rememberedIndexes = new Remembered<readonly MeshWorkload[], WorkloadIndex>();

export class ServiceRegistry {
  readonly services: readonly MeshService[];
  readonly workloads: readonly MeshWorkload[];
  /** The same object as before as long as services differ in nothing but their endpoints: names and ports resolve alike. */
  readonly shape: object;
  readonly #byHost = new Map<string, MeshService[]>();
  readonly #servicesByNamespace = new Map<string, MeshService[]>();
  readonly #index: WorkloadIndex;

  /** Both in conflict order, the oldest first. */
  constructor(services: readonly MeshService[], workloads: readonly MeshWorkload[], shape: object = {}) {
    this.services = services;
    this.workloads = workloads;
    this.shape = shape;
    this.#index = rememberedIndexes.get(workloads, [], () => indexWorkloads(workloads));
    for (const service of services) {
      append(this.#byHost, service.host, service);
      append(this.#servicesByNamespace, service.namespace, service);
    }
  }

  /** The registry that comes after another, or is the first. */
  static after(
    before: ServiceRegistry | undefined,
    services: readonly MeshService[],
    workloads: readonly MeshWorkload[],
  ): ServiceRegistry {
    const isAlike =
      before?.services.length === services.length &&
      services.every((service, i) => isAlikeButEndpoints(service, before.services[i]));
    return new ServiceRegistry(services, workloads, isAlike ? before.shape : {});
  }

  /**
   * The service that a host means to a workload in `namespace`: its own namespace's first, then a Kubernetes
   * Service, then the oldest; only those exported to it.
   */
  find(host: string, namespace: string): MeshService | undefined {
    const exact = this.#findAs(host, namespace);
    if (exact !== undefined) return exact;
    for (const name of namesCovering(host)) {
      const found = this.#findAs(name, namespace);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #findAs(name: string, namespace: string): MeshService | undefined {
    const candidates = this.#byHost.get(name)?.filter((service) => isVisibleIn(service.visibility, namespace));
    if (candidates === undefined) return undefined;
    return (
      candidates.find((service) => service.namespace === namespace) ??
      candidates.find((service) => service.source === 'kubernetes') ??
      candidates[0]
    );
  }

  /** Whether a host is known at all, exported or not. */
  has(host: string): boolean {
    return this.#byHost.has(host);
  }

  /** The workload of that name; where only a pod template is known, its owner's. */
  workloadAt(namespace: string, name: string): MeshWorkload | undefined {
    return this.#index.byName.get(`${namespace}/${name}`);
  }

  /** Workloads that a service selects. */
  workloadsOf(service: MeshService): readonly MeshWorkload[] {
    const { selector, namespace } = service;
    if (selector === undefined || Object.keys(selector).length === 0) return NONE;
    // A selector is an object of one service, whatever else changes about it.
    let selected = this.#index.selected.get(selector);
    if (selected === undefined) {
      selected = (this.#index.byNamespace.get(namespace) ?? NONE).filter(({ labels }) => labelsMatch(selector, labels));
      this.#index.selected.set(selector, selected);
    }
    return selected;
  }

  /** Services that select a workload, the oldest first. */
  servicesOf(workload: MeshWorkload): readonly MeshService[] {
    return (this.#servicesByNamespace.get(workload.namespace) ?? []).filter((service) =>
      this.workloadsOf(service).includes(workload),
    );
  }
}

const NONE: readonly MeshWorkload[] = [];

function indexWorkloads(workloads: readonly MeshWorkload[]): WorkloadIndex {
  const byNamespace = Map.groupBy(workloads, ({ namespace }) => namespace);
  const byName = new Map(workloads.map((workload) => [`${workload.namespace}/${workload.name}`, workload]));
  return { byNamespace, byName, selected: new Map() };
}

/** One service at two times: descriptions are made once for each version of their resource. */
function isAlikeButEndpoints(a: MeshService, b: MeshService | undefined): boolean {
  if (a === b || b === undefined) return a === b;
  return (
    a.source === 'kubernetes' &&
    !a.external &&
    a.ports === b.ports &&
    a.visibility === b.visibility &&
    a.host === b.host
  );
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
