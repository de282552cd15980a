import { beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  base64url,
  bearer,
  headersAfter,
  hmacToken,
  jwtRule,
  NOW_SECONDS,
  type TestKey,
  testEnvironment,
  testKey,
  verifier,
} from './support.ts';

const ISSUER = 'https://issuer.example';
let key: TestKey;
let otherKey: TestKey;

beforeAll(async () => {
  key = await testKey('ES256');
  otherKey = await testKey('ES256', 'key-2');
});

const claims = (more: Record<string, unknown> = {}) => ({ iss: ISSUER, sub: 'ann', exp: NOW_SECONDS + 60, ...more });

describe('a request', () => {
  it('without a token passes at once and without one', () => {
    const outcome = ask(verifier(jwtRule({ keys: { keys: [key.jwk] } })), {});
    expect(outcome).toMatchObject({ kind: 'pass', token: undefined, mutateRequest: undefined });
  });

  it('without a token passes even when the keys are unavailable', () => {
    expect(ask(verifier(jwtRule({ keys: { unavailable: 'HTTP 500' } })), {})).toMatchObject({ kind: 'pass' });
  });

  it('with a good token passes with its claims and without the header', async () => {
    const token = await key.sign(claims({ azp: 'web', aud: ['a', 'b'] }));
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    const outcome = await ask(tokens, bearer(token));
    expect(outcome).toMatchObject({
      kind: 'pass',
      token: { issuer: ISSUER, subject: 'ann', principal: `${ISSUER}/ann`, audiences: ['a', 'b'], presenter: 'web' },
    });
    expect(headersAfter(outcome, { authorization: `Bearer ${token}`, 'x-keep': '1' })).toEqual({ 'x-keep': '1' });
    expect(outcome.kind === 'pass' && outcome.override?.('authorization')).toBe(null);
    expect(outcome.kind === 'pass' && outcome.override?.('x-keep')).toBe(undefined);
  });

  it('keeps its token when the rule forwards it', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] }, forwardOriginalToken: true }));
    const outcome = await ask(tokens, bearer(await key.sign(claims())));
    expect(outcome).toMatchObject({ kind: 'pass', mutateRequest: undefined });
  });

  it('is answered synchronously the second time', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    const token = await key.sign(claims());
    const env = testEnvironment();
    const first = ask(tokens, bearer(token), env);
    expect(first).toBeInstanceOf(Promise);
    await first;
    expect(ask(tokens, bearer(token), env)).toMatchObject({ kind: 'pass', token: { subject: 'ann' } });
  });

  it('with a remembered token that has expired since is refused', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    const token = await key.sign(claims());
    const env = testEnvironment();
    await ask(tokens, bearer(token), env);
    env.nowSeconds += 60 + 61;
    expect(ask(tokens, bearer(token), env)).toMatchObject({ kind: 'reject', body: 'Jwt is expired' });
  });

  it('with a forged token is refused from memory, for a while', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [{ ...key.jwk, kid: 'key-2' }] } }));
    const token = await otherKey.sign(claims());
    const env = testEnvironment();
    expect(await ask(tokens, bearer(token), env)).toMatchObject({ status: 401, body: 'Jwt verification fails' });
    expect(ask(tokens, bearer(token), env)).toMatchObject({ status: 401, body: 'Jwt verification fails' });
    env.nowSeconds += 11;
    expect(ask(tokens, bearer(token), env)).toBeInstanceOf(Promise);
  });

  it('that is a CORS preflight is not asked for its token', () => {
    const preflight = {
      origin: 'https://web.example',
      'access-control-request-method': 'GET',
      authorization: 'Bearer x',
    };
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    expect(ask(tokens, { method: 'OPTIONS', headers: preflight })).toMatchObject({ kind: 'pass', token: undefined });
    expect(ask(tokens, { method: 'OPTIONS', headers: { ...preflight, origin: '' } })).toMatchObject({ kind: 'reject' });
    expect(ask(tokens, { method: 'POST', headers: preflight })).toMatchObject({ kind: 'reject' });
  });
});

