import { createPublicKey, type KeyObject } from 'node:crypto';
import { bitString, explicit, integer, sequence } from './der.ts';
import { EMPTY_NAME } from './name.ts';
import { toPem } from './pem.ts';
import { signatureAlgorithmOf, signBytes } from './signature-algorithm.ts';

/** A PKCS #10 request (RFC 2986 §4) that names nobody: who asks is known from how the call is authenticated. */
export async function createCsr(privateKey: KeyObject): Promise<string> {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const information = sequence(integer(0), EMPTY_NAME, publicKey, explicit(0));
  const { identifier } = signatureAlgorithmOf(privateKey);
  const signed = sequence(information, identifier, bitString(await signBytes(information, privateKey)));
  return toPem('CERTIFICATE REQUEST', signed);
}
