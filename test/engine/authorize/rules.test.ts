import { describe, expect, it } from 'vitest';
import type { ConditionConfig, OperationConfig, SourceConfig } from '../../../src/engine/policy-config.ts';
import type { StringMatcher } from '../../../src/engine/values.ts';
import { expectCpuBelow } from '../../cpu-time.ts';
import { FRONTEND, matches, type TestRequest } from './support.ts';

type Row<C> = [sentence: string, config: C, request: TestRequest, isMatched: boolean];

const present: StringMatcher = { present: true };

describe('operations', () => {
  const rows: Row<OperationConfig>[] = [
    ['an exact path', { paths: [{ exact: '/a' }] }, { path: '/a' }, true],
    ['an exact path is not a prefix', { paths: [{ exact: '/a' }] }, { path: '/a/' }, false],
    ['paths keep their case', { paths: [{ exact: '/a' }] }, { path: '/A' }, false],
    ['a prefix is one of strings, not of segments', { paths: [{ prefix: '/a' }] }, { path: '/ab' }, true],
    ['a suffix', { paths: [{ suffix: '.js' }] }, { path: '/x/y.js' }, true],
    ['any of several paths', { paths: [{ exact: '/x' }, { prefix: '/a' }, { exact: '/b' }] }, { path: '/b' }, true],
    ['none of several paths', { paths: [{ exact: '/x' }, { prefix: '/a' }, { exact: '/b' }] }, { path: '/c' }, false],
    ['an excluded path', { notPaths: [{ prefix: '/health' }] }, { path: '/healthz' }, false],
    ['a path that is not excluded', { notPaths: [{ prefix: '/health' }] }, { path: '/' }, true],
    ['both lists must hold', { paths: [{ prefix: '/' }], notPaths: [{ exact: '/a' }] }, { path: '/a' }, false],
    ['a regex must match the whole path', { paths: [{ regex: '/v[0-9]' }] }, { path: '/v12' }, false],
    ['methods keep their case', { methods: [{ exact: 'GET' }] }, { method: 'get' }, false],
    ['a method', { methods: [{ exact: 'GET' }, { exact: 'HEAD' }] }, { method: 'HEAD' }, true],
    ['any method', { methods: [present] }, { method: 'PURGE' }, true],
    ['an excluded method', { notMethods: [{ exact: 'GET' }] }, { method: 'GET' }, false],
    ['hosts ignore case', { hosts: [{ exact: 'Shop.Example' }] }, { authority: 'sHOP.example' }, true],
    ['hosts include the port', { hosts: [{ exact: 'shop.example' }] }, { authority: 'shop.example:8443' }, false],
    ['a host with its port', { hosts: [{ exact: 'shop.example:8443' }] }, { authority: 'shop.example:8443' }, true],
    ['a host with any port', { hosts: [{ prefix: 'Shop.example:' }] }, { authority: 'shop.example:8443' }, true],
    ['a suffix of hosts', { hosts: [{ suffix: '.EXAMPLE' }] }, { authority: 'Shop.example' }, true],
    ['an excluded host in another case', { notHosts: [{ exact: 'a.example' }] }, { authority: 'A.EXAMPLE' }, false],
    ['a port', { ports: [80, 443] }, { port: 443 }, true],
    ['another port', { ports: [80] }, { port: 443 }, false],
    ['an excluded port', { notPorts: [443] }, { port: 443 }, false],
    [
      'all fields must hold',
      { paths: [{ exact: '/a' }], methods: [{ exact: 'GET' }] },
      { path: '/a', method: 'PUT' },
      false,
    ],
    ['an empty operation holds', {}, {}, true],
  ];
  it.each(rows)('%s', (_sentence, operation, request, isMatched) => {
    expect(matches({ to: [operation] }, request)).toBe(isMatched);
  });

  it('are alternatives', () => {
    const to = [{ paths: [{ exact: '/a' }], methods: [{ exact: 'GET' }] }, { paths: [{ exact: '/b' }] }];
    expect(matches({ to }, { path: '/b', method: 'PUT' })).toBe(true);
    expect(matches({ to }, { path: '/a', method: 'PUT' })).toBe(false);
  });
});

