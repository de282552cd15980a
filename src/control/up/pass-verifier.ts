import { type CryptoKey, exportJWK, generateKeyPair, jwtVerify } from 'jose';

/** What the hub takes from a pass. */
export interface VerifiedPass {
  readonly dst: string;
  readonly auth: string;
  /** 0: none. */
  readonly timeoutMs: number;
}

interface Remembered {
  readonly pass: VerifiedPass;
  readonly expiresMs: number;
}

/** Whom passes of `up` are for. */
export const PASS_AUDIENCE = 'foresail-up';

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
      const { dst, auth, exp, timeoutMs = 0 } = payload;
      if (typeof dst !== 'string' || typeof auth !== 'string' || typeof timeoutMs !== 'number') return undefined;
      if (exp === undefined) return undefined;
      if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
      const pass = { dst, auth, timeoutMs };
      this.#remembered.set(token, { pass, expiresMs: exp * 1000 });
      return pass;
    } catch {
      return undefined;
    }
  }
}

export interface SessionKeys {
  /** For the edge, as its secret. */
  readonly privateJwk: string;
  /** For who verifies passes: the hub, and the cluster gateway. */
  readonly publicKey: CryptoKey;
  readonly publicJwk: Readonly<Record<string, unknown>>;
}

/** A key pair for one session of `up`. */
export async function sessionKeys(): Promise<SessionKeys> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), alg: 'ES256' };
  return { privateJwk: JSON.stringify(await exportJWK(privateKey)), publicKey, publicJwk };
}
