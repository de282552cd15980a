import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { refuseKey } from './accepted-key.ts';
import { integer, TAG } from './der.ts';
import { DerError, expectTag, readBitString, readChildren, readDer } from './der-reader.ts';
import { fromPem, PemError } from './pem.ts';
import { findSignatureAlgorithm } from './signature-algorithm.ts';

/** An RSA-4096 request with many names has 3 KiB; more is refused before anything is read. */
export const MAX_CSR_BYTES = 16 * 1024;

export class CsrError extends Error {
  override readonly name = 'CsrError';
}

/**
 * The key of a PKCS #10 request whose sender has proven to hold it (RFC 2986 §3). Subject, names and attributes of the
 * request are not even read, so they cannot reach a certificate.
 */
export function verifyCsr(pem: string): KeyObject {
  if (pem.length > MAX_CSR_BYTES) throw new CsrError(`the request is longer than ${MAX_CSR_BYTES} bytes`);
  try {
    return verifyParts(pem);
  } catch (error) {
    if (error instanceof DerError || error instanceof PemError) throw new CsrError(error.message, { cause: error });
    throw error;
  }
}

function verifyParts(pem: string): KeyObject {
  const blocks = fromPem('CERTIFICATE REQUEST', pem);
  const [der] = blocks;
  if (der === undefined || blocks.length !== 1) throw new CsrError('not one PEM block CERTIFICATE REQUEST');
  const parts = readChildren(readDer(der));
  if (parts.length !== 3) throw new CsrError('not a certificate request');
  const information = expectTag(parts[0], TAG.sequence);
  const [version, name, publicKeyInfo] = readChildren(information);
  if (Buffer.compare(expectTag(version, TAG.integer).encoded, integer(0)) !== 0) {
    throw new CsrError('not a request of version 1');
  }
  expectTag(name, TAG.sequence);
  const key = readPublicKey(expectTag(publicKeyInfo, TAG.sequence).encoded);
  const refusal = refuseKey(key);
  if (refusal !== undefined) throw new CsrError(refusal);
  const algorithm = findSignatureAlgorithm(expectTag(parts[1], TAG.sequence).encoded);
  if (algorithm === undefined || algorithm.keyType !== key.asymmetricKeyType) {
    throw new CsrError('the signature is of an algorithm that is not accepted');
  }
  if (!verify(algorithm.hash, information.encoded, key, readBitString(parts[2]))) {
    throw new CsrError('the signature is not by the key of the request');
  }
  return key;
}

function readPublicKey(spki: Uint8Array): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(spki), type: 'spki', format: 'der' });
  } catch (cause) {
    throw new CsrError('the public key cannot be read', { cause });
  }
}
