import { clusterName, type DestinationReference } from '../destinations.ts';
import { resolveHost } from '../host-names.ts';
import type { Mesh } from '../model.ts';
import type { MeshService } from '../registry.ts';
import type { OutboundClusters } from './clusters.ts';
import type { ProxyClient } from './model.ts';
import type { OutboundCluster } from './outbound-cluster.ts';

/**
 * Names clusters for one client, and collects them. A route's destination is reachable even where a Sidecar does not
 * list it: whoever may use the route may go where it leads.
 */
export class OutboundDestinations {
  readonly clusters = new Map<string, OutboundCluster>();
  readonly #mesh: Mesh;
  readonly #all: OutboundClusters;
  readonly #client: ProxyClient;
  readonly #seen = new Set<MeshService>();

  constructor(mesh: Mesh, all: OutboundClusters, client: ProxyClient) {
    this.#mesh = mesh;
    this.#all = all;
    this.#client = client;
  }

  /** Port: the one named, else the service's only one, else the listener's. */
  resolve(destination: DestinationReference, namespace: string, listenerPort: number): string {
    const host = resolveHost(destination.host, namespace, this.#mesh.settings.domainSuffix);
    const service = this.#mesh.registry.find(host, this.#client.namespace);
    if (service !== undefined) this.add(service);
    const only = service?.ports.length === 1 ? service.ports[0]?.number : undefined;
    const port = destination.port?.number ?? only ?? listenerPort;
    return clusterName(port, destination.subset ?? '', service?.host ?? host);
  }

  /** All ports and subsets of a service. */
  add(service: MeshService): void {
    if (this.#seen.has(service)) return;
    this.#seen.add(service);
    for (const port of service.ports) {
      if (port.protocol === 'UDP') continue;
      for (const cluster of this.#all.ofPort(service, port, this.#client)) this.clusters.set(cluster.name, cluster);
    }
  }
}
