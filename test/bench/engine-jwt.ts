/** What token verification costs: uncached against bare jose, and cached. `npx node test/bench/engine-jwt.ts` */
import { type CryptoKey, exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose';
import { TokenCache } from '../../src/engine/jwt/token-cache.ts';
import { prepareJwt } from '../../src/engine/jwt/verifier.ts';
import { BENCH_ENVIRONMENT } from './engine-environment.ts';
import { median } from './median.ts';

const ISSUER = 'https://issuer.example';
const env = { ...BENCH_ENVIRONMENT, nowMs: () => Date.now() };

function factsOf(token: string) {
  const authorization = `Bearer ${token}`;
  return {
    method: 'GET',
    scheme: 'https' as const,
    authority: 'shop.example',
    port: 443,
    rawPath: '/',
    query: undefined,
    header: (name: string) => (name === 'authorization' ? authorization : null),
    peerAddress: '',
    clientAddress: '',
    sni: undefined,
    peer: undefined,
  };
}

async function microseconds(rounds: number, run: () => unknown): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < rounds; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return ((performance.now() - start) * 1000) / rounds;
}

export async function benchJwt(): Promise<void> {
  for (const algorithm of ['RS256', 'ES256', 'EdDSA']) {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const payload = {
      sub: 'ann',
      aud: 'shop',
      scope: 'read write',
      roles: Array.from({ length: 20 }, (_, i) => `role-${i}`),
    };
    const token = await new SignJWT(payload)
      .setProtectedHeader({ alg: algorithm, kid: 'k' })
      .setIssuer(ISSUER)
      .setExpirationTime('1h')
      .sign(privateKey as CryptoKey);
    const rule = {
      issuer: ISSUER,
      audiences: ['shop'],
      keys: { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: algorithm }] },
      fromHeaders: [],
      fromParams: [],
      fromCookies: [],
      forwardOriginalToken: false,
      outputClaimToHeaders: [],
      spaceDelimitedClaims: [],
      origin: { kind: 'RequestAuthentication', namespace: 'default', name: 'bench' },
    };
    const facts = factsOf(token);
    const jose = () => jwtVerify(token, publicKey, { issuer: ISSUER, audience: 'shop' });
    /** Keeps nothing, so that every round verifies. */
    class Forgetful extends TokenCache {
      override keep(): void {}
    }
    const uncachedVerifier = prepareJwt([rule], new Forgetful());
    const cachedVerifier = prepareJwt([rule], new TokenCache());
    const uncached = () => uncachedVerifier.verify({ facts, path: '/' }, env);
    const cached = () => cachedVerifier.verify({ facts, path: '/' }, env);
    const outcome = await uncached();
    if (outcome.kind !== 'pass' || outcome.token === undefined) throw new Error('the bench verifies nothing');
    await cached();
    const ratios: number[] = [];
    const times = { jose: [] as number[], uncached: [] as number[], cached: [] as number[], fresh: [] as number[] };
    for (let round = 0; round < 9; round++) {
      times.jose.push(await microseconds(2000, jose));
      times.uncached.push(await microseconds(2000, uncached));
      times.cached.push(await microseconds(20_000, cached));
      // Every request brings its token in a string of its own, whose hash is not known yet.
      const copies = Array.from({ length: 2000 }, () => factsOf(Buffer.from(token).toString()));
      let next = 0;
      times.fresh.push(
        await microseconds(2000, () =>
          cachedVerifier.verify({ facts: copies[next++] as (typeof copies)[0], path: '/' }, env),
        ),
      );
      ratios.push((times.uncached[round] ?? 0) / (times.jose[round] ?? 1));
    }
    console.log(
      `${algorithm} (${token.length} characters): jose ${median(times.jose).toFixed(1)} µs, uncached ${median(times.uncached).toFixed(1)} µs,` +
        ` ratio ${median(ratios).toFixed(2)}; cached ${median(times.cached).toFixed(2)} µs, from a new string ${median(times.fresh).toFixed(2)} µs`,
    );
  }
}

if (import.meta.main) await benchJwt();
