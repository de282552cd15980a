/**
 * What stands in somebody's YAML makes the control plane and the edge call addresses. Also tested: redirects without
 * an end, endless answers, blocked CIDRs (test/control/guarded-fetch.test.ts); keys that are found again
 * (test/control/jwks-cache.test.ts).
 */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import {
  BlockedAddresses,
  LOOPBACK_CIDRS,
  METADATA_CIDRS,
  namesLoopback,
} from '../../src/control/blocked-addresses.ts';
import { Compiler } from '../../src/control/compiler.ts';
import { fetchJsonGuarded } from '../../src/control/guarded-fetch.ts';
import { JwksCache } from '../../src/control/jwks-cache.ts';
import { servingConfigOf } from '../../src/control/simulate/serving.ts';
import { JwksRefetcher } from '../../src/edge/jwks.ts';
import { decide } from '../../src/engine/decide.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { factsOf, hmacToken } from '../engine/jwt/support.ts';
import { seededEnvironment } from '../properties/support.ts';

const servers: Server[] = [];
const MEGABYTE = 'x'.repeat(1024 * 1024);

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('the control plane calls no metadata service, however it is spelled:', () => {
  it.each([
    'http://169.254.169.254/latest/meta-data',
    'http://2852039166/',
    'http://0xa9fea9fe/',
    'http://0251.0376.0251.0376/',
    'http://169.254.43518/',
    'http://①⑥⑨.254.169.254/',
    'http://169.254.169.254./',
    'http://u:p@169.254.169.254/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
    'http://[::169.254.169.254]/',
    'http://[::ffff:0:169.254.169.254]/',
    'http://[64:ff9b::169.254.169.254]/',
    'http://[2002:a9fe:a9fe::1]/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://100.100.100.200/',
  ])('%s', async (url) => {
    await expect(fetchJsonGuarded(url)).rejects.toThrow('must not be called');
    const issuer = { issuer: 'i', jwksUri: url };
    const cache = new JwksCache();
    cache.lookup(issuer);
    await cache.refresh(0);
    // An edge may try for itself where it is told the address: not here.
    expect(cache.lookup(issuer)).toEqual({ unavailable: expect.stringContaining('must not be called') });
  });

  it('nor by a redirect, from wherever it comes', async () => {
    for (const location of [
      'http://169.254.169.254/',
      'http://[64:ff9b::a9fe:a9fe]/',
      'file:///etc/passwd',
      '//2852039166/',
    ]) {
      const url = await serve((_, response) => response.writeHead(302, { location }).end());
      await expect(fetchJsonGuarded(url)).rejects.toThrow(/must not be called|not http/);
    }
  });
});

describe('this machine', () => {
  it('is called only by a URL that says so, never by a name or a redirect that leads here', () => {
    for (const url of [
      'http://localhost:1/',
      'http://a.localhost/',
      'http://127.1.2.3/',
      'http://[::1]/',
      'http://0/',
    ]) {
      expect([url, namesLoopback(url)]).toEqual([url, true]);
    }
    for (const url of [
      'http://rebind.example/',
      'https://10.0.0.1/',
      'http://localhost.example/',
      'no url',
      'file:///x',
    ]) {
      expect([url, namesLoopback(url)]).toEqual([url, false]);
    }
    const blocked = new BlockedAddresses([...METADATA_CIDRS, ...LOOPBACK_CIDRS]);
    for (const address of [
      '127.0.0.1',
      '127.9.9.9',
      '0.0.0.0',
      '::1',
      '::',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ]) {
      expect([address, blocked.has(address)]).toEqual([address, true]);
    }
    for (const address of ['8.8.8.8', '2606:4700::1111', '64:ff9b::808:808', 'fd00::1', '10.0.0.1']) {
      expect([address, blocked.has(address)]).toEqual([address, false]);
    }
  });

  it('is not reached by a name that is bound to it', async () => {
    const url = await serve((_, response) => response.end('{"keys":[]}'));
    const { hostname } = await import('node:os');
    const named = url.replace('127.0.0.1', hostname());
    // The machine's own name leads to it, by loopback or by another of its addresses, where nobody listens.
    await expect(fetchJsonGuarded(named)).rejects.toThrow(/must not be called|cannot be reached/);
  });
});

