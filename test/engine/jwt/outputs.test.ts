import { describe, expect, it } from 'vitest';
import { headerText } from '../../../src/engine/jwt/outputs.ts';
import { VerifiedToken } from '../../../src/engine/jwt/token.ts';
import { ask, base64url, bearer, headersAfter, hmacToken, jwtRule, verifier } from './support.ts';

const SECRET = 'an oct secret of thirty-two bytes';
const RULE = jwtRule({
  issuer: '',
  keys: { keys: [{ kty: 'oct', k: base64url(SECRET) }] },
  outputPayloadToHeader: 'x-payload',
  outputClaimToHeaders: [
    { header: 'X-Tenant', claim: ['tenant'] },
    { header: 'x-nested', claim: ['address', 'country'] },
  ],
});

describe('output headers', () => {
  it('carry the payload as sent and the claims', async () => {
    const token = await hmacToken(SECRET, { alg: 'HS256' }, { tenant: 'acme', address: { country: 'NL' } });
    const outcome = await ask(verifier(RULE), bearer(token));
    expect(headersAfter(outcome, { authorization: 'x', 'x-tenant': 'spoofed' })).toEqual({
      'x-payload': token.split('.')[1],
      'x-tenant': 'acme',
      'x-nested': 'NL',
    });
    expect(outcome.kind === 'pass' && outcome.override?.('x-tenant')).toBe('acme');
  });

  it('are taken off a request without a token', () => {
    const outcome = ask(verifier(RULE), {});
    if (outcome instanceof Promise || outcome.kind !== 'pass') throw new Error('not at once');
    const spoofed = { 'x-tenant': 'spoofed', 'x-payload': 'spoofed', 'x-nested': 'spoofed', 'x-keep': '1' };
    expect(headersAfter(outcome, spoofed)).toEqual({ 'x-keep': '1' });
    expect(outcome.override?.('x-tenant')).toBe(null);
  });

  it('are taken off where the token has no such claim', async () => {
    const outcome = await ask(verifier(RULE), bearer(await hmacToken(SECRET, { alg: 'HS256' }, { tenant: null })));
    expect(headersAfter(outcome, { 'x-tenant': 'spoofed', 'x-nested': 'spoofed' })).toEqual({
      'x-payload': expect.any(String),
    });
  });
});

describe('a claim in a header', () => {
  it.each([
    ['text', 'text'],
    ['', undefined],
    [true, 'true'],
    [false, 'false'],
    [0, '0'],
    [12, '12'],
    [1.5, '1.500000'],
    [-5, '-5.000000'],
    [1e15, '1000000000000000'],
    [2 ** 53, '9007199254740992'],
    [2 ** 63 + 2 ** 62, '13835058055282163712'],
    [1e21, '1000000000000000000000.000000'],
    [null, undefined],
    [undefined, undefined],
    [['a', 1], 'WyJhIiwxXQ=='],
    [{}, 'e30='],
    ['é x', 'Ã© x'],
    ['two\r\nlines: injected', undefined],
    ['nul\u0000', undefined],
  ])('%j is written as %j, as Envoy does', (claim, text) => {
    expect(headerText(claim)).toBe(text);
  });
});

describe('claim values', () => {
  const payload = {
    text: 'a b',
    list: ['a', 1, 'b', null],
    scope: ' read  write ',
    permission: ['read write'],
    roles: 'x y',
    number: 1,
    flag: true,
    nothing: null,
    empty: [],
    numbers: [1],
    a: { b: { c: 'deep', scope: 'x y' }, 'https://x/y': 'url' },
  };
  const token = new VerifiedToken(payload, [], ['roles']);
  it.each([
    [['text'], ['a b']],
    [['list'], ['a', 'b']],
    [['scope'], ['read', 'write']],
    [['permission'], ['read write']],
    [['roles'], ['x', 'y']],
    [['a', 'b', 'c'], ['deep']],
    [['a', 'b', 'scope'], ['x y']],
    [['a', 'https://x/y'], ['url']],
    [['number'], undefined],
    [['flag'], undefined],
    [['nothing'], undefined],
    [['empty'], undefined],
    [['numbers'], undefined],
    [['a'], undefined],
    [['list', '0'], undefined],
    [['absent', 'x'], undefined],
  ])('%j are %j', (path, values) => {
    expect(token.claimValues(path)).toEqual(values);
    expect(token.claimValues(path)).toEqual(values);
  });

  it('have no principal without both issuer and subject', () => {
    expect(new VerifiedToken({ iss: 'i', sub: 's' }, [], []).principal).toBe('i/s');
    expect(new VerifiedToken({ iss: 'i' }, [], []).principal).toBeUndefined();
    expect(new VerifiedToken({ sub: 's' }, [], []).principal).toBeUndefined();
  });
});
