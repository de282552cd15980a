import type { Mesh } from '../model.ts';
import type { MeshService } from '../registry.ts';
import { isVisibleIn } from '../visibility.ts';
import type { EgressScope } from './sidecar-scope.ts';

/** Services that a namespace sees, each host once: the one that the name means there. */
export function visibleServices(mesh: Mesh, namespace: string): readonly MeshService[] {
  const { registry } = mesh;
  const hosts = new Set<string>();
  return registry.services.filter((service) => {
    if (hosts.has(service.host) || !isVisibleIn(service.visibility, namespace)) return false;
    if (registry.find(service.host, namespace) !== service) return false;
    hosts.add(service.host);
    return true;
  });
}

export function servicesIn(scope: EgressScope, services: readonly MeshService[]): readonly MeshService[] {
  return services.filter(({ host, namespace }) => scope.includes(host, namespace));
}
