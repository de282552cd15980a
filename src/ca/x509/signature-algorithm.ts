import { type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { objectIdentifier, sequence, TAG, tlv } from './der.ts';

export interface SignatureAlgorithm {
  readonly name: string;
  readonly hash: 'sha256' | 'sha384';
  /** The AlgorithmIdentifier: RFC 5758 §3.2 for ECDSA (no parameters), RFC 4055 §5 for RSA (NULL). */
  readonly identifier: Uint8Array;
  readonly keyType: 'ec' | 'rsa';
}

const ECDSA_SHA256 = algorithm('ecdsa-with-SHA256', '1.2.840.10045.4.3.2', 'sha256', 'ec');
const ECDSA_SHA384 = algorithm('ecdsa-with-SHA384', '1.2.840.10045.4.3.3', 'sha384', 'ec');
const RSA_SHA256 = algorithm('sha256WithRSAEncryption', '1.2.840.113549.1.1.11', 'sha256', 'rsa');
const RSA_SHA384 = algorithm('sha384WithRSAEncryption', '1.2.840.113549.1.1.12', 'sha384', 'rsa');

const KNOWN = [ECDSA_SHA256, ECDSA_SHA384, RSA_SHA256, RSA_SHA384];

/** What a signature says it is; undefined: nothing that is accepted here. */
export function findSignatureAlgorithm(identifier: Uint8Array): SignatureAlgorithm | undefined {
  return KNOWN.find((known) => Buffer.compare(known.identifier, identifier) === 0);
}

/** What a key signs with. */
export function signatureAlgorithmOf(key: KeyObject): SignatureAlgorithm {
  if (key.asymmetricKeyType === 'rsa') return RSA_SHA256;
  return key.asymmetricKeyDetails?.namedCurve === 'secp384r1' ? ECDSA_SHA384 : ECDSA_SHA256;
}

const signInThreadPool = promisify(sign);

/** A P-256 signature takes 30 µs, an RSA-4096 one some milliseconds: only the latter leaves the main thread. */
export async function signBytes(bytes: Uint8Array, key: KeyObject): Promise<Uint8Array> {
  const { hash, keyType } = signatureAlgorithmOf(key);
  return keyType === 'rsa' ? await signInThreadPool(hash, bytes, key) : sign(hash, bytes, key);
}

function algorithm(
  name: string,
  oid: string,
  hash: SignatureAlgorithm['hash'],
  keyType: SignatureAlgorithm['keyType'],
): SignatureAlgorithm {
  const parameters = keyType === 'rsa' ? [tlv(TAG.null)] : [];
  return { name, hash, keyType, identifier: sequence(objectIdentifier(oid), ...parameters) };
}
