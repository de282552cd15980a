import { type KeyObject, randomBytes } from 'node:crypto';
import { bitString, explicit, integer, sequence, time } from './der.ts';
import { taggedExtensions } from './extensions.ts';
import { signatureAlgorithmOf, signBytes } from './signature-algorithm.ts';

export interface CertificateContent {
  readonly serial: Uint8Array;
  /** Names and the public key are DER. */
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly extensions: readonly Uint8Array[];
}

/** The certificate of RFC 5280 §4.1, signed. */
export async function buildCertificate(content: CertificateContent, signingKey: KeyObject): Promise<Buffer> {
  const { identifier } = signatureAlgorithmOf(signingKey);
  const toBeSigned = sequence(
    VERSION_3,
    integer(content.serial),
    identifier,
    content.issuer,
    sequence(time(content.notBeforeMs), time(content.notAfterMs)),
    content.subject,
    content.publicKey,
    taggedExtensions(3, content.extensions),
  );
  return sequence(toBeSigned, identifier, bitString(await signBytes(toBeSigned, signingKey)));
}

const VERSION_3 = explicit(0, integer(2));

/** 16 random bytes, positive and always of one length: RFC 5280 §4.1.2.2. */
export function randomSerial(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes;
}

export function formatSerial(serial: Uint8Array): string {
  return Buffer.from(serial).toString('hex');
}
