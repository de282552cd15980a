import type { WorkloadEntry } from '../../resources/kinds.ts';
import { kinds } from '../../resources/kinds.ts';
import { type EffectivePeerAuthentication, effectivePeerAuthentication } from '../inbound/peer-authentication.ts';
import { labelsMatch } from '../labels.ts';
import type { Mesh } from '../model.ts';
import type { MeshEndpoint, MeshPort, MeshService, MeshWorkload } from '../registry.ts';
import { workloadPort } from '../workload-port.ts';
import type { OutboundEndpoint } from './outbound-cluster.ts';

/** An endpoint before it is placed among the others. */
export interface FoundEndpoint extends OutboundEndpoint {
  /** `region/zone/subzone` */
  readonly locality: string;
  /** Of a remote cluster; empty: the mesh's own. */
  readonly clusterId: string;
  readonly network: string;
  readonly serviceAccount: string;
}

const TLS_MODE_LABEL = 'security.istio.io/tlsMode';

/** Where the ports of services are to be found: what the registry lists, else the workloads that are selected. */
export class EndpointFinder {
  readonly #mesh: Mesh;
  readonly #found = new Map<MeshPort, readonly FoundEndpoint[]>();
  readonly #byAddress: ReadonlyMap<string, MeshWorkload>;
  readonly #entries = new Map<string, WorkloadEntry[]>();
  readonly #authentication = new Map<MeshWorkload, EffectivePeerAuthentication>();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#byAddress = new Map(
      mesh.registry.workloads.flatMap((workload) =>
        workload.address === undefined ? [] : [[workload.address, workload]],
      ),
    );
    for (const entry of mesh.resources.of(kinds.workloadEntry)) {
      const list = this.#entries.get(entry.metadata.namespace);
      if (list === undefined) this.#entries.set(entry.metadata.namespace, [entry]);
      else list.push(entry);
    }
  }

  /** Those that are ready. */
  of(service: MeshService, port: MeshPort): readonly FoundEndpoint[] {
    let found = this.#found.get(port);
    if (found === undefined) {
      found = this.#find(service, port);
      this.#found.set(port, found);
    }
    return found;
  }

  #find(service: MeshService, port: MeshPort): FoundEndpoint[] {
    const listed = service.endpoints
      .filter(({ ready, address }) => ready && address !== '')
      .map((endpoint) => this.#listed(service, port, endpoint));
    const selected =
      service.source === 'kubernetes' && service.endpointsKnown
        ? []
        : this.#mesh.registry.workloadsOf(service).flatMap((workload) => this.#selected(port, workload));
    const entries = service.source === 'kubernetes' ? this.#selectedEntries(service, port) : [];
    return [...listed, ...selected, ...entries];
  }

  #listed(service: MeshService, port: MeshPort, endpoint: MeshEndpoint): FoundEndpoint {
    const isOwn = service.source === 'kubernetes' && endpoint.clusterId === '';
    const workload = isOwn
      ? (this.#mesh.registry.workloadAt(endpoint.namespace, endpoint.workload) ?? this.#byAddress.get(endpoint.address))
      : undefined;
    const labels = { ...workload?.labels, ...endpoint.labels };
    const target = workload === undefined ? numericTarget(port) : workloadPort(port.targetPort, port.number, workload);
    const actual = endpoint.ports[port.name] ?? target ?? port.number;
    return {
      address: endpoint.address,
      port: actual,
      weight: Math.max(endpoint.weight, 1),
      meshTls: this.#takesMeshTls(workload, labels, endpoint.namespace, actual),
      workload: endpoint.workload,
      namespace: endpoint.namespace,
      labels,
      locality: workload?.locality || endpoint.locality,
      clusterId: endpoint.clusterId,
      network: workload?.network || endpoint.network || (isOwn ? this.#networkOf(endpoint.address, labels) : ''),
      serviceAccount: endpoint.serviceAccount || workload?.serviceAccount || '',
    };
  }

  #selected(port: MeshPort, workload: MeshWorkload): FoundEndpoint[] {
    const actual = workloadPort(port.targetPort, port.number, workload);
    if (workload.address === undefined || !workload.ready || actual === undefined) return [];
    const { address, name, namespace, labels, locality, network, serviceAccount } = workload;
    const meshTls = this.#takesMeshTls(workload, labels, namespace, actual);
    return [
      {
        address,
        port: actual,
        weight: 1,
        meshTls,
        workload: name,
        namespace,
        labels,
        locality,
        clusterId: '',
        network,
        serviceAccount,
      },
    ];
  }

  /** A Service's selector takes WorkloadEntries of its namespace too. */
  #selectedEntries({ selector, namespace }: MeshService, port: MeshPort): FoundEndpoint[] {
    if (selector === undefined || Object.keys(selector).length === 0) return [];
    return (this.#entries.get(namespace) ?? []).flatMap(({ metadata, spec }): FoundEndpoint[] => {
      const labels = { ...metadata.labels, ...spec.labels };
      if (!spec.address || !labelsMatch(selector, labels)) return [];
      const actual = spec.ports?.[port.name] ?? numericTarget(port) ?? port.number;
      return [
        {
          address: spec.address,
          port: actual,
          weight: Math.max(spec.weight ?? 1, 1),
          meshTls: this.#takesMeshTls(undefined, labels, namespace, actual),
          workload: metadata.name,
          namespace,
          labels,
          locality: spec.locality ?? '',
          clusterId: '',
          network: spec.network || this.#networkOf(spec.address, labels),
          serviceAccount: spec.serviceAccount ?? '',
        },
      ];
    });
  }

  #networkOf(address: string, labels: Readonly<Record<string, string>>): string {
    return this.#mesh.networks.nameOf(this.#mesh.settings.clusterId, address, labels);
  }

  /** With a sidecar, and not told to speak plaintext (PeerAuthentication DISABLE). */
  #takesMeshTls(
    workload: MeshWorkload | undefined,
    labels: Readonly<Record<string, string>>,
    namespace: string,
    port: number,
  ): boolean {
    const mode = labels[TLS_MODE_LABEL];
    const hasSidecar = mode === undefined ? workload?.hasSidecar === true : mode === 'istio';
    if (!hasSidecar) return false;
    const effective = workload === undefined ? this.#effective({ namespace, labels }) : this.#effectiveOf(workload);
    return (effective.ports.get(port) ?? effective.workload).mode !== 'DISABLE';
  }

  #effectiveOf(workload: MeshWorkload): EffectivePeerAuthentication {
    let effective = this.#authentication.get(workload);
    if (effective === undefined) {
      effective = this.#effective(workload);
      this.#authentication.set(workload, effective);
    }
    return effective;
  }

  #effective(workload: Pick<MeshWorkload, 'namespace' | 'labels'>): EffectivePeerAuthentication {
    const { resources, settings } = this.#mesh;
    return effectivePeerAuthentication(resources.of(kinds.peerAuthentication), workload, settings.rootNamespace);
  }
}

function numericTarget({ targetPort }: MeshPort): number | undefined {
  return typeof targetPort === 'number' ? targetPort : undefined;
}
