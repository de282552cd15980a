import { namesCovering } from '../host-names.ts';
import type { MeshSettings } from '../model.ts';
import type { MeshService } from '../registry.ts';
import { Remembered } from '../remember.ts';

const remembered = new Remembered<MeshService, MeshService>();

/**
 * Services of one host in several clusters are one service with the endpoints of all. What this cluster says of it counts;
 * of one that is only elsewhere, what the first cluster says.
 */
export function mergeServices(
  own: readonly MeshService[],
  remote: readonly (readonly MeshService[])[],
  settings: MeshSettings,
): readonly MeshService[] {
  if (remote.length === 0) return own;
  const byHost = Map.groupBy(remote.flat(), ({ host }) => host);
  const ownHosts = new Set(own.map(({ host }) => host));
  const merge = (service: MeshService, others: readonly MeshService[]): MeshService =>
    others.length === 0 || isClusterLocal(service.host, settings)
      ? service
      : remembered.get(service, others, () => ({
          ...service,
          endpoints: [service, ...others].flatMap(({ endpoints }) => endpoints),
        }));
  const foreign = [...byHost].flatMap(([host, services]) => {
    const [first, ...others] = services;
    const isElsewhere = first !== undefined && !ownHosts.has(host) && !isClusterLocal(host, settings);
    return isElsewhere ? [merge(first, others)] : [];
  });
  return [...own.map((service) => merge(service, byHost.get(service.host) ?? [])), ...foreign];
}

/** serviceSettings of the mesh configuration; without a word there, Kubernetes' own services stay in their cluster. */
function isClusterLocal(host: string, { meshConfig, domainSuffix }: MeshSettings): boolean {
  const localOf = new Map<string, boolean>([
    [`*.kube-system.svc.${domainSuffix}`, true],
    [`kubernetes.default.svc.${domainSuffix}`, true],
  ]);
  for (const { settings, hosts = [] } of meshConfig.serviceSettings) {
    for (const name of hosts) localOf.set(name, settings?.clusterLocal === true);
  }
  const decisive = namesCovering(host).find((name) => localOf.has(name));
  return decisive !== undefined && localOf.get(decisive) === true;
}
