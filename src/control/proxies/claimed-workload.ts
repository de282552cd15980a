import type { Mesh } from '../../mesh/model.ts';
import type { MeshWorkload } from '../../mesh/registry.ts';
import type { KnownProxy } from './proxy-configs.ts';

/** The pod; of one that the mesh does not know yet, what it says of itself counts, under the account that it has proven. */
export function claimedWorkload(mesh: Mesh, { claim, identity }: KnownProxy): MeshWorkload {
  const { namespace, serviceAccount } = identity;
  const known = mesh.registry.workloadAt(namespace, claim.pod);
  if (known !== undefined) return known;
  const { pod, labels, ip } = claim;
  return {
    namespace,
    name: pod,
    labels,
    annotations: {},
    serviceAccount,
    address: ip,
    ports: {},
    network: labels['topology.istio.io/network'] ?? '',
    locality: labels['istio-locality'] ?? '',
    ready: true,
    hasSidecar: true,
    origin: { kind: 'Pod', namespace, name: pod },
  };
}