describe('a refusal', () => {
  it('says status, body, realm and details as Envoy does', () => {
    const token = `${base64url('{"alg":"ES256"}')}.${base64url(JSON.stringify({ iss: ISSUER, exp: 1 }))}.AA`;
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    const request = { ...bearer(token), authority: 'Shop.example:8443', path: '/a/b', query: 'q=1' };
    expect(ask(tokens, request)).toEqual({
      kind: 'reject',
      status: 401,
      body: 'Jwt is expired',
      headers: [['www-authenticate', 'Bearer realm="https://Shop.example:8443/a/b?q=1", error="invalid_token"']],
      details: 'jwt_authn_access_denied{Jwt_is_expired}',
      why: expect.stringContaining('at 1970-01-01T00:00:01.000Z, now is 2027-01-15T08:00:00.000Z'),
      origin: expect.objectContaining({ name: 'tokens' }),
    });
  });

  it('cuts long paths in the realm', () => {
    const outcome = ask(verifier(jwtRule({ keys: { keys: [] } })), { ...bearer('x'), path: `/${'p'.repeat(300)}` });
    expect(outcome).toMatchObject({
      headers: [['www-authenticate', `Bearer realm="https://shop.example/${'p'.repeat(255)}", error="invalid_token"`]],
    });
  });

  it('never shows the token', async () => {
    const token = await otherKey.sign(claims());
    const outcome = await ask(verifier(jwtRule({ keys: { keys: [{ ...key.jwk, kid: 'key-2' }] } })), bearer(token));
    expect(JSON.stringify(outcome)).not.toContain(token.slice(-20));
  });

  it('judges times and audience before the signature', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] }, audiences: ['shop'] }));
    const expired = await otherKey.sign(claims({ exp: NOW_SECONDS - 61 }));
    expect(ask(tokens, bearer(expired))).toMatchObject({ body: 'Jwt is expired' });
    const foreign = await otherKey.sign(claims({ aud: 'other' }));
    expect(ask(tokens, bearer(foreign))).toMatchObject({
      status: 403,
      body: 'Audiences in Jwt are not allowed',
      details: 'jwt_authn_access_denied{Audiences_in_Jwt_are_not_allowed}',
    });
  });
});

describe('claims', () => {
  const secret = 'an oct secret of thirty-two bytes';
  const oct = { kty: 'oct', alg: 'HS256', kid: 'h', k: base64url(secret) };
  const header = { alg: 'HS256', kid: 'h' };
  const cases: [sentence: string, payload: unknown, body: string | undefined][] = [
    ['a token within the clock skew after its expiry is good', claims({ exp: NOW_SECONDS - 60 }), undefined],
    ['a token past the clock skew is expired', claims({ exp: NOW_SECONDS - 61 }), 'Jwt is expired'],
    ['an expiry of zero means none', claims({ exp: 0 }), undefined],
    ['a token without expiry never expires', { iss: ISSUER }, undefined],
    ['a token just before its time is good', claims({ nbf: NOW_SECONDS + 60 }), undefined],
    ['a token before its time is not', claims({ nbf: NOW_SECONDS + 61 }), 'Jwt not yet valid'],
    ['an issuer must be a string', { iss: 2 }, 'Jwt payload [iss] field is not a string'],
    ['a null subject is not a string', claims({ sub: null }), 'Jwt payload [sub] field is not a string'],
    ['a token id must be a string', claims({ jti: 1 }), 'Jwt payload [jti] field is not a string'],
    ['times in strings are refused', claims({ exp: '1999999999' }), 'Jwt payload [exp] field is not an integer'],
    ['a null time is refused', claims({ nbf: null }), 'Jwt payload [nbf] field is not an integer'],
    ['negative times are refused', claims({ iat: -1 }), 'Jwt payload [iat] field is not a positive 64 bit integer'],
    ['huge times are refused', claims({ exp: 1e30 }), 'Jwt payload [exp] field is not a positive 64 bit integer'],
    [
      'audiences must all be strings',
      claims({ aud: ['a', 1] }),
      'Jwt payload [aud] field is not a string or string list',
    ],
    ['another issuer is refused', claims({ iss: 'https://else.example' }), 'Jwt issuer is not configured'],
    ['no issuer is another issuer', { sub: 'ann' }, 'Jwt issuer is not configured'],
    ['a payload that is a list is refused', [1], 'Jwt payload is an invalid JSON'],
    ['a payload that is not JSON is refused', 'hello', 'Jwt payload is an invalid JSON'],
  ];
  it.each(cases)('%s', async (_sentence, payload, body) => {
    const outcome = await ask(
      verifier(jwtRule({ keys: { keys: [oct] } })),
      bearer(await hmacToken(secret, header, payload)),
    );
    if (body === undefined) expect(outcome.kind).toBe('pass');
    else expect(outcome).toMatchObject({ kind: 'reject', status: 401, body });
  });

  it.each([
    ['https://aud.example/', 'aud.example', true],
    ['https://aud.example', 'http://aud.example/', true],
    ['plain', 'plain/', true],
    ['plain', 'plain//', false],
    ['plain', '', false],
    ['plain', 'Plain', false],
  ])('an audience %s allows %s: %s', async (allowed, audience, isAllowed) => {
    const tokens = verifier(jwtRule({ keys: { keys: [oct] }, audiences: ['other', allowed] }));
    const outcome = await ask(tokens, bearer(await hmacToken(secret, header, claims({ aud: ['x', audience] }))));
    expect(outcome.kind).toBe(isAllowed ? 'pass' : 'reject');
  });

  it('without an issuer in the rule any issuer is accepted', async () => {
    const tokens = verifier(jwtRule({ issuer: '', keys: { keys: [oct] } }));
    expect(await ask(tokens, bearer(await hmacToken(secret, header, { iss: 'anyone' })))).toMatchObject({
      kind: 'pass',
    });
  });
});

