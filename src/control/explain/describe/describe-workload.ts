import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import { describeService, workloadLine } from './describe-service.ts';
import { type Described, described, warning } from './described.ts';
import { peerAuthenticationOf } from './peer-authentication.ts';
import { policiesOf } from './policies.ts';

/** A pod, or the pods of a Deployment: itself, and each service that it is behind. */
export function describeWorkload(mesh: Mesh, workload: MeshWorkload): Described[] {
  const services = mesh.registry.servicesOf(workload);
  const ports = Object.entries(workload.ports).map(([name, port]) =>
    described('Port', name === String(port) ? `${port}` : `${name} ${port}`),
  );
  const account = described(
    'Identity',
    `${mesh.settings.trustDomain}/ns/${workload.namespace}/sa/${workload.serviceAccount}`,
  );
  const warnings = [
    ...(workload.hasSidecar ? [] : [warning('no sidecar is injected: nothing is enforced here', workload.origin)]),
    ...(workload.labels.app === undefined
      ? [warning('label app is missing: telemetry cannot name it', workload.origin)]
      : []),
    ...(services.length === 0 ? [warning('no Service selects it', workload.origin)] : []),
  ];
  return [
    { ...workloadLine(workload), details: [account, ...ports, ...warnings] },
    ...services.flatMap((service) =>
      describeService(mesh, service).filter(
        ({ what }) => !/^(?:AuthorizationPolicy|RequestAuthentication|Effective PeerAuthentication)$/.test(what),
      ),
    ),
    ...policiesOf(mesh, [workload]),
    peerAuthenticationOf(mesh, workload),
  ];
}
