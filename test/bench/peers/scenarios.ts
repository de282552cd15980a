import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { loadMesh } from '../../../src/cli/load-mesh.ts';
import type { ResolvedGateway } from '../../../src/mesh/model.ts';
import type { Fields } from '../../support/api-server/kube-object.ts';
import { compiled, GATEWAY, SERVICE } from '../mesh.ts';

/** One configuration, told to every contender in its own language, and the request that they are loaded with. */
export interface Scenario {
  readonly name: string;
  readonly gateway: ResolvedGateway;
  readonly host: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** The same for servers that do not read Istio's API; undefined where they have no such thing. */
  readonly plain: PlainConfig | undefined;
}

/** Routes by host and prefix, in order; the path is rewritten to `/`. */
export interface PlainConfig {
  readonly hosts: readonly { readonly host: string; readonly prefixes: readonly string[] }[];
}

const GUESTBOOK = join(import.meta.dirname, '../../../config/samples/guestbook');

export async function guestbook(): Promise<Scenario> {
  const { mesh } = await loadMesh({ filename: [GUESTBOOK] });
  return {
    name: 'guestbook',
    gateway: mesh.edge,
    host: 'guestbook.localhost',
    path: '/',
    headers: [],
    plain: { hosts: [{ host: 'guestbook.localhost', prefixes: ['/v2/', '/hello', '/guestbook', '/admin', '/'] }] },
  };
}

const HOSTS = 1_000;
const RULES = 10;

/** The request meets the middle host and the sixth of its rules. */
export function thousandHosts(): Scenario {
  const hosts = Array.from({ length: HOSTS }, (_, index) => `shop-${index}.example.com`);
  const prefixes = Array.from({ length: RULES - 1 }, (_, index) => `/part-${index}/`);
  return {
    name: `${HOSTS} hosts × ${RULES} rules`,
    gateway: compiled([GATEWAY, SERVICE, ...hosts.map((host) => virtualService(host, prefixes))]),
    host: `shop-${HOSTS / 2}.example.com`,
    path: '/part-5/items?page=3',
    headers: [],
    plain: { hosts: hosts.map((host) => ({ host, prefixes: [...prefixes, '/'] })) },
  };
}

const POLICIES = 20;
const ISSUER = 'https://issuer.example.com';

/** As before, and each request brings a token, and passes twenty policies. */
export async function hostsWithPolicies(): Promise<Scenario> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'ES256' }] });
  const token = await new SignJWT({ groups: ['staff'] })
    .setProtectedHeader({ alg: 'ES256', kid: 'bench' })
    .setIssuer(ISSUER)
    .setSubject('ann')
    .setExpirationTime('2h')
    .sign(privateKey);
  const base = thousandHosts();
  const hosts = base.plain?.hosts ?? [];
  const gateway = compiled([
    GATEWAY,
    SERVICE,
    ...hosts.map(({ host, prefixes }) => virtualService(host, prefixes.slice(0, -1))),
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'RequestAuthentication',
      metadata: { name: 'tokens', namespace: 'istio-system' },
      spec: { jwtRules: [{ issuer: ISSUER, jwks, forwardOriginalToken: true }] },
    },
    ...Array.from({ length: POLICIES }, (_, index) => policy(index)),
  ]);
  return {
    ...base,
    name: `${base.name}, a token, ${POLICIES} policies`,
    gateway,
    headers: [`Authorization: Bearer ${token}`],
    plain: undefined,
  };
}

function virtualService(host: string, prefixes: readonly string[]): Fields {
  const route = [{ destination: { host: 'shop' } }];
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: host.replaceAll('.', '-'), namespace: 'shop' },
    spec: {
      hosts: [host],
      gateways: ['gateway'],
      http: [...prefixes.map((prefix) => ({ match: [{ uri: { prefix } }], rewrite: { uri: '/' }, route })), { route }],
    },
  };
}

/** Half refuse what the request is not, half allow what others would be: every one of them has to be looked at. */
function policy(index: number): Fields {
  const isDeny = index % 2 === 0;
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `policy-${index}`, namespace: 'istio-system' },
    spec: isDeny
      ? { action: 'DENY', rules: [{ to: [{ operation: { paths: [`/admin-${index}/*`], notMethods: ['GET'] } }] }] }
      : {
          action: 'ALLOW',
          rules: [
            {
              from: [{ source: { requestPrincipals: [`${ISSUER}/*`] } }],
              when: [
                { key: 'request.auth.claims[groups]', values: [index === POLICIES - 1 ? 'staff' : `team-${index}`] },
              ],
            },
          ],
        },
  };
}
