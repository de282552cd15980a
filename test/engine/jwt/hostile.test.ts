import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Lru } from '../../../src/engine/jwt/lru.ts';
import { expectCpuBelow } from '../../cpu-time.ts';
import { ask, base64url, bearer, hmacToken, jwtRule, NOW_SECONDS, type TestKey, testKey, verifier } from './support.ts';

const ISSUER = 'https://issuer.example';
const SECRET = 'an oct secret of thirty-two bytes';
const OCT = { kty: 'oct', kid: 'h', k: base64url(SECRET) };
const PAYLOAD = { iss: ISSUER, sub: 'ann', exp: NOW_SECONDS + 60 };
let rsa: TestKey;

beforeAll(async () => {
  rsa = await testKey('RS256');
});

describe('algorithms', () => {
  it.each(['none', 'None', 'NONE', 'ES256K', 'Ed25519', 'HS1', 'RSA-OAEP', '', '__proto__'])(
    '%s is refused',
    async (alg) => {
      const token = await hmacToken(SECRET, { alg, kid: 'h' }, PAYLOAD);
      const outcome = ask(verifier(jwtRule({ keys: { keys: [OCT, rsa.jwk] } })), bearer(token));
      expect(outcome).toMatchObject({ status: 401, body: 'Jwt header [alg] is not supported' });
    },
  );

  it('none without a signature has too few sections', () => {
    const token = `${base64url('{"alg":"none"}')}.${base64url(JSON.stringify(PAYLOAD))}.`;
    expect(ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token))).toMatchObject({ kind: 'reject' });
  });

  it('of secrets are not verified with a public key', async () => {
    const { alg: _alg, ...jwk } = rsa.jwk;
    for (const secret of [jwk.n ?? '', JSON.stringify(jwk), Buffer.from(jwk.n ?? '', 'base64url').toString('latin1')]) {
      const token = await hmacToken(secret, { alg: 'HS256', kid: 'key-1' }, PAYLOAD);
      const outcome = await ask(verifier(jwtRule({ keys: { keys: [jwk] } })), bearer(token));
      expect(outcome).toMatchObject({ status: 401, body: 'Jwt verification fails' });
    }
  });

  it('of public keys are not verified with a secret', async () => {
    const token = await hmacToken(SECRET, { alg: 'RS256', kid: 'h' }, PAYLOAD);
    expect(await ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token))).toMatchObject({
      body: 'Jwt verification fails',
    });
  });

  it('come from the set, never from a key that the token brings along', async () => {
    const token = await hmacToken(
      'mine',
      { alg: 'HS256', jwk: { kty: 'oct', k: base64url('mine') }, jku: 'https://x' },
      PAYLOAD,
    );
    expect(await ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token))).toMatchObject({ kind: 'reject' });
  });

  it('with critical extensions that nobody understands are refused (RFC 7515 section 4.1.11)', async () => {
    for (const extra of [{ crit: ['x'], x: 1 }, { crit: ['b64'], b64: false }, { crit: [] }]) {
      const token = await hmacToken(SECRET, { alg: 'HS256', kid: 'h', ...extra }, PAYLOAD);
      expect(await ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token))).toMatchObject({ kind: 'reject' });
    }
  });
});

describe('key ids', () => {
  it.each([[1], [null], [['h']], [{ h: 1 }], [true]])('that are no strings are refused: %j', async (kid) => {
    const token = await hmacToken(SECRET, { alg: 'HS256', kid }, PAYLOAD);
    expect(ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token))).toMatchObject({
      body: 'Jwt header [kid] field is not a string',
    });
  });

  it.each(['__proto__', 'constructor', '../../etc/passwd', "' OR 1=1 --", 'h\u0000', 'H', 'x'.repeat(9000)])(
    'are only ever compared: %s',
    async (kid) => {
      const token = await hmacToken(SECRET, { alg: 'HS256', kid }, PAYLOAD);
      const outcome = await ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token));
      expect(outcome).toMatchObject({ kind: 'reject' });
      expect(JSON.stringify(outcome).length).toBeLessThan(1500);
    },
  );
});

