import { createHash, generateKeyPairSync, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { errors } from './api-error.ts';
import type { Fields } from './kube-object.ts';

export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
}

const ISSUER = 'https://kubernetes.default.svc.cluster.local';
const API_AUDIENCE = ISSUER;
const ADMIN: UserInfo = { username: 'admin', groups: ['system:masters', 'system:authenticated'] };

/** Who calls: bearer tokens (static ones, and those of service accounts) and client certificates. */
export class Authentication {
  readonly adminToken = `admin-${randomUUID()}`;
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  readonly #tokens: Map<string, UserInfo>;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#tokens = new Map([[this.adminToken, ADMIN]]);
  }

  addToken(token: string, user: UserInfo): void {
    this.#tokens.set(token, user);
  }

  async userOf(request: IncomingMessage): Promise<UserInfo> {
    const [, token] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (token !== undefined) {
      const user = this.#tokens.get(token) ?? (await this.#accountOf(token, [API_AUDIENCE]))?.user;
      if (user === undefined) throw errors.unauthorized();
      return user;
    }
    const { socket } = request;
    if (socket instanceof TLSSocket && socket.authorized) {
      const { subject } = socket.getPeerCertificate();
      if (subject !== undefined) {
        const [username = ''] = [subject.CN].flat();
        return { username, groups: [subject.O ?? [], 'system:authenticated'].flat() };
      }
    }
    throw errors.unauthorized();
  }

  /** A projected token, as TokenRequest makes it. */
  async serviceAccountToken(
    namespace: string,
    name: string,
    { audiences, ttlS = 3600, uid }: { audiences?: readonly string[]; ttlS?: number; uid?: string } = {},
  ): Promise<string> {
    const nowS = Math.floor(this.#nowMs() / 1000);
    return new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: { name, uid: uid ?? '' } } })
      .setProtectedHeader({ alg: 'ES256', kid: 'test' })
      .setIssuer(ISSUER)
      .setSubject(`system:serviceaccount:${namespace}:${name}`)
      .setAudience([...(audiences ?? [API_AUDIENCE])])
      .setIssuedAt(nowS)
      .setNotBefore(nowS)
      .setExpirationTime(nowS + ttlS)
      .setJti(randomUUID())
      .sign(this.#keys.privateKey);
  }

  /** The status of a TokenReview. */
  async review(token: string, audiences: readonly string[]): Promise<Fields> {
    const wanted = audiences.length === 0 ? [API_AUDIENCE] : audiences;
    const user = this.#tokens.get(token);
    if (user !== undefined && wanted.includes(API_AUDIENCE)) {
      return { authenticated: true, user, audiences: [API_AUDIENCE] };
    }
    const account = await this.#accountOf(token, wanted);
    if (account === undefined) return { user: {}, error: 'invalid bearer token' };
    return { authenticated: true, user: account.user, audiences: account.audiences };
  }

  async #accountOf(
    token: string,
    audiences: readonly string[],
  ): Promise<{ user: UserInfo; audiences: readonly string[] } | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#keys.publicKey, {
        issuer: ISSUER,
        currentDate: new Date(this.#nowMs()),
      });
      const [, namespace = ''] = /^system:serviceaccount:([^:]+):/.exec(payload.sub ?? '') ?? [];
      const matching = [payload.aud ?? []].flat().filter((audience) => audiences.includes(audience));
      if (matching.length === 0) return undefined;
      const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
      return { user: { username: payload.sub ?? '', groups }, audiences: matching };
    } catch (error) {
      if (error instanceof joseErrors.JOSEError) return undefined;
      throw error;
    }
  }
}

/** A uid that is the same for the same words. */
export function stableUid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
