import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { Environment } from '../../../src/engine/environment.ts';
import type { RequestFacts } from '../../../src/engine/facts.ts';
import { TokenCache } from '../../../src/engine/jwt/token-cache.ts';
import { prepareJwt, type TokenOutcome, type TokenVerifier } from '../../../src/engine/jwt/verifier.ts';
import type { JwtRuleConfig } from '../../../src/engine/policy-config.ts';

export const NOW_SECONDS = 1_800_000_000;
export const ORIGIN = { kind: 'RequestAuthentication', namespace: 'default', name: 'tokens' };

export interface TestKey {
  readonly jwk: JWK;
  sign(payload: Record<string, unknown> | string, header?: Record<string, unknown>): Promise<string>;
}

export async function testKey(algorithm: string, id: string | undefined = 'key-1'): Promise<TestKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), alg: algorithm, ...(id === undefined ? {} : { kid: id }) };
  return {
    jwk,
    sign: (payload, header) =>
      new SignJWT(payload as Record<string, unknown>)
        .setProtectedHeader({ alg: algorithm, ...(id === undefined ? {} : { kid: id }), ...header })
        .sign(privateKey),
  };
}

/** HS256 signs any bytes whatever, so hostile headers and payloads can carry a good signature. */
export async function hmacToken(secret: string, header: unknown, payload: unknown, hash = 'SHA-256'): Promise<string> {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const signed = `${base64url(text(header))}.${base64url(text(payload))}`;
  const key = await crypto.subtle.importKey('raw', Buffer.from(secret), { name: 'HMAC', hash }, false, ['sign']);
  const signature = await crypto.subtle.sign('HMAC', key, Buffer.from(signed));
  return `${signed}.${Buffer.from(signature).toString('base64url')}`;
}

export function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}

export function jwtRule(rule: Partial<JwtRuleConfig> & { keys: JwtRuleConfig['keys'] }): JwtRuleConfig {
  return {
    issuer: 'https://issuer.example',
    audiences: [],
    fromHeaders: [],
    fromParams: [],
    fromCookies: [],
    forwardOriginalToken: false,
    outputClaimToHeaders: [],
    spaceDelimitedClaims: [],
    origin: ORIGIN,
    ...rule,
  };
}

export interface TestRequest {
  readonly method?: string;
  readonly authority?: string;
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function factsOf(request: TestRequest): RequestFacts {
  const headers = request.headers ?? {};
  return {
    method: request.method ?? 'GET',
    scheme: 'https',
    authority: request.authority ?? 'shop.example',
    port: 443,
    rawPath: request.path ?? '/',
    query: request.query,
    header: (name) => headers[name] ?? null,
    peerAddress: '203.0.113.7',
    clientAddress: '203.0.113.7',
    sni: undefined,
    peer: undefined,
  };
}

export interface TestEnvironment extends Environment {
  nowSeconds: number;
  readonly refetched: string[];
  fresh: readonly Readonly<Record<string, unknown>>[] | undefined;
}

export function testEnvironment(): TestEnvironment {
  const env = {
    nowSeconds: NOW_SECONDS,
    refetched: [] as string[],
    fresh: undefined as readonly Readonly<Record<string, unknown>>[] | undefined,
    nowMs: () => env.nowSeconds * 1000,
    random: () => 0,
    newRequestId: () => '00000000-0000-4000-8000-000000000000',
    authorizeExternally: async () => ({ kind: 'error' as const, why: 'not under test' }),
    refetchJwks: async (uri: string) => {
      env.refetched.push(uri);
      return env.fresh;
    },
  };
  return env;
}

export function verifier(...rules: JwtRuleConfig[]): TokenVerifier {
  return prepareJwt(rules, new TokenCache());
}

export function ask(
  tokens: TokenVerifier,
  request: TestRequest,
  env: Environment = testEnvironment(),
): TokenOutcome | Promise<TokenOutcome> {
  return tokens.verify({ facts: factsOf(request), path: request.path ?? '/' }, env);
}

export function bearer(token: string): { headers: { authorization: string } } {
  return { headers: { authorization: `Bearer ${token}` } };
}

/** What becomes of a request's headers. */
export function headersAfter(outcome: TokenOutcome, before: Readonly<Record<string, string>>): Record<string, string> {
  const headers = new Headers(before);
  if (outcome.kind === 'pass') outcome.mutateRequest?.(headers);
  return Object.fromEntries(headers);
}
