import { compactVerify } from 'jose/jws/compact/verify';
import type { TokenFailure } from './failure.ts';
import type { VerificationKey } from './key-set.ts';
import type { ParsedToken } from './parse-token.ts';

/** Base64url characters of the 64 bytes of an Ed25519 signature. */
const ED25519_SIGNATURE_LENGTH = 86;

/** Tries one key after the other; true as soon as one of them made the signature. */
export async function isSignedByOneOf(token: ParsedToken, keys: readonly VerificationKey[]): Promise<boolean> {
  const options = { algorithms: [token.algorithm] };
  for (const key of keys) {
    try {
      const imported = key.import(token.algorithm);
      await compactVerify(token.compact, imported instanceof Promise ? await imported : imported, options);
      return true;
    } catch {
      // Not by this key, or a key that cannot be used: the next one may fit.
    }
  }
  return false;
}

export function signatureFailure(token: ParsedToken): TokenFailure {
  return token.algorithm === 'EdDSA' && token.signatureSection.length !== ED25519_SIGNATURE_LENGTH
    ? 'ed25519-length'
    : 'bad-signature';
}
