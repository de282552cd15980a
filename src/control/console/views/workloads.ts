import { configOrigin } from '../../../mesh/config-origin.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import type { WorkloadView } from '../wire.ts';
import { modeOf } from './mutual-tls.ts';

export function workloadId({ namespace, name }: MeshWorkload): string {
  return `${namespace}/${name}`;
}

export function workloadViews(mesh: Mesh): WorkloadView[] {
  const { trustDomain } = mesh.settings;
  return mesh.registry.workloads.map((workload) => {
    const { namespace, name, labels, serviceAccount, hasSidecar, ready, locality, origin } = workload;
    return {
      id: workloadId(workload),
      name,
      namespace,
      labels,
      version: labels['service.istio.io/canonical-revision'] ?? labels.version ?? '',
      identity: `spiffe://${trustDomain}/ns/${namespace}/sa/${serviceAccount}`,
      hasSidecar,
      isReady: ready,
      mutualTls: modeOf(mesh, workload),
      locality,
      origin: configOrigin({ originOf: () => origin }),
    };
  });
}
