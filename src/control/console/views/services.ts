import { configOrigin } from '../../../mesh/config-origin.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshService } from '../../../mesh/registry.ts';
import type { ServiceView } from '../wire.ts';
import { weakestMode } from './mutual-tls.ts';
import { workloadId } from './workloads.ts';

export function serviceViews(mesh: Mesh): ServiceView[] {
  return mesh.registry.services
    .map((service) => serviceView(mesh, service))
    .sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : 0));
}

function serviceView(mesh: Mesh, service: MeshService): ServiceView {
  const { host, name, namespace, source, external, ports, origin } = service;
  const workloads = mesh.registry.workloadsOf(service);
  return {
    host,
    name,
    namespace,
    source,
    isExternal: external,
    ports: ports.map(({ number, name: portName, protocol }) => ({ number, name: portName, protocol })),
    workloads: workloads.map(workloadId),
    mutualTls: weakestMode(mesh, workloads),
    origin: configOrigin({ originOf: () => origin }),
  };
}
