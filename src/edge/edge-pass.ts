import { type CryptoKey, importJWK, type JWK, SignJWT } from 'jose';
import { Lru } from './lru.ts';
import type { RequestContext } from './runtime.ts';

/** Name of the header that carries the pass to the cluster gateway, which takes it off again. */
export const PASS_HEADER = 'x-foresail-pass';

/** What the cluster gateway is told, beside issuer, audience and times. */
export interface PassClaims {
  /** Envoy cluster name. */
  readonly dst: string;
  /** Authority to restore: a fetch can send no Host other than its URL's. */
  readonly auth: string;
  /** Client address as the platform has verified it. */
  readonly ip: string;
  /** `<iss>/<sub>` of the verified token. */
  readonly sub: string | undefined;
  /** Envoy's retry headers where the route says other than the default: the gateway sets them. */
  readonly retry: Readonly<Record<string, string>> | undefined;
  /** The route's timeout, which the gateway keeps; 0: none. */
  readonly timeoutMs: number;
}

/** DESIGN.md: expiry ≤ 60 s. */
const LIFETIME_S = 60;
const RENEW_AFTER_MS = 30_000;
const LAST_USE_BEFORE_EXPIRY_MS = 5_000;
const MAX_CACHED = 4_096;

interface IssuedPass {
  readonly token: string;
  readonly issuedMs: number;
  readonly renewAtMs: number;
  readonly lastUseMs: number;
}

interface SigningKey {
  readonly key: CryptoKey;
  readonly alg: string;
  readonly kid: string | undefined;
}

export interface PassIssuerOptions {
  /** Private JWK as JSON. */
  readonly key: string;
  readonly issuer: string;
  readonly audience: string;
  nowMs(): number;
}

/** Signs edge passes, each content once in half a minute. */
export class PassIssuer {
  readonly #options: PassIssuerOptions;
  readonly #issued = new Lru<IssuedPass>(MAX_CACHED);
  #key: SigningKey | undefined;

  constructor(options: PassIssuerOptions) {
    this.#options = options;
  }

  /** Without a promise while a pass of the same content is fresh. */
  issue(claims: PassClaims, context: RequestContext): string | Promise<string> {
    const { dst, auth, ip, sub, retry, timeoutMs } = claims;
    const id = `${dst}\n${auth}\n${ip}\n${sub ?? ''}\n${timeoutMs}${retry === undefined ? '' : JSON.stringify(retry)}`;
    const issued = this.#issued.get(id);
    const nowMs = this.#options.nowMs();
    // One from a future that the clock has been set back from would be valid for too long.
    const isUsable = issued !== undefined && nowMs >= issued.issuedMs && nowMs < issued.lastUseMs;
    if (!isUsable) return this.#sign(id, claims, nowMs);
    if (nowMs >= issued.renewAtMs) {
      // One renewal, not one for each request that comes meanwhile.
      this.#issued.set(id, { ...issued, renewAtMs: issued.lastUseMs });
      context.waitUntil(this.#sign(id, claims, nowMs));
    }
    return issued.token;
  }

  async #sign(id: string, claims: PassClaims, nowMs: number): Promise<string> {
    const { issuer, audience } = this.#options;
    const { key, alg, kid } = await this.#signingKey();
    const nowS = Math.floor(nowMs / 1000);
    const { sub, retry, timeoutMs, ...rest } = claims;
    const given = {
      ...(sub === undefined ? {} : { sub }),
      ...(retry === undefined ? {} : { retry }),
      ...(timeoutMs > 0 ? { timeoutMs } : {}),
    };
    const token = await new SignJWT({ ...rest, ...given })
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + LIFETIME_S)
      .sign(key);
    const expiresMs = (nowS + LIFETIME_S) * 1000;
    const lastUseMs = expiresMs - LAST_USE_BEFORE_EXPIRY_MS;
    this.#issued.set(id, { token, issuedMs: nowMs, renewAtMs: Math.min(nowMs + RENEW_AFTER_MS, lastUseMs), lastUseMs });
    return token;
  }

  async #signingKey(): Promise<SigningKey> {
    if (this.#key !== undefined) return this.#key;
    const jwk = JSON.parse(this.#options.key) as JWK;
    const alg = algorithmOf(jwk);
    const key = await importJWK(jwk, alg);
    if (key instanceof Uint8Array) throw new TypeError('EDGE_PASS_KEY must be an asymmetric key');
    this.#key = { key, alg, kid: jwk.kid };
    return this.#key;
  }
}

function algorithmOf(jwk: JWK): string {
  if (jwk.kty === 'EC' && jwk.crv === 'P-256') return 'ES256';
  if (jwk.kty === 'OKP' && jwk.crv === 'Ed25519') return 'EdDSA';
  throw new TypeError('EDGE_PASS_KEY must be a private JWK, EC P-256 or Ed25519');
}
