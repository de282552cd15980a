import type { ClusterConfig } from '../engine/config.ts';
import type { PolicyScope } from '../engine/policy-config.ts';
import { labelsMatch } from './labels.ts';
import type { PolicyTarget } from './policy-selection.ts';
import type { MeshService, ServiceRegistry } from './registry.ts';
import { workloadPort } from './workload-port.ts';

/** Effective policies of a workload or gateway; the same object for those with the same policies. */
export type PolicyResolver = (target: PolicyTarget) => PolicyScope;

/**
 * What the sidecars behind a destination enforce. Undefined when it is not certain that every endpoint has a sidecar
 * with policies: then nothing can be said for all of them.
 */
export function enforcedPolicies(
  service: MeshService,
  port: number,
  labels: Readonly<Record<string, string>>,
  registry: ServiceRegistry,
  policiesOf: PolicyResolver,
): ClusterConfig['enforced'] {
  const workloads = registry.workloadsOf(service).filter((workload) => labelsMatch(labels, workload.labels));
  if (workloads.length === 0 || workloads.some((workload) => !workload.hasSidecar)) return undefined;
  const scopes = [...new Set(workloads.map(policiesOf))];
  if (scopes.some(isEmpty)) return undefined;
  const targetPort = service.ports.find(({ number }) => number === port)?.targetPort;
  const ports = new Set(workloads.map((workload) => workloadPort(targetPort, port, workload)));
  const [only] = ports;
  return { scopes, ...(ports.size === 1 && only !== undefined ? { port: only } : {}) };
}

function isEmpty({ jwt, authorization: { custom, deny, allow } }: PolicyScope): boolean {
  return jwt.length + custom.length + deny.length + allow.length === 0;
}