describe('payloads', () => {
  it('named like prototype members grant no claims', async () => {
    const token = await hmacToken(
      SECRET,
      { alg: 'HS256' },
      '{"iss":"https://issuer.example","__proto__":{"role":"admin"}}',
    );
    const outcome = await ask(verifier(jwtRule({ keys: { keys: [OCT] } })), bearer(token));
    if (outcome.kind !== 'pass') throw new Error(outcome.why);
    expect(outcome.token?.claimValues(['role'])).toBeUndefined();
    expect(outcome.token?.claimValues(['toString'])).toBeUndefined();
    expect(outcome.token?.claimValues(['constructor', 'name'])).toBeUndefined();
    expect(outcome.token?.claimValues(['__proto__', 'role'])).toEqual(['admin']);
  });

  it('nested thousands deep are no bomb', async () => {
    const deep = `{"iss":"${ISSUER}","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const rule = jwtRule({ keys: { keys: [OCT] }, outputClaimToHeaders: [{ header: 'x-deep', claim: ['x'] }] });
    const outcome = await ask(verifier(rule), bearer(await hmacToken(SECRET, { alg: 'HS256' }, deep)));
    expect(['pass', 'reject']).toContain(outcome.kind);
  });
});

describe('sheer size', () => {
  it.each([
    ['a megabyte of one letter', 'a'.repeat(1 << 20)],
    ['a megabyte of dots', '.'.repeat(1 << 20)],
    ['sixty kilobytes of dots', '.'.repeat(60_000)],
    ['sixty kilobytes of sections', 'a.'.repeat(30_000)],
    ['three huge sections', `${'a'.repeat(20_000)}.${'a'.repeat(20_000)}.${'a'.repeat(20_000)}`],
    ['three sections beyond the limit', `${'a'.repeat(40_000)}.${'a'.repeat(40_000)}.a`],
  ])('is refused at once and cheaply: %s', (_sentence, token) => {
    const tokens = verifier(jwtRule({ keys: { keys: [OCT] } }));
    expectCpuBelow(40, () => {
      for (let i = 0; i < 20; i++) {
        expect(ask(tokens, bearer(`${token}${i}`))).toMatchObject({ kind: 'reject', status: 401 });
      }
    });
  });

  it('is bounded in the cache, by count and by characters', () => {
    const lru = new Lru<number>(3, 10);
    for (const name of ['a', 'b', 'c']) lru.set(name, 1);
    lru.get('a');
    lru.set('d', 1);
    expect(['a', 'b', 'c', 'd'].map((name) => lru.get(name))).toEqual([1, undefined, 1, 1]);
    lru.set('eight678', 2);
    expect([lru.size, lru.get('eight678')]).toEqual([3, 2]);
    lru.set('eleven78901', 3);
    expect(lru.size).toBe(0);
  });
});

describe('whatever is sent as a token', () => {
  const tokens = () => verifier(jwtRule({ keys: { keys: [OCT] } }));
  const section = fc.oneof(
    fc.string(),
    fc.json().map(base64url),
    fc.record({ alg: fc.constantFrom('HS256', 'none', 1, null), kid: fc.anything() }).map((value) => {
      try {
        return base64url(JSON.stringify(value));
      } catch {
        return 'x';
      }
    }),
  );

  it('nothing passes that the key did not sign, and nothing throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(section, { maxLength: 5 }), async (sections) => {
        const outcome = await ask(tokens(), bearer(sections.join('.')));
        expect(outcome.kind === 'reject' || outcome.token === undefined).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('signed payloads of any JSON never throw', async () => {
    const rule = jwtRule({
      issuer: '',
      keys: { keys: [OCT] },
      outputClaimToHeaders: [{ header: 'x-claim', claim: ['a'] }],
    });
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (claim) => {
        const outcome = await ask(verifier(rule), bearer(await hmacToken(SECRET, { alg: 'HS256' }, { a: claim })));
        if (outcome.kind !== 'pass') throw new Error(outcome.why);
        const headers = new Headers();
        outcome.mutateRequest?.(headers);
      }),
      { numRuns: 200 },
    );
  });

  it('a changed character of a good token spoils it', async () => {
    const good = await hmacToken(SECRET, { alg: 'HS256' }, PAYLOAD);
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 2), fc.constantFrom('A', 'b', '7', '-', '.'), async (at, character) => {
        fc.pre(good[at] !== character);
        const outcome = await ask(tokens(), bearer(good.slice(0, at) + character + good.slice(at + 1)));
        expect(outcome.kind).toBe('reject');
      }),
      { numRuns: 200 },
    );
  });
});
