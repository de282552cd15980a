import type { MeshCa } from '../../../ca/authority/mesh-ca.ts';
import type { CertificateView } from '../wire.ts';

/** What an agent holds. */
interface HeldLeaf {
  readonly spiffeId: string;
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Of the mesh's own authority: the one that signs now first. */
export function authorityCertificates({ issuers, active, trustDomain }: MeshCa): CertificateView[] {
  return [...issuers.values()]
    .sort((a, b) => Number(b.id === active.id) - Number(a.id === active.id))
    .map(({ id, certificate: { x509, notBeforeMs, notAfterMs } }) => ({
      use: 'mesh-ca',
      name: id === active.id ? `${id} (signs)` : id,
      names: [trustDomain],
      issuer: x509.issuer.replaceAll('\n', ', '),
      notBeforeMs,
      notAfterMs,
    }));
}

/** `workload`: `namespace/pod`. */
export function leafCertificate(
  workload: string,
  { spiffeId, issuer, notBeforeMs, notAfterMs }: HeldLeaf,
): CertificateView {
  return { use: 'workload', name: workload, names: [spiffeId], issuer, notBeforeMs, notAfterMs };
}
