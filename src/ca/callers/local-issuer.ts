import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { CaError } from '../ca-error.ts';
import { workloadIdentity } from '../spiffe-id.ts';
import type { CaStore } from '../store/ca-store.ts';
import { CA_AUDIENCE, parseServiceAccountSubject, type TokenReview, type TokenReviewer } from './token-reviewer.ts';

const KEY_FILE = 'token-key.pem';
const ALGORITHM = 'ES256';
export const LOCAL_ISSUER = 'foresail:local';
/** What Istio's projected tokens have. */
export const DEFAULT_TOKEN_TTL_S = 43_200;
const MAX_TOKEN_TTL_S = 366 * 86_400;
const CLOCK_TOLERANCE_S = 5;

export interface TokenRequest {
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly ttlS?: number;
  readonly audience?: string;
}

/** Service-account tokens for machines without Kubernetes: a key that signs and checks them. */
export class LocalTokenIssuer implements TokenReviewer {
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #now: () => number;

  constructor(privateKey: KeyObject, now: () => number = Date.now) {
    this.#privateKey = privateKey;
    this.#publicKey = createPublicKey(privateKey);
    this.#now = now;
  }

  /** With the store's key, which is made on first use. */
  static async open(store: CaStore, now?: () => number): Promise<LocalTokenIssuer> {
    const pem = await store.exclusively(async () => {
      const existing = await store.read(KEY_FILE);
      if (existing !== undefined) return existing;
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const made = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
      await store.write(KEY_FILE, made);
      return made;
    });
    return new LocalTokenIssuer(createPrivateKey(pem), now);
  }

  async mint({ namespace, serviceAccount, ttlS = DEFAULT_TOKEN_TTL_S, audience }: TokenRequest): Promise<string> {
    if (workloadIdentity('any', namespace, serviceAccount) === undefined) {
      throw new CaError('bad-request', `${namespace}/${serviceAccount} is no name of a service account`);
    }
    if (!(ttlS > 0 && ttlS <= MAX_TOKEN_TTL_S)) throw new CaError('bad-request', 'a token lives up to 366 days');
    const issuedAtS = Math.floor(this.#now() / 1000);
    return await new SignJWT({})
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setIssuer(LOCAL_ISSUER)
      .setSubject(`system:serviceaccount:${namespace}:${serviceAccount}`)
      .setAudience(audience ?? CA_AUDIENCE)
      .setIssuedAt(issuedAtS)
      .setNotBefore(issuedAtS)
      .setExpirationTime(Math.floor(issuedAtS + ttlS))
      .setJti(randomUUID())
      .sign(this.#privateKey);
  }

  async review(token: string, audience: string): Promise<TokenReview> {
    try {
      const { payload } = await jwtVerify(token, this.#publicKey, {
        // RFC 8725 §3.1: the algorithm is ours to choose, not the token's.
        algorithms: [ALGORITHM],
        issuer: LOCAL_ISSUER,
        audience,
        requiredClaims: ['sub', 'exp', 'iat'],
        clockTolerance: CLOCK_TOLERANCE_S,
        currentDate: new Date(this.#now()),
      });
      const account = parseServiceAccountSubject(payload.sub ?? '');
      if (account === undefined) return { isValid: false, why: 'the subject is no service account' };
      return { isValid: true, ...account, expiresAtMs: (payload.exp ?? 0) * 1000 };
    } catch (error) {
      if (error instanceof errors.JOSEError) return { isValid: false, why: error.code };
      throw error;
    }
  }
}
