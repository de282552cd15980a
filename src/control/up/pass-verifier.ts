import { type CryptoKey, exportJWK, generateKeyPair, jwtVerify } from 'jose';

/** What the hub takes from a pass. */
export interface VerifiedPass {
  readonly dst: string;
  readonly auth: string;
}

interface Remembered {
  readonly pass: VerifiedPass;
  readonly expiresMs: number;
}

const MAX_REMEMBERED = 1_000;

/** Verifies edge passes as the cluster gateway's `jwt_authn` does. */
export class PassVerifier {
  readonly #publicKey: CryptoKey;
  readonly #audience: string;
  readonly #remembered = new Map<string, Remembered>();

  constructor(publicKey: CryptoKey, audience: string) {
    this.#publicKey = publicKey;
    this.#audience = audience;
  }

  /** Undefined: not one of ours, or over. */
  async verify(token: string, nowMs = Date.now()): Promise<VerifiedPass | undefined> {
    const known = this.#remembered.get(token);
    if (known !== undefined && nowMs < known.expiresMs) return known.pass;
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        algorithms: ['ES256'],
        issuer: 'foresail-edge',
        audience: this.#audience,
        requiredClaims: ['exp', 'dst', 'auth'],
        currentDate: new Date(nowMs),
      });
      const { dst, auth, exp } = payload;
      if (typeof dst !== 'string' || typeof auth !== 'string' || exp === undefined) return undefined;
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      this.#remembered.set(token, { pass: { dst, auth }, expiresMs: exp * 1000 });
      return { dst, auth };
    } catch {
      return undefined;
    }
  }
}

/** A key pair for one session of `up`: the private half for the edge, as its secret; the public half for the hub. */
export async function sessionKeys(): Promise<{ readonly privateJwk: string; readonly publicKey: CryptoKey }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { privateJwk: JSON.stringify(await exportJWK(privateKey)), publicKey };
}
