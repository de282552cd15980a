import { X509Certificate } from 'node:crypto';
import type { MeshCa } from '../authority/mesh-ca.ts';
import { isRevoked } from '../authority/revocation-lists.ts';
import { parseSpiffeId } from '../spiffe-id.ts';
import type { Caller, Unrecognised } from './caller.ts';

/**
 * The workload that a client certificate names. The handshake has checked the chain, but a connection lasts longer than a
 * certificate or a root, so everything is looked at again at every call.
 */
export function callerOfCertificate(der: Uint8Array, ca: MeshCa): Caller | Unrecognised {
  const certificate = new X509Certificate(der);
  const nowMs = ca.now();
  const expiresAtMs = certificate.validToDate.getTime();
  if (expiresAtMs <= nowMs) return { why: 'the client certificate has expired' };
  if (certificate.validFromDate.getTime() > nowMs) return { why: 'the client certificate is not valid yet' };
  const issuer = [...ca.issuers.values()].find(
    ({ certificate: { x509 } }) => certificate.checkIssued(x509) && certificate.verify(x509.publicKey),
  );
  if (issuer === undefined || certificate.ca) return { why: 'the client certificate is not by this CA' };
  if (isRevoked(ca.state, issuer.id, certificate.serialNumber.toLowerCase())) {
    return { why: 'the client certificate is revoked' };
  }
  // X509-SVID §2: exactly one URI. Node writes other names, or odd characters, in ways that do not match.
  const [, spiffeId = ''] = /^URI:(spiffe:[^,"\s]+)$/.exec(certificate.subjectAltName ?? '') ?? [];
  const identity = parseSpiffeId(spiffeId);
  if (identity === undefined) return { why: 'the client certificate names no workload' };
  if (identity.trustDomain !== ca.trustDomain) return { why: 'the client certificate is of another trust domain' };
  return { identity, by: 'certificate', expiresAtMs };
}
