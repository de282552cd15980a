import type { MeshWorkload } from './registry.ts';

/** The port on which a workload takes what is sent to a port of its service; undefined: it has none of that name. */
export function workloadPort(
  targetPort: number | string | undefined,
  servicePort: number,
  workload: MeshWorkload,
): number | undefined {
  if (targetPort === undefined) return servicePort;
  return typeof targetPort === 'number' ? targetPort : workload.ports[targetPort];
}
