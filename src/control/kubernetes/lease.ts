import type { KubeClient } from './kube-client.ts';
import { isKubeError } from './kube-error.ts';
import { RESOURCES, resourcePath } from './resource-path.ts';

/** A coordination.k8s.io Lease, as far as it is used. */
export interface Lease {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly resourceVersion?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    /** MicroTime. */
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

export interface LeaseName {
  readonly namespace: string;
  readonly name: string;
}

export async function readLease(client: KubeClient, { namespace, name }: LeaseName): Promise<Lease | undefined> {
  try {
    return await client.get<Lease>(resourcePath(RESOURCES.leases, { namespace, name }));
  } catch (error) {
    if (isKubeError(error, 404)) return undefined;
    throw error;
  }
}

/** Creates it, or replaces exactly the one that was read; undefined when somebody was faster. */
export async function writeLease(client: KubeClient, lease: Lease): Promise<Lease | undefined> {
  const { namespace, name, resourceVersion } = lease.metadata;
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', ...lease };
  try {
    return resourceVersion === undefined
      ? await client.post<Lease>(resourcePath(RESOURCES.leases, { namespace }), body)
      : await client.put<Lease>(resourcePath(RESOURCES.leases, { namespace, name }), body);
  } catch (error) {
    if (isKubeError(error, 409)) return undefined;
    throw error;
  }
}

/** Kubernetes' MicroTime. */
export function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}
