import { createHash, X509Certificate } from 'node:crypto';
import { objectIdentifier, TAG } from './der.ts';
import { DerError, type DerValue, expectTag, readBitString, readChildren, readDer } from './der-reader.ts';
import { OID_SUBJECT_KEY_IDENTIFIER } from './extensions.ts';
import { fromPem, toPem } from './pem.ts';

/** What the issuer of others needs to know of its own certificate; node:crypto does not tell all of it. */
export interface ReadCertificate {
  readonly x509: X509Certificate;
  readonly der: Uint8Array;
  readonly pem: string;
  /** The subject's name as it is written, to be copied byte by byte as the issuer of others: RFC 5280 §4.1.2.4. */
  readonly subject: Uint8Array;
  readonly keyIdentifier: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** sha256 of the whole, in hexadecimal. */
  readonly fingerprint: string;
}

export function readCertificate(der: Uint8Array): ReadCertificate {
  const x509 = new X509Certificate(der);
  const tbs = readChildren(readChildren(readDer(der))[0]);
  // version [0], serial, algorithm, issuer, validity, subject, key, … extensions [3]
  if (tbs[0]?.tag !== 0xa0) throw new DerError('not a certificate of version 3');
  const subject = expectTag(tbs[5], TAG.sequence).encoded;
  const key = expectTag(tbs[6], TAG.sequence);
  return {
    x509,
    der,
    pem: toPem('CERTIFICATE', der),
    subject,
    keyIdentifier: writtenKeyIdentifier(tbs) ?? keyIdentifierOf(key),
    notBeforeMs: x509.validFromDate.getTime(),
    notAfterMs: x509.validToDate.getTime(),
    fingerprint: createHash('sha256').update(der).digest('hex'),
  };
}

export function readCertificates(pem: string): ReadCertificate[] {
  return fromPem('CERTIFICATE', pem).map(readCertificate);
}

const SUBJECT_KEY_IDENTIFIER = objectIdentifier(OID_SUBJECT_KEY_IDENTIFIER);

function writtenKeyIdentifier(tbs: readonly DerValue[]): Uint8Array | undefined {
  const tagged = tbs.find(({ tag }) => tag === 0xa3);
  if (tagged === undefined) return undefined;
  for (const extension of readChildren(readChildren(tagged, 0xa3)[0])) {
    const parts = readChildren(extension);
    if (Buffer.compare(parts[0]?.encoded ?? Buffer.of(), SUBJECT_KEY_IDENTIFIER) !== 0) continue;
    const value = expectTag(parts.at(-1), TAG.octetString);
    return expectTag(readDer(value.content), TAG.octetString).content;
  }
  return undefined;
}

/** RFC 5280 §4.2.1.2 (1): SHA-1 of the key's bits; a name, not a protection. */
function keyIdentifierOf(publicKeyInfo: DerValue): Uint8Array {
  return createHash('sha1')
    .update(readBitString(readChildren(publicKeyInfo)[1]))
    .digest();
}

export function keyIdentifierOfSpki(spki: Uint8Array): Uint8Array {
  return keyIdentifierOf(readDer(spki));
}
