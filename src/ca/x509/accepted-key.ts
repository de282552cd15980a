import type { KeyObject } from 'node:crypto';

const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1']);
const MIN_RSA_BITS = 2048;
/** Verifying with longer ones costs more than they are worth, and who asks chooses the length. */
const MAX_RSA_BITS = 4096;
const MAX_RSA_EXPONENT = 2n ** 32n;

/** Why a public key is not accepted; undefined: it is. The types that Envoy takes, without the weak ones. */
export function refuseKey(key: KeyObject): string | undefined {
  const details = key.asymmetricKeyDetails ?? {};
  switch (key.asymmetricKeyType) {
    case 'ec':
      return CURVES.has(details.namedCurve ?? '') ? undefined : 'the curve is not P-256 or P-384';
    case 'rsa': {
      const bits = details.modulusLength ?? 0;
      const exponent = details.publicExponent ?? 0n;
      if (bits < MIN_RSA_BITS || bits > MAX_RSA_BITS) return `an RSA key of ${bits} bits, not 2048 to 4096`;
      return exponent >= 65537n && exponent < MAX_RSA_EXPONENT ? undefined : 'an odd RSA exponent';
    }
    default:
      return `a key of type ${key.asymmetricKeyType ?? 'unknown'}, not ECDSA or RSA`;
  }
}
