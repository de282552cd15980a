import { CERTIFICATE_SECRET, TRUST_SECRET } from '../../xds/sds-names.ts';
import type { Identity } from '../identity/identity.ts';
import type { Resource } from './discovery-messages.ts';
import { encodeTlsCertificate, encodeValidationContext } from './encode-secret.ts';
import { findFileSecret, isFileSecret } from './file-secret.ts';

export const SECRET_NAMES: readonly string[] = [CERTIFICATE_SECRET, TRUST_SECRET];

/** A secret as Envoy gets it now; undefined: there is none of that name, or not yet. */
export function findSecret(identity: Identity, name: string): Resource | undefined {
  if (isFileSecret(name)) return findFileSecret(name);
  if (name === CERTIFICATE_SECRET) {
    const { certificate } = identity;
    if (certificate === undefined) return undefined;
    const key = certificate.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { name, version: certificate.serial, bytes: encodeTlsCertificate(name, certificate.chainPem, key) };
  }
  if (name !== TRUST_SECRET || identity.trust === undefined) return undefined;
  const { rootsPem, crlPem, hash } = identity.trust;
  return { name, version: `${hash}.${shortHash(crlPem)}`, bytes: encodeValidationContext(name, rootsPem, crlPem) };
}

/** Lists differ in more than what they revoke, so any change is one; 0 is none. */
function shortHash(text: string): string {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
  return hash.toString(36);
}