describe('sources', () => {
  const blocks = ['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::ffff:198.51.100.0/120'];
  const rows: Row<SourceConfig>[] = [
    ['a principal', { principals: [{ exact: 'cluster.local/ns/shop/sa/frontend' }] }, { peer: FRONTEND }, true],
    [
      'a principal written as SPIFFE id',
      { principals: [{ exact: 'spiffe://cluster.local/ns/shop/sa/frontend' }] },
      { peer: FRONTEND },
      true,
    ],
    [
      'a prefix of a SPIFFE id',
      { principals: [{ prefix: 'spiffe://cluster.local/ns/shop/' }] },
      { peer: FRONTEND },
      true,
    ],
    ['another principal', { principals: [{ exact: 'cluster.local/ns/shop/sa/other' }] }, { peer: FRONTEND }, false],
    ['any principal', { principals: [present] }, { peer: FRONTEND }, true],
    ['any principal needs a certificate', { principals: [present] }, {}, false],
    ['no certificate is none of the excluded principals', { notPrincipals: [present] }, {}, true],
    ['an excluded principal', { notPrincipals: [{ suffix: '/frontend' }] }, { peer: FRONTEND }, false],
    ['a namespace', { namespaces: [{ exact: 'shop' }] }, { peer: FRONTEND }, true],
    ['a namespace needs a certificate', { namespaces: [{ exact: 'shop' }] }, {}, false],
    ['an excluded namespace', { notNamespaces: [{ exact: 'shop' }] }, { peer: FRONTEND }, false],
    ['a service account', { serviceAccounts: ['shop/frontend'] }, { peer: FRONTEND }, true],
    ['a service account of another namespace', { serviceAccounts: ['other/frontend'] }, { peer: FRONTEND }, false],
    ['an excluded service account', { notServiceAccounts: ['shop/frontend'] }, { peer: FRONTEND }, false],
    ['a trust domain', { trustDomains: [{ exact: 'cluster.local' }] }, { peer: FRONTEND }, true],
    ['an excluded trust domain', { notTrustDomains: [{ exact: 'cluster.local' }] }, { peer: FRONTEND }, false],
    ['a request principal', { requestPrincipals: [{ exact: 'i/s' }] }, { claims: { iss: 'i', sub: 's' } }, true],
    [
      'a prefix of request principals',
      { requestPrincipals: [{ prefix: 'https://i/' }] },
      { claims: { iss: 'https://i', sub: 's' } },
      true,
    ],
    [
      'a suffix of request principals',
      { requestPrincipals: [{ suffix: '/s' }] },
      { claims: { iss: 'i', sub: 's' } },
      true,
    ],
    ['any request principal needs a token', { requestPrincipals: [present] }, {}, false],
    [
      'any request principal needs issuer and subject',
      { requestPrincipals: [present] },
      { claims: { iss: 'i' } },
      false,
    ],
    ['no token is none of the excluded', { notRequestPrincipals: [present] }, {}, true],
    ['any token is excluded', { notRequestPrincipals: [present] }, { claims: { iss: 'i', sub: 's' } }, false],
    ['a block of addresses', { ipBlocks: blocks }, { peerAddress: '10.255.0.1' }, true],
    ['just outside the block', { ipBlocks: blocks }, { peerAddress: '11.0.0.0' }, false],
    ['a single address', { ipBlocks: blocks }, { peerAddress: '192.0.2.1' }, true],
    ['next to the single address', { ipBlocks: blocks }, { peerAddress: '192.0.2.2' }, false],
    ['IPv4 mapped into IPv6 is IPv4', { ipBlocks: blocks }, { peerAddress: '::ffff:10.1.2.3' }, true],
    ['in hexadecimal too', { ipBlocks: blocks }, { peerAddress: '::ffff:a01:203' }, true],
    ['a mapped block is one of IPv4', { ipBlocks: blocks }, { peerAddress: '198.51.100.9' }, true],
    ['an IPv6 block', { ipBlocks: blocks }, { peerAddress: '2001:db8:ffff::1' }, true],
    ['outside the IPv6 block', { ipBlocks: blocks }, { peerAddress: '2001:db9::1' }, false],
    ['IPv4 is never inside a block of all IPv6', { ipBlocks: ['::/0'] }, { peerAddress: '10.0.0.1' }, false],
    ['everything of IPv4', { ipBlocks: ['0.0.0.0/0'] }, { peerAddress: '255.255.255.255' }, true],
    ['IPv6 is not in everything of IPv4', { ipBlocks: ['0.0.0.0/0'] }, { peerAddress: '2001:db8::1' }, false],
    ['host bits in a block do not matter', { ipBlocks: ['10.1.2.3/8'] }, { peerAddress: '10.9.9.9' }, true],
    ['an odd prefix length', { ipBlocks: ['2001:db8:8000::/33'] }, { peerAddress: '2001:db8:7fff::' }, false],
    ['an excluded block', { notIpBlocks: ['10.0.0.0/8'] }, { peerAddress: '10.0.0.1' }, false],
    [
      'the peer is not the client',
      { ipBlocks: ['10.0.0.1'] },
      { peerAddress: '10.0.0.1', clientAddress: '192.0.2.1' },
      true,
    ],
    [
      'the client is not the peer',
      { remoteIpBlocks: ['10.0.0.1'] },
      { peerAddress: '10.0.0.1', clientAddress: '192.0.2.1' },
      false,
    ],
    ['the client', { remoteIpBlocks: ['192.0.2.0/24'] }, { peerAddress: '10.0.0.1', clientAddress: '192.0.2.1' }, true],
    [
      'an address that makes no sense is not allowed',
      { ipBlocks: ['0.0.0.0/0', '::/0'] },
      { peerAddress: 'nonsense' },
      false,
    ],
    ['nor does exclusion let it in', { notIpBlocks: ['10.0.0.0/8'] }, { peerAddress: 'nonsense' }, false],
    ['all fields must hold', { principals: [present], namespaces: [{ exact: 'x' }] }, { peer: FRONTEND }, false],
  ];
  it.each(rows)('%s', (_sentence, source, request, isMatched) => {
    expect(matches({ from: [source] }, request)).toBe(isMatched);
  });

  it('are alternatives', () => {
    const from = [{ namespaces: [{ exact: 'x' }] }, { ipBlocks: ['192.0.2.1'] }];
    expect(matches({ from }, { peerAddress: '192.0.2.1' })).toBe(true);
    expect(matches({ from }, { peerAddress: '192.0.2.2' })).toBe(false);
  });
});

