import type { WorkloadIdentity } from '../../ca/spiffe-id.ts';
import type { Mesh } from '../../mesh/model.ts';
import { localityOf } from '../../mesh/node-localities.ts';
import type { MeshWorkload } from '../../mesh/registry.ts';
import type { ProxyClaim } from './claim.ts';
import type { KnownProxy } from './proxy-configs.ts';

/** The pod; of one that the mesh does not know yet, what it says of itself counts, under the account that it has proven. */
export function claimedWorkload(mesh: Mesh, { claim, identity }: KnownProxy): MeshWorkload {
  const { namespace, serviceAccount } = identity;
  const known = mesh.registry.workloadAt(namespace, claim.pod);
  if (known !== undefined) return known;
  const { pod, ip } = claim;
  const labels = claim.type === 'sidecar' || hasLabels(mesh, claim, identity) ? claim.labels : {};
  return {
    namespace,
    name: pod,
    labels,
    annotations: {},
    serviceAccount,
    address: ip,
    ports: {},
    network: mesh.networks.nameOf(mesh.settings.clusterId, ip, labels),
    locality: localityOf(labels, undefined, new Map()),
    ready: true,
    hasSidecar: true,
    origin: { kind: 'Pod', namespace, name: pod },
  };
}

/**
 * A gateway gets the private keys of the servers that its labels select, so its word for them is not enough: something
 * of its account must be written down with them.
 */
function hasLabels(mesh: Mesh, { labels }: ProxyClaim, { namespace, serviceAccount }: WorkloadIdentity): boolean {
  return mesh.registry.workloads.some(
    (workload) =>
      workload.namespace === namespace &&
      workload.serviceAccount === serviceAccount &&
      Object.keys(labels).every((name) => name === 'pod-template-hash' || workload.labels[name] === labels[name]),
  );
}
