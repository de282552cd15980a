import { effectivePeerAuthentication } from '../../../mesh/inbound/peer-authentication.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import { kinds } from '../../../resources/kinds.ts';
import type { MutualTls } from '../wire.ts';

/** Weakest first: a service is as closed as the workload that is most open. */
const MODES: readonly MutualTls[] = ['none', 'DISABLE', 'PERMISSIVE', 'STRICT'];

export function modeOf(mesh: Mesh, workload: MeshWorkload): MutualTls {
  if (!workload.hasSidecar) return 'none';
  const policies = mesh.resources.of(kinds.peerAuthentication);
  return effectivePeerAuthentication(policies, workload, mesh.settings.rootNamespace).workload.mode;
}

export function weakestMode(mesh: Mesh, workloads: readonly MeshWorkload[]): MutualTls {
  const modes = new Set(workloads.map((workload) => modeOf(mesh, workload)));
  return MODES.find((mode) => modes.has(mode)) ?? 'none';
}