describe('conditions', () => {
  const exact = (...values: string[]): StringMatcher[] => values.map((value) => ({ exact: value }));
  const when = (key: ConditionConfig['key'], values: StringMatcher[], notValues: StringMatcher[] = []) => ({
    key,
    values,
    notValues,
  });
  const header: ConditionConfig['key'] = { kind: 'header', name: 'X-Tenant' };
  const claim = (...path: string[]): ConditionConfig['key'] => ({ kind: 'request-claim', claim: path });
  const token = {
    iss: 'i',
    sub: 's',
    azp: 'web',
    aud: ['a', 'b'],
    groups: ['dev', 1, 'ops'],
    scope: 'read write',
    n: 1,
    a: { b: 'c' },
    empty: '',
  };
  const rows: Row<ConditionConfig>[] = [
    ['a header, its name in any case', when(header, exact('acme')), { headers: { 'x-tenant': 'acme' } }, true],
    ['header values keep their case', when(header, exact('acme')), { headers: { 'x-tenant': 'Acme' } }, false],
    ['duplicate headers are one value', when(header, exact('a,b')), { headers: { 'x-tenant': 'a,b' } }, true],
    ['and each of them', when(header, exact('a')), { headers: { 'x-tenant': 'a,b' } }, true],
    ['so that an excluded one cannot hide', when(header, [], exact('b')), { headers: { 'x-tenant': 'a, b' } }, false],
    ['an absent header matches nothing', when(header, [present]), {}, false],
    ['an empty header is present', when(header, [present]), { headers: { 'x-tenant': '' } }, true],
    ['an absent header is none of the excluded', when(header, [], exact('acme')), {}, true],
    ['an excluded header', when(header, [], exact('acme')), { headers: { 'x-tenant': 'acme' } }, false],
    [
      'both lists must hold',
      when(header, [{ prefix: 'a' }], exact('acme')),
      { headers: { 'x-tenant': 'acme' } },
      false,
    ],
    ['a source address', when({ kind: 'source-ip' }, exact('203.0.113.0/24')), {}, true],
    ['a remote address', when({ kind: 'remote-ip' }, exact('192.0.2.1')), { clientAddress: '192.0.2.1' }, true],
    [
      'an excluded remote address',
      when({ kind: 'remote-ip' }, [], exact('192.0.2.1')),
      { clientAddress: '192.0.2.1' },
      false,
    ],
    ['a destination address is absent at a gateway', when({ kind: 'destination-ip' }, exact('0.0.0.0/0')), {}, false],
    ['so none is excluded', when({ kind: 'destination-ip' }, [], exact('0.0.0.0/0')), {}, true],
    ['a destination port', when({ kind: 'destination-port' }, exact('80', '443')), { port: 443 }, true],
    ['another destination port', when({ kind: 'destination-port' }, exact('80')), { port: 443 }, false],
    ['a source namespace', when({ kind: 'source-namespace' }, exact('shop')), { peer: FRONTEND }, true],
    [
      'a source principal with its scheme',
      when({ kind: 'source-principal' }, exact('spiffe://cluster.local/ns/shop/sa/frontend')),
      { peer: FRONTEND },
      true,
    ],
    [
      'a source service account',
      when({ kind: 'source-service-account' }, exact('shop/frontend')),
      { peer: FRONTEND },
      true,
    ],
    ['a source trust domain', when({ kind: 'source-trust-domain' }, [{ suffix: 'local' }]), { peer: FRONTEND }, true],
    ['a request principal', when({ kind: 'request-principal' }, exact('i/s')), { claims: token }, true],
    ['one of the audiences', when({ kind: 'request-audiences' }, exact('b')), { claims: token }, true],
    ['none of the audiences', when({ kind: 'request-audiences' }, exact('c')), { claims: token }, false],
    ['the presenter', when({ kind: 'request-presenter' }, exact('web')), { claims: token }, true],
    ['an item of a list claim', when(claim('groups'), exact('ops')), { claims: token }, true],
    ['a number in a list is no string', when(claim('groups'), exact('1')), { claims: token }, false],
    ['a number is no string', when(claim('n'), exact('1')), { claims: token }, false],
    ['a nested claim', when(claim('a', 'b'), exact('c')), { claims: token }, true],
    ['a scope', when(claim('scope'), exact('write')), { claims: token }, true],
    ['an absent claim', when(claim('x'), [present]), { claims: token }, false],
    ['an empty claim is not present', when(claim('empty'), [present]), { claims: token }, false],
    ['no excluded item may be in the list', when(claim('groups'), [], exact('ops')), { claims: token }, false],
    ['an absent claim is none of the excluded', when(claim('x'), [], exact('ops')), { claims: token }, true],
    ['without a token there are no claims', when(claim('groups'), [present]), {}, false],
    ['a server name', when({ kind: 'sni' }, [{ suffix: '.example' }]), { sni: 'shop.example' }, true],
    ['an absent server name', when({ kind: 'sni' }, [present]), {}, false],
    ['what an edge never has is absent', when({ kind: 'absent', key: 'experimental' }, [present]), {}, false],
  ];
  it.each(rows)('%s', (_sentence, condition, request, isMatched) => {
    expect(matches({ when: [condition] }, request)).toBe(isMatched);
  });

  it('must all hold', () => {
    const both = [when(header, exact('acme')), when({ kind: 'destination-port' }, exact('80'))];
    expect(matches({ when: both }, { headers: { 'x-tenant': 'acme' }, port: 80 })).toBe(true);
    expect(matches({ when: both }, { headers: { 'x-tenant': 'acme' }, port: 81 })).toBe(false);
  });
});

