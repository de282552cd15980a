import { beforeAll, describe, expect, it } from 'vitest';
import { ask, bearer, headersAfter, jwtRule, type TestKey, type TestRequest, testKey, verifier } from './support.ts';

const ISSUER = 'https://issuer.example';
let key: TestKey;
let token: string;

beforeAll(async () => {
  key = await testKey('ES256');
  token = await key.sign({ iss: ISSUER, sub: 'ann' });
});

const BAD_FORM = 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections';
const BAD_SIGNATURE = 'Jwt signature is an invalid Base64url encoded';

/** `verified`, `missing`, or the body of the refusal. */
async function what(tokens: ReturnType<typeof verifier>, request: TestRequest): Promise<string> {
  const outcome = await ask(tokens, request);
  if (outcome.kind === 'reject') return outcome.body;
  return outcome.token === undefined ? 'missing' : 'verified';
}

describe('the default locations', () => {
  const cases: [sentence: string, request: (token: string) => TestRequest, expected: string][] = [
    ['Authorization with the scheme Bearer', (t) => bearer(t), 'verified'],
    [
      'any number of spaces may follow the scheme',
      (t) => ({ headers: { authorization: `Bearer   ${t}` } }),
      'verified',
    ],
    ['the scheme is compared with its case', (t) => ({ headers: { authorization: `bearer ${t}` } }), 'missing'],
    ['the scheme needs its space', (t) => ({ headers: { authorization: `Bearer${t}` } }), 'missing'],
    ['a tab is no space', (t) => ({ headers: { authorization: `Bearer\t${t}` } }), 'missing'],
    ['another scheme is no token', () => ({ headers: { authorization: 'Basic YTpi' } }), 'missing'],
    ['an empty header is no token', () => ({ headers: { authorization: '' } }), 'missing'],
    [
      'the scheme may stand anywhere in the value',
      (t) => ({ headers: { authorization: `Basic YTpi,Bearer ${t}` } }),
      'verified',
    ],
    ['what cannot start a token is skipped', (t) => ({ headers: { authorization: `Bearer ###${t}` } }), 'verified'],
    [
      'nothing but what cannot be a token is a bad token',
      () => ({ headers: { authorization: 'Bearer ###' } }),
      BAD_FORM,
    ],
    ['whatever follows the token spoils it', (t) => ({ headers: { authorization: `Bearer ${t}#` } }), BAD_SIGNATURE],
    [
      'duplicate headers, joined, spoil each other',
      (t) => ({ headers: { authorization: `Bearer ${t},Bearer ${t}` } }),
      BAD_FORM,
    ],
    ['the query parameter access_token', (t) => ({ query: `a=1&access_token=${t}&b` }), 'verified'],
    ['the first of two parameters counts', (t) => ({ query: `access_token=${t}&access_token=bad` }), 'verified'],
    ['a first bad parameter is a bad token', (t) => ({ query: `access_token=bad&access_token=${t}` }), BAD_FORM],
    ['an empty parameter is a bad token', () => ({ query: 'access_token=' }), BAD_FORM],
    ['a parameter of another name is none', (t) => ({ query: `xaccess_token=${t}&access_tokenx=${t}` }), 'missing'],
    ['percent-encoding does not hide a parameter', (t) => ({ query: `%61ccess_token=%65${t.slice(1)}` }), 'verified'],
    ['a good header does not excuse a bad parameter', (t) => ({ ...bearer(t), query: 'access_token=x' }), BAD_FORM],
    [
      'a good parameter does not excuse a bad header',
      (t) => ({ ...bearer('x'), query: `access_token=${t}` }),
      BAD_FORM,
    ],
    ['cookies are no default', (t) => ({ headers: { cookie: `access_token=${t}` } }), 'missing'],
  ];
  it.each(cases)('%s', async (_sentence, request, expected) => {
    expect(await what(verifier(jwtRule({ keys: { keys: [key.jwk] } })), request(token))).toBe(expected);
  });

  it('are all cleared of a good token, under the names that the query spells', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    const outcome = await ask(tokens, { ...bearer(token), query: `x=1&access_token=${token}&%61ccess_token=again` });
    expect(outcome).toMatchObject({ removeQueryParams: ['access_token', '%61ccess_token'] });
    expect(headersAfter(outcome, { authorization: 'Bearer x' })).toEqual({});
  });

  it('speak with the header where both hold a good token', async () => {
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] }, outputPayloadToHeader: 'x-payload' }));
    const other = await key.sign({ iss: ISSUER, sub: 'bob' });
    const outcome = await ask(tokens, { ...bearer(token), query: `access_token=${other}` });
    expect(outcome).toMatchObject({ token: { subject: 'ann' } });
    expect(headersAfter(outcome, {})).toEqual({ 'x-payload': `${other.split('.')[1]},${token.split('.')[1]}` });
  });
});

