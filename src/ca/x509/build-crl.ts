import type { KeyObject } from 'node:crypto';
import { bitString, integer, sequence, time } from './der.ts';
import { authorityKeyIdentifier, crlNumber, taggedExtensions } from './extensions.ts';
import { signatureAlgorithmOf, signBytes } from './signature-algorithm.ts';

export interface RevokedCertificate {
  readonly serial: Uint8Array;
  readonly revokedAtMs: number;
}

export interface CrlContent {
  readonly issuer: Uint8Array;
  readonly issuerKeyIdentifier: Uint8Array;
  readonly number: number;
  readonly thisUpdateMs: number;
  readonly nextUpdateMs: number;
  readonly revoked: readonly RevokedCertificate[];
}

/** The revocation list of RFC 5280 §5.1, signed. */
export async function buildCrl(content: CrlContent, signingKey: KeyObject): Promise<Buffer> {
  const { identifier } = signatureAlgorithmOf(signingKey);
  const entries = content.revoked.map(({ serial, revokedAtMs }) => sequence(integer(serial), time(revokedAtMs)));
  const toBeSigned = sequence(
    VERSION_2,
    identifier,
    content.issuer,
    time(content.thisUpdateMs),
    time(content.nextUpdateMs),
    // RFC 5280 §5.1.2.6: absent, not empty, where nothing is revoked.
    ...(entries.length === 0 ? [] : [sequence(...entries)]),
    taggedExtensions(0, [authorityKeyIdentifier(content.issuerKeyIdentifier), crlNumber(content.number)]),
  );
  return sequence(toBeSigned, identifier, bitString(await signBytes(toBeSigned, signingKey)));
}

const VERSION_2 = integer(1);
