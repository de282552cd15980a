import { createHash } from 'node:crypto';
import type { Secret } from '../../resources/kinds.ts';
import type { Origin } from '../../resources/origin.ts';

export const MULTICLUSTER_LABEL = 'istio/multiCluster';

/** What one key of a Secret says: how the API server of a cluster is reached. */
export interface RemoteEntry {
  readonly clusterId: string;
  /** `namespace/name` */
  readonly secret: string;
  readonly kubeconfig: string;
  /** Equal for equal kubeconfigs. */
  readonly digest: string;
  readonly origin: Origin;
}

/** The keys of all remote secrets in the root namespace, by the age of the Secrets. */
export function remoteEntries(secrets: readonly Secret[], rootNamespace: string): RemoteEntry[] {
  return secrets
    .filter(({ metadata }) => metadata.namespace === rootNamespace && metadata.labels[MULTICLUSTER_LABEL] === 'true')
    .toSorted((a, b) => a.metadata.creationTimestampMs - b.metadata.creationTimestampMs)
    .flatMap((secret) =>
      Object.entries(secret.data ?? {}).map(([clusterId, data]): RemoteEntry => {
        const kubeconfig = Buffer.from(data, 'base64').toString('utf8');
        return {
          clusterId,
          secret: `${secret.metadata.namespace}/${secret.metadata.name}`,
          kubeconfig,
          digest: createHash('sha256').update(kubeconfig).digest('base64'),
          origin: secret.originOf(['data', clusterId]),
        };
      }),
    );
}