describe('a key set that is a bomb', () => {
  it.each<[string, RequestListener]>([
    ['of ten megabytes', (_, response) => response.end(`{"keys":[{"x":"${MEGABYTE.repeat(10)}"}]}`)],
    ['without an end', (_, response) => void setInterval(() => response.write(MEGABYTE), 1).unref()],
    ['nested beyond measure', (_, response) => response.end(`{"keys":${'['.repeat(500_000)}${']'.repeat(500_000)}}`)],
    ['that redirects to itself', (_, response) => response.writeHead(302, { location: '/' }).end()],
    ['that redirects to a file', (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()],
    ['that is no object', (_, response) => response.end('[1,2,3]')],
  ])('%s gives no keys, to the control plane and to the edge', async (_, listener) => {
    const uri = await serve(listener);
    const request = { issuer: 'i', jwksUri: uri };
    const cache = new JwksCache();
    cache.lookup(request);
    await cache.refresh(0);
    expect({ keys: [], ...cache.lookup(request) }).toMatchObject({ keys: [] });
    expect((await new JwksRefetcher(Date.now).refetch(uri)) ?? []).toEqual([]);
  });

  it('of ten megabytes is not read to its end by the edge', async () => {
    let written = 0;
    const uri = await serve((_, response) => {
      const more = (): void => {
        while (written < 64 && response.write(MEGABYTE)) written++;
      };
      response.on('drain', more);
      more();
    });
    expect(await new JwksRefetcher(Date.now).refetch(uri)).toBeUndefined();
    expect(written).toBeLessThan(32);
  });

  it('of ten thousand keys is compiled, and a token is tried with a few of them only', async () => {
    const keys = Array.from({ length: 10_000 }, (_, i) => ({
      kty: 'oct',
      k: Buffer.from(`k${i}`).toString('base64url'),
    }));
    const uri = await serve((_, response) => response.end(JSON.stringify({ keys })));
    const yaml = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: web, namespace: istio-system }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ['*'] }] }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: jwt, namespace: istio-system }
spec: { jwtRules: [{ issuer: one, jwksUri: '${uri}' }] }
`;
    const { mesh } = await new Compiler().compile(parseYaml(yaml, { file: 'a.yaml' }).resources);
    const serving = servingConfigOf(mesh.edge);
    const facts = factsOf({
      headers: { authorization: `Bearer ${await hmacToken('k9999', { alg: 'HS256' }, { iss: 'one', sub: 's' })}` },
    });
    const decided = await decide(serving, { ...facts, scheme: 'http', port: 80 }, seededEnvironment(1));
    expect(decided).toMatchObject({ kind: 'reply', status: 401 });
  });
});

describe('the edge', () => {
  it('follows no redirect of a key server, and reads no file', async () => {
    const calls: string[] = [];
    const inner = await serve((request, response) => {
      calls.push(request.url ?? '');
      response.end('{"keys":[{"kid":"stolen"}]}');
    });
    const outer = await serve((_, response) => response.writeHead(307, { location: `${inner}/inner` }).end());
    expect(await new JwksRefetcher(Date.now).refetch(outer)).toBeUndefined();
    expect(calls).toEqual([]);
    expect(await new JwksRefetcher(Date.now).refetch('file:///etc/passwd')).toBeUndefined();
    expect(await new JwksRefetcher(Date.now).refetch('data:application/json,{"keys":[{}]}')).toBeUndefined();
  });

  it('waits no longer than five seconds for a key server that says nothing', async () => {
    const server = createTcpServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    server.on('connection', (socket) => void text(socket).catch(() => {}));
    const uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    expect(await new JwksRefetcher(Date.now).refetch(uri)).toBeUndefined();
    server.close();
  });
});
