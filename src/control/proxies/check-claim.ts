import type { WorkloadIdentity } from '../../ca/spiffe-id.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { ProxyClaim } from './claim.ts';

/**
 * Why a proxy is not what it claims to be; undefined: nothing speaks against it. It may only be in the namespace and
 * of the service account that it has proven, and a pod that the mesh knows must be of that account too: otherwise
 * any workload could ask for what is another's.
 */
export function contradictionOf(claim: ProxyClaim, identity: WorkloadIdentity, mesh: Mesh): string | undefined {
  const { namespace, serviceAccount } = identity;
  if (claim.namespace !== namespace) {
    return `the node is of namespace ${claim.namespace}, its credentials are of ${namespace}`;
  }
  if (claim.serviceAccount !== undefined && claim.serviceAccount !== serviceAccount) {
    return `the node is of service account ${claim.serviceAccount}, its credentials are of ${serviceAccount}`;
  }
  const pod = mesh.registry.workloadAt(namespace, claim.pod);
  if (pod !== undefined && pod.serviceAccount !== serviceAccount) {
    return `pod ${claim.pod} is of service account ${pod.serviceAccount}, the node's credentials are of ${serviceAccount}`;
  }
  return undefined;
}