describe('keys', () => {
  it.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'])(
    '%s signatures are verified',
    async (algorithm) => {
      const signer = await testKey(algorithm);
      const token = await signer.sign(claims());
      expect(await ask(verifier(jwtRule({ keys: { keys: [signer.jwk] } })), bearer(token))).toMatchObject({
        kind: 'pass',
      });
      const spoiled = token.slice(0, -12) + (token.endsWith('A') ? 'B' : 'A').repeat(12);
      expect(await ask(verifier(jwtRule({ keys: { keys: [signer.jwk] } })), bearer(spoiled))).toMatchObject({
        kind: 'reject',
      });
    },
  );

  it.each([
    ['HS256', 'SHA-256'],
    ['HS384', 'SHA-384'],
    ['HS512', 'SHA-512'],
  ])('%s works with oct keys', async (alg, hash) => {
    const token = await hmacToken('secret', { alg }, claims(), hash);
    const tokens = verifier(jwtRule({ keys: { keys: [{ kty: 'oct', k: base64url('secret') }] } }));
    expect(await ask(tokens, bearer(token))).toMatchObject({ kind: 'pass' });
  });

  it('without ids are all tried', async () => {
    const { kid: _kid, ...anonymous } = key.jwk;
    const { kid: _otherKid, ...otherAnonymous } = otherKey.jwk;
    const tokens = verifier(jwtRule({ keys: { keys: [otherAnonymous, anonymous] } }));
    expect(await ask(tokens, bearer(await key.sign(claims())))).toMatchObject({ kind: 'pass' });
  });

  it('are all tried for a token without a key id', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [otherKey.jwk, key.jwk] } }));
    expect(await ask(tokens, bearer(await key.sign(claims(), { kid: '' })))).toMatchObject({ kind: 'pass' });
  });

  it('of another id are not tried', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [{ ...key.jwk, kid: 'else' }] } }));
    expect(ask(tokens, bearer(await key.sign(claims())))).toMatchObject({
      status: 401,
      body: "Jwks doesn't have key to match kid or alg from Jwt",
    });
  });

  it('of another algorithm are not tried', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [{ ...key.jwk, alg: 'RS256' }] } }));
    expect(ask(tokens, bearer(await key.sign(claims())))).toMatchObject({ kind: 'reject' });
  });

  it('that are unusable are left out, others still serve', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [{ kty: 'RSA' }, { kty: 'EC', crv: 'x' }, {}, key.jwk] } }));
    expect(await ask(tokens, bearer(await key.sign(claims())))).toMatchObject({ kind: 'pass' });
    expect(
      ask(verifier(jwtRule({ keys: { keys: [{ kty: 'RSA' }] } })), bearer(await key.sign(claims()))),
    ).toMatchObject({
      body: "Jwks doesn't have any valid public key",
    });
  });

  it('that cannot be had refuse every token, and say why', async () => {
    const tokens = verifier(jwtRule({ keys: { unavailable: 'GET https://issuer.example/keys: HTTP 500' } }));
    expect(ask(tokens, bearer(await key.sign(claims())))).toMatchObject({
      status: 401,
      body: 'Jwks remote fetch is failed',
      details: 'jwt_authn_access_denied{Jwks_remote_fetch_is_failed}',
      why: expect.stringContaining('HTTP 500'),
    });
  });

  it('are fetched once more for an unknown id, and then serve without being fetched', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [otherKey.jwk], uri: 'https://issuer.example/keys' } }));
    const env = testEnvironment();
    env.fresh = [otherKey.jwk, key.jwk];
    expect(await ask(tokens, bearer(await key.sign(claims())), env)).toMatchObject({ kind: 'pass' });
    expect(await ask(tokens, bearer(await key.sign(claims({ sub: 'bob' }))), env)).toMatchObject({ kind: 'pass' });
    expect(await ask(tokens, bearer(await otherKey.sign(claims())), env)).toMatchObject({ kind: 'pass' });
    expect(env.refetched).toEqual(['https://issuer.example/keys']);
  });

  it('are not fetched while a known key fits, nor without a place to fetch them from', async () => {
    const env = testEnvironment();
    const known = verifier(jwtRule({ keys: { keys: [{ ...otherKey.jwk, kid: 'key-1' }], uri: 'https://x.example' } }));
    expect(await ask(known, bearer(await key.sign(claims())), env)).toMatchObject({ body: 'Jwt verification fails' });
    const nowhere = verifier(jwtRule({ keys: { keys: [otherKey.jwk] } }));
    expect(await ask(nowhere, bearer(await key.sign(claims())), env)).toMatchObject({ kind: 'reject' });
    expect(env.refetched).toEqual([]);
  });

  it('stay in service when fetching brings nothing of use', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [otherKey.jwk], uri: 'https://x.example' } }));
    const env = testEnvironment();
    const good = await otherKey.sign(claims());
    await ask(tokens, bearer(good), env);
    const unknown = await key.sign(claims());
    for (const fresh of [undefined, [], [{ kty: 'RSA' }]]) {
      env.fresh = fresh;
      env.nowSeconds += 20;
      expect(await ask(tokens, bearer(unknown), env)).toMatchObject({
        body: "Jwks doesn't have key to match kid or alg from Jwt",
      });
      expect(ask(tokens, bearer(good), env)).toMatchObject({ kind: 'pass' });
    }
  });

  it('that were fetched make what the old ones verified be verified again', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [otherKey.jwk], uri: 'https://x.example' } }));
    const env = testEnvironment();
    const old = await otherKey.sign(claims());
    await ask(tokens, bearer(old), env);
    env.fresh = [key.jwk];
    expect(await ask(tokens, bearer(await key.sign(claims())), env)).toMatchObject({ kind: 'pass' });
    env.fresh = undefined;
    expect(await ask(tokens, bearer(old), env)).toMatchObject({ kind: 'reject' });
  });
});

