import type { CryptoKey, JWK } from 'jose';
import * as base64url from 'jose/base64url';
import { importJWK } from 'jose/key/import';
import { MAX_KEYS_TRIED } from './limits.ts';

/** One usable key of a set. */
export interface VerificationKey {
  readonly id: string;
  /** The only algorithm that the key may be used with; empty when it does not say. */
  readonly algorithm: string;
  import(algorithm: string): CryptoKey | Promise<CryptoKey>;
  fits(algorithm: string): boolean;
}

export interface KeyMatch {
  /** Whether a key agrees with the token's `kid` and `alg`, be it of a fitting type or not. */
  readonly isMatched: boolean;
  readonly keys: readonly VerificationKey[];
}

/** RFC 7517 keys, ready to be matched. Keys that cannot be understood are left out, as in Envoy. */
export class KeySet {
  readonly #keys: readonly VerificationKey[];

  constructor(jwks: readonly Readonly<Record<string, unknown>>[]) {
    this.#keys = jwks.map(prepareKey).filter((key) => key !== undefined);
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  hasKeyId(id: string): boolean {
    return this.#keys.some((key) => key.id === id);
  }

  /** A missing `kid` or `alg`, on either side, excludes nothing: then all the others are tried. */
  match(keyId: string, algorithm: string): KeyMatch {
    let isMatched = false;
    const keys: VerificationKey[] = [];
    for (const key of this.#keys) {
      if (keyId !== '' && key.id !== '' && key.id !== keyId) continue;
      if (key.algorithm !== '' && key.algorithm !== algorithm) continue;
      isMatched = true;
      if (key.fits(algorithm) && keys.length < MAX_KEYS_TRIED) keys.push(key);
    }
    return { isMatched, keys };
  }
}

const CURVE_ALGORITHMS: Readonly<Record<string, string>> = { 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512' };

function prepareKey(jwk: Readonly<Record<string, unknown>>): VerificationKey | undefined {
  const algorithm = text(jwk.alg);
  const id = text(jwk.kid);
  const { kty } = jwk;
  if (kty === 'RSA') {
    const n = text(jwk.n);
    const e = text(jwk.e);
    if (n === '' || e === '' || (algorithm !== '' && !/^[RP]S/.test(algorithm))) return undefined;
    return verificationKey(
      id,
      algorithm,
      { kty, n, e },
      (wanted) => wanted.startsWith('RS') || wanted.startsWith('PS'),
    );
  }
  if (kty === 'EC') {
    const x = text(jwk.x);
    const y = text(jwk.y);
    // Envoy takes P-256 when neither the curve nor the algorithm is said.
    const crv = text(jwk.crv) || curveOf(algorithm) || 'P-256';
    const own = CURVE_ALGORITHMS[crv];
    if (x === '' || y === '' || own === undefined || (algorithm !== '' && algorithm !== own)) return undefined;
    return verificationKey(id, algorithm, { kty, crv, x, y }, (wanted) => wanted === own);
  }
  if (kty === 'OKP') {
    const x = text(jwk.x);
    if (x === '' || jwk.crv !== 'Ed25519' || (algorithm !== '' && algorithm !== 'EdDSA')) return undefined;
    return verificationKey(id, algorithm, { kty, crv: 'Ed25519', x }, (wanted) => wanted === 'EdDSA');
  }
  if (kty === 'oct') {
    const k = text(jwk.k);
    if (k === '' || (algorithm !== '' && !algorithm.startsWith('HS'))) return undefined;
    // A secret never stands in for a public key, nor a public key for a secret (RFC 8725 §2.1, §3.1).
    return verificationKey(id, algorithm, { kty, k }, (wanted) => wanted.startsWith('HS'));
  }
  return undefined;
}

/**
 * Only the members that make up the key are imported: `use`, `key_ops` and `ext` mean nothing to Envoy, and private
 * members have no business here.
 */
function verificationKey(
  id: string,
  algorithm: string,
  jwk: JWK,
  fits: (algorithm: string) => boolean,
): VerificationKey {
  // Settled keys only: a promise must not outlive the request that made it (Workers forbid it).
  const imported = new Map<string, CryptoKey>();
  return {
    id,
    algorithm,
    fits,
    import(wanted) {
      return (
        imported.get(wanted) ??
        importKey(jwk, wanted).then((key) => {
          imported.set(wanted, key);
          return key;
        })
      );
    },
  };
}

/** jose gives secrets back as bytes, which it would then import anew for every token. */
async function importKey(jwk: JWK, algorithm: string): Promise<CryptoKey> {
  const key = jwk.kty === 'oct' ? base64url.decode(jwk.k ?? '') : await importJWK(jwk, algorithm);
  if (!(key instanceof Uint8Array)) return key;
  const hmac = { name: 'HMAC', hash: `SHA-${algorithm.slice(2)}` };
  return crypto.subtle.importKey('raw', new Uint8Array(key), hmac, false, ['verify']);
}

function curveOf(algorithm: string): string | undefined {
  return Object.keys(CURVE_ALGORITHMS).find((curve) => CURVE_ALGORITHMS[curve] === algorithm);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
