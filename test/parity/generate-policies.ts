import type { Chance } from './chance.ts';
import type { Json } from './mesh-case.ts';
import { keySets } from './tokens.ts';
import { ISSUERS, PATHS } from './vocabulary.ts';

type Fields = { [key: string]: Json };

export function requestAuthentication(chance: Chance): Fields {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'ra', namespace: 'istio-system' },
    spec: { jwtRules: chance.some(ISSUERS).map((issuer) => jwtRule(chance, issuer)) },
  };
}

function jwtRule(chance: Chance, issuer: string): Fields {
  return {
    issuer,
    jwks: keySets[issuer] ?? '',
    ...chance.maybe(0.4, () => ({ audiences: chance.some(['shop', 'https://shop.test/', 'other']) })),
    ...chance.maybe(0.2, () => ({
      fromHeaders: [
        chance.pick<Fields>([
          { name: 'x-token' },
          { name: 'x-token', prefix: 'Token ' },
          { name: 'Authorization', prefix: 'Bearer ' },
        ]),
      ],
    })),
    ...chance.maybe(0.15, () => ({ fromParams: ['token'] })),
    ...chance.maybe(0.15, () => ({ fromCookies: ['token'] })),
    ...chance.maybe(0.4, () => ({ forwardOriginalToken: chance.is(0.6) })),
    ...chance.maybe(0.3, () => ({ outputPayloadToHeader: 'x-payload' })),
    ...chance.maybe(0.4, () => ({
      outputClaimToHeaders: chance
        .some(['sub', 'group', 'nested.k', 'num', 'flag', 'list', 'obj', 'float', 'neg', 'big'])
        .map((claim) => ({ header: `x-claim-${claim.replace('.', '-')}`, claim })),
    })),
    ...chance.maybe(0.2, () => ({ spaceDelimitedClaims: ['roles'] })),
  };
}

export function authorizationPolicy(chance: Chance): Fields {
  const action = chance.pick(['ALLOW', 'ALLOW', 'DENY', 'DENY', 'AUDIT']);
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: {
      name: 'ap',
      namespace: 'istio-system',
      ...(chance.is(0.1) ? { annotations: { 'istio.io/dry-run': 'true' } } : {}),
    },
    spec: {
      action,
      ...(action === 'ALLOW' && chance.is(0.05) ? {} : { rules: chance.list(1, 3, () => rule(chance)) }),
    },
  };
}

function rule(chance: Chance): Fields {
  return {
    ...chance.maybe(0.3, () => ({ from: chance.list(1, 2, () => ({ source: source(chance) })) })),
    ...chance.maybe(0.7, () => ({ to: chance.list(1, 2, () => ({ operation: operation(chance) })) })),
    ...chance.maybe(0.4, () => ({ when: chance.list(1, 2, () => condition(chance)) })),
  };
}

function either(chance: Chance, name: string): string {
  return chance.is(0.75) ? name : `not${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Not by direct address: Envoy sees that of this very process, whatever the PROXY protocol says. */
function source(chance: Chance): Fields {
  return chance.pick<() => Fields>([
    () => ({ [either(chance, 'remoteIpBlocks')]: chance.some(['198.51.100.7', '192.0.2.0/24', '203.0.113.0/24']) }),
    () => ({
      [either(chance, 'requestPrincipals')]: [
        chance.pick([
          '*',
          'https://issuer.test/*',
          'https://issuer.test/alice',
          '*/alice',
          'second@issuer.test/bob',
          '*bob',
        ]),
      ],
    }),
    () => ({ [either(chance, 'principals')]: [chance.pick(['*', 'cluster.local/ns/a/sa/b'])] }),
    () => ({ [either(chance, 'namespaces')]: [chance.pick(['*', 'a'])] }),
  ])();
}

function operation(chance: Chance): Fields {
  return {
    ...chance.maybe(0.3, () => ({
      [either(chance, 'hosts')]: chance.some(['a.test', 'A.TEST', '*.b.test', 'b.*', '*', 'a.test:80', 'www*']),
    })),
    ...chance.maybe(0.4, () => ({ [either(chance, 'methods')]: chance.some(['GET', 'POST', '*', 'P*', '*T', 'get']) })),
    ...chance.maybe(0.15, () => ({ [either(chance, 'ports')]: [chance.pick(['80', '8080', '443'])] })),
    [either(chance, 'paths')]: chance.some([
      chance.pick(PATHS),
      '/admin*',
      '*/v1',
      '*.js',
      '*',
      '/v2*',
      ...(chance.is(0.3) ? ['/{*}/b/{**}', '/{**}/v1', '/api/{*}'] : []),
    ]),
  };
}

function condition(chance: Chance): Fields {
  const [key, values] = chance.pick<readonly [string, readonly string[]]>([
    ['request.headers[x-user]', ['jason', '*', 'j*', '*on', 'a,b', 'a']],
    ['request.headers[x-forwarded-proto]', ['http', 'https']],
    ['request.headers[x-envoy-external-address]', ['*', '198.51.100.7']],
    ['request.auth.claims[group]', ['admin', 'adm*', '*']],
    ['request.auth.claims[nested][k]', ['v', '*']],
    ['request.auth.claims[scope]', ['read', 'wr*']],
    ['request.auth.claims[roles]', ['one', 'one two']],
    ['request.auth.claims[num]', ['42']],
    ['request.auth.audiences', ['shop', 's*']],
    ['request.auth.principal', ['https://issuer.test/alice', '*']],
    ['request.auth.presenter', ['client-1', '*']],
    ['remote.ip', ['192.0.2.4', '198.51.100.7/32']],
    ['destination.port', ['80', '8080']],
    ['connection.sni', ['a.test', '*', '*.test']],
  ]);
  return {
    key,
    ...(chance.is(0.75) ? { values: chance.some(values) } : { notValues: chance.some(values) }),
  };
}