describe('locations of a rule', () => {
  const tokens = (more: object) => verifier(jwtRule({ keys: { keys: [key.jwk] }, ...more }));

  it('replace the defaults', async () => {
    const rule = { fromParams: ['t'] };
    expect(await what(tokens(rule), bearer('bad'))).toBe('missing');
    expect(await what(tokens(rule), { query: 'access_token=bad' })).toBe('missing');
    expect(await what(tokens(rule), { query: `t=${token}` })).toBe('verified');
  });

  it('without a prefix take the whole header, even an empty one', async () => {
    const rule = { fromHeaders: [{ name: 'X-Token', prefix: '' }] };
    expect(await what(tokens(rule), { headers: { 'x-token': token } })).toBe('verified');
    expect(await what(tokens(rule), { headers: { 'x-token': '' } })).toBe(BAD_FORM);
    expect(await what(tokens(rule), { headers: { 'x-token': `Bearer ${token}` } })).toBe(
      'Jwt header is an invalid Base64url encoded',
    );
  });

  it('with a prefix ignore values without it', async () => {
    const rule = { fromHeaders: [{ name: 'x-token', prefix: 'Tok ' }] };
    expect(await what(tokens(rule), { headers: { 'x-token': `Tok ${token}` } })).toBe('verified');
    expect(await what(tokens(rule), { headers: { 'x-token': token } })).toBe('missing');
  });

  it('may be cookies, which are never removed', async () => {
    const rule = { fromCookies: ['sid'] };
    const cases: [cookie: string, expected: string][] = [
      [`a=b; sid=${token}; c=d`, 'verified'],
      [`sid="${token}"`, 'verified'],
      [`sid=${token}; sid=bad`, 'verified'],
      [`sid = ${token}`, 'missing'],
      [`xsid=${token}`, 'missing'],
      ['sid=', BAD_FORM],
    ];
    for (const [cookie, expected] of cases) expect(await what(tokens(rule), { headers: { cookie } })).toBe(expected);
    const outcome = await ask(tokens(rule), { headers: { cookie: `sid=${token}` } });
    expect(headersAfter(outcome, { cookie: 'sid=x' })).toEqual({ cookie: 'sid=x' });
  });

  it('must all hold good tokens where they hold any', async () => {
    const rule = {
      fromHeaders: [
        { name: 'x-one', prefix: '' },
        { name: 'x-two', prefix: '' },
      ],
    };
    expect(await what(tokens(rule), { headers: { 'x-one': token, 'x-two': 'bad' } })).toBe(BAD_FORM);
    expect(await what(tokens(rule), { headers: { 'x-one': 'bad', 'x-two': token } })).toBe(BAD_FORM);
    expect(await what(tokens(rule), { headers: { 'x-one': token, 'x-two': token } })).toBe('verified');
  });

  it('speak with the header that sorts first', async () => {
    const rule = {
      fromHeaders: [
        { name: 'x-b', prefix: '' },
        { name: 'x-a', prefix: '' },
      ],
      fromCookies: ['c'],
    };
    const other = await key.sign({ iss: ISSUER, sub: 'bob' });
    const outcome = await ask(tokens(rule), { headers: { 'x-a': other, 'x-b': token, cookie: `c=${token}` } });
    expect(outcome).toMatchObject({ token: { subject: 'bob' } });
  });
});