describe('several rules', () => {
  const A = 'https://a.example';
  const B = 'https://b.example';
  const rules = () =>
    verifier(
      jwtRule({
        issuer: A,
        keys: { keys: [key.jwk] },
        fromHeaders: [
          { name: 'x-both', prefix: '' },
          { name: 'x-a', prefix: '' },
        ],
        outputPayloadToHeader: 'x-out-a',
      }),
      jwtRule({
        issuer: B,
        keys: { keys: [otherKey.jwk] },
        fromHeaders: [
          { name: 'x-both', prefix: '' },
          { name: 'x-b', prefix: '' },
        ],
        outputPayloadToHeader: 'x-out-b',
      }),
    );
  const a = (more = {}) => key.sign({ iss: A, sub: 'ann', ...more });
  const b = (more = {}) => otherKey.sign({ iss: B, sub: 'bob', ...more });

  it('sharing a location are told apart by issuer', async () => {
    expect(await ask(rules(), { headers: { 'x-both': await a() } })).toMatchObject({
      token: { principal: `${A}/ann` },
    });
    expect(await ask(rules(), { headers: { 'x-both': await b() } })).toMatchObject({
      token: { principal: `${B}/bob` },
    });
  });

  it('refuse an issuer that none of them knows', async () => {
    expect(await ask(rules(), { headers: { 'x-both': await key.sign({ iss: 'https://c.example' }) } })).toMatchObject({
      body: 'Jwt issuer is not configured',
    });
  });

  it('report the failure of the rule that the token was for', async () => {
    for (const token of [await a({ exp: 1 }), await b({ exp: 1 })]) {
      expect(await ask(rules(), { headers: { 'x-both': token } })).toMatchObject({ body: 'Jwt is expired' });
    }
  });

  it('let a request pass by the first good token, and leave the others where they are', async () => {
    const headers = { 'x-a': await a(), 'x-b': 'bad', 'x-out-a': 'spoofed', 'x-out-b': 'spoofed' };
    const outcome = await ask(rules(), { headers });
    expect(outcome).toMatchObject({ kind: 'pass', token: { subject: 'ann' } });
    expect(headersAfter(outcome, headers)).toEqual({ 'x-b': 'bad', 'x-out-a': headers['x-a'].split('.')[1] });
  });

  it('let a request pass by a later good token although an earlier rule failed', async () => {
    const outcome = await ask(rules(), { headers: { 'x-a': 'bad', 'x-b': await b() } });
    expect(outcome).toMatchObject({ kind: 'pass', token: { subject: 'bob' } });
  });

  it('report the first of several real failures', async () => {
    const headers = { 'x-a': await a({ exp: 1 }), 'x-b': await b({ nbf: NOW_SECONDS + 100 }) };
    expect(await ask(rules(), { headers })).toMatchObject({ body: 'Jwt is expired' });
  });

  it('report a real failure rather than a mismatch of issuers', async () => {
    const headers = { 'x-a': await key.sign({ iss: 'https://c.example' }), 'x-b': await b({ exp: 1 }) };
    expect(await ask(rules(), { headers })).toMatchObject({ body: 'Jwt is expired' });
  });

  it('that fail after a good token have dealt with that one', async () => {
    const from = (...names: string[]) => names.map((name) => ({ name, prefix: '' }));
    const tokens = verifier(
      jwtRule({
        issuer: A,
        keys: { keys: [key.jwk] },
        fromHeaders: from('x-both', 'x-z'),
        outputPayloadToHeader: 'x-out-a',
      }),
      jwtRule({ issuer: B, keys: { keys: [otherKey.jwk] }, fromHeaders: from('x-both') }),
    );
    const headers = { 'x-z': await a(), 'x-both': await b() };
    const outcome = await ask(tokens, { headers });
    expect(outcome).toMatchObject({ kind: 'pass', token: { subject: 'bob' } });
    expect(headersAfter(outcome, headers)).toEqual({ 'x-out-a': headers['x-z'].split('.')[1] });
  });

  it('take off what an earlier one has set under the same name', async () => {
    const rules = [
      jwtRule({
        keys: { keys: [key.jwk] },
        outputClaimToHeaders: [
          { header: 'x-sub', claim: ['sub'] },
          { header: 'x-first', claim: ['sub'] },
        ],
      }),
      jwtRule({
        issuer: 'https://second.example',
        keys: { keys: [otherKey.jwk] },
        outputClaimToHeaders: [{ header: 'x-sub', claim: ['sub'] }],
      }),
    ];
    // The first rule takes the token of the query, and fails by the other one, which is the second rule's.
    const second = await otherKey.sign(claims({ iss: 'https://second.example', sub: 'bob' }));
    const query = `access_token=${await key.sign(claims())}`;
    const outcome = await ask(verifier(...rules), { ...bearer(second), query });
    expect(headersAfter(outcome, {})).toEqual({ 'x-first': 'ann', 'x-sub': 'bob' });
  });

  it('all without a token let the request pass', () => {
    expect(ask(rules(), {})).toMatchObject({ kind: 'pass', token: undefined });
  });
});
