import { labelsMatch } from '../../../mesh/labels.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import { kinds, type PeerAuthentication } from '../../../resources/kinds.ts';
import { type Described, described } from './described.ts';

type Mode = 'DISABLE' | 'PERMISSIVE' | 'STRICT';

/** What a workload's sidecar takes: the workload's own policy, else its namespace's, else the mesh's; the oldest of each. */
export function peerAuthenticationOf(mesh: Mesh, workload: MeshWorkload): Described {
  const all = mesh.resources.of(kinds.peerAuthentication);
  const { rootNamespace } = mesh.settings;
  const isWide = ({ spec }: PeerAuthentication): boolean => Object.keys(spec.selector?.matchLabels ?? {}).length === 0;
  const own = all.find(
    (policy) =>
      policy.metadata.namespace === workload.namespace &&
      !isWide(policy) &&
      labelsMatch(policy.spec.selector?.matchLabels, workload.labels),
  );
  const ofNamespace = all.find((policy) => policy.metadata.namespace === workload.namespace && isWide(policy));
  const ofMesh = all.find((policy) => policy.metadata.namespace === rootNamespace && isWide(policy));
  const deciding = [own, ofNamespace, ofMesh].find((policy) => modeOf(policy) !== undefined);
  const mode = modeOf(deciding) ?? 'PERMISSIVE';
  const from = deciding === undefined ? "Istio's default" : `${deciding.metadata.name}.${deciding.metadata.namespace}`;
  const ports = Object.entries(own?.spec.portLevelMtls ?? {}).map(([port, settings]) =>
    described('Port', `${port}: ${settings.mode ?? 'UNSET'}`),
  );
  return described('Effective PeerAuthentication', `${mode} (${from})${MEANINGS[mode]}`, {
    origin: deciding?.originOf(['spec', 'mtls']),
    details: ports,
  });
}

const MEANINGS: Readonly<Record<Mode, string>> = {
  STRICT: ': plaintext callers are cut off',
  PERMISSIVE: ': plaintext and mutual TLS are taken',
  DISABLE: ': plaintext only',
};

function modeOf(policy: PeerAuthentication | undefined): Mode | undefined {
  const mode = policy?.spec.mtls?.mode;
  return mode === undefined || mode === 'UNSET' ? undefined : mode;
}
