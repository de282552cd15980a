import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Chance } from './chance.ts';
import { ISSUERS } from './vocabulary.ts';

const pairs = await Promise.all(
  ISSUERS.map(async (issuer, index) => {
    const alg = index === 0 ? 'ES256' : 'RS256';
    const pair = await generateKeyPair(alg);
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: `key-${index}`, alg };
    return { issuer, alg, kid: jwk.kid, key: pair.privateKey, jwks: JSON.stringify({ keys: [jwk] }) };
  }),
);

/** By issuer, as it stands in a RequestAuthentication. */
export const keySets: Readonly<Record<string, string>> = Object.fromEntries(
  pairs.map(({ issuer, jwks }) => [issuer, jwks]),
);

/** A token that is good, or bad in one of many ways. */
export async function generateToken(chance: Chance): Promise<string> {
  const pair = chance.pick(pairs);
  const now = Math.floor(Date.now() / 1000);
  const sign = (claims: Record<string, unknown>, kid = pair.kid): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ alg: pair.alg, ...(kid === '' ? {} : { kid }) }).sign(pair.key);
  const claims = {
    iss: pair.issuer,
    ...(chance.is(0.9) ? { sub: chance.pick(['alice', 'bob', 'a/b', '']) } : {}),
    ...(chance.is(0.6)
      ? { aud: chance.pick<unknown>(['shop', ['shop', 'x'], 'https://shop.test', 'http://shop.test/', 'nobody', []]) }
      : {}),
    ...(chance.is(0.8) ? { exp: now + 3600 } : {}),
    group: chance.pick<unknown>(['admin', ['user', 'admin'], 'user', 7, true, null, {}, '']),
    nested: chance.pick<unknown>([{ k: 'v' }, { k: ['v', 'w'] }, 'flat', {}]),
    scope: chance.pick(['read write', 'read', '']),
    roles: chance.pick<unknown>(['one two', ['one', 'two'], 'one']),
    azp: 'client-1',
    num: chance.pick([42, 0, 1e6, 2147483648]),
    neg: -5,
    big: chance.pick([1e21, 123456789012345]),
    float: chance.pick([1.5, 0.1, 1e-7]),
    flag: chance.is(0.5),
    list: ['a', 1],
    obj: { a: 1 },
  };
  switch (chance.number(14)) {
    case 0:
      return sign({ ...claims, exp: now - 3600 });
    case 1:
      return sign({ ...claims, exp: now - 30 });
    case 2:
      return sign({ ...claims, nbf: now + 3600 });
    case 3:
      return sign({ ...claims, iss: 'https://unknown.test' });
    case 4:
      return `${(await sign(claims)).slice(0, -6)}AAAAAA`;
    case 5:
      return sign(claims, chance.pick(['other', '']));
    case 6:
      return chance.pick([
        'garbage',
        'a.b',
        'a.b.c',
        '..',
        'e30.e30.',
        `${await sign(claims)}.x`,
        `${await sign(claims)} tail`,
        `${await sign(claims)},x`,
      ]);
    default:
      return sign(claims);
  }
}