describe('path templates', () => {
  it.each([
    ['/foo/{*}/bar/{**}', '/foo/a/bar/', true],
    ['/foo/{*}/bar/{**}', '/foo/a/bar', false],
    ['/foo/{*}/bar/{**}', '/foo/a/bar/x/y', true],
    ['/foo/{*}/bar/{**}', '/foo//bar/x', false],
    ['/foo/{*}/bar/{**}', '/foo/a/b/bar/x', false],
    ['/foo/{*}/bar/{**}', '/foo/a*b/bar/', true],
    ['/foo/{*}/bar/{**}', '/foo/%20/bar/', true],
    ['/foo/{*}/bar/{**}', '/foo/a[b/bar/', false],
    ['/foo/{*}/bar/{**}', '/foo/a"b/bar/', false],
    ['/store/{**}/cart', '/store//cart', true],
    ['/store/{**}/cart', '/store/cart', false],
    ['/store/{**}/cart', '/store/a/b/cart', true],
    ['/store/{**}/cart', '/store/a/cart/', false],
    ['/allow/admin/{**}', '/allow/admin/', true],
    ['/allow/admin/{**}', '/allow/admin', false],
    ['/a/{*}', '/a/b', true],
    ['/a/{*}', '/a/', false],
    ['/a/{*}', '/a/b/', false],
    ['/a/{*}', '/a/b;c=d', true],
    ['/{**}', '/', true],
    ['/x/{**}.m3u8', '/x/a/b.m3u8', true],
    ['/x/{**}.m3u8', '/x/.m3u8', true],
    ['/x/{**}.m3u8', '/x/am3u8', false],
    ['/{**}/{*}', '/a/b', false],
    ['/{x}', '/{x}', false],
    ['/a.b/{*}', '/aXb/c', false],
  ])('%s against %s: %s', (template, path, isMatched) => {
    expect(matches({ to: [{ paths: [{ template }] }] }, { path })).toBe(isMatched);
  });

  it('stay linear on long paths', () => {
    const path = `/x/${'a.m3u/'.repeat(20_000)}`;
    expectCpuBelow(50, () =>
      expect(matches({ to: [{ paths: [{ template: '/x/{**}.m3u8' }] }] }, { path })).toBe(false),
    );
  });
});
