import { effectivePeerAuthentication, type MutualTlsMode } from '../../../mesh/inbound/peer-authentication.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import { kinds } from '../../../resources/kinds.ts';
import { type Described, described } from './described.ts';

/** What a workload's sidecar takes, and the policy that says so. */
export function peerAuthenticationOf(mesh: Mesh, workload: MeshWorkload): Described {
  const policies = mesh.resources.of(kinds.peerAuthentication);
  const {
    workload: { mode, policy },
    ports,
  } = effectivePeerAuthentication(policies, workload, mesh.settings.rootNamespace);
  const from = policy === undefined ? "Istio's default" : `${policy.metadata.name}.${policy.metadata.namespace}`;
  return described('Effective PeerAuthentication', `${mode} (${from})${MEANINGS[mode]}`, {
    origin: policy?.originOf(['spec', 'mtls']),
    details: [...ports].map(([port, own]) => described('Port', `${port}: ${own.mode}`)),
  });
}

const MEANINGS: Readonly<Record<MutualTlsMode, string>> = {
  STRICT: ': plaintext callers are cut off',
  PERMISSIVE: ': plaintext and mutual TLS are taken',
  DISABLE: ': plaintext only',
};
