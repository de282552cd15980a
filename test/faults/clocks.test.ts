/**
 * Also tested: tokens that expire while they are remembered (test/engine/jwt/verifier.test.ts), passes that are renewed
 * (test/edge/passes.test.ts), leases by a monotonic clock (test/kube/leader-election.test.ts), CA rotation by an
 * injected clock (test/ca/rotation.test.ts), the syncer, which keeps time by a monotonic clock.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Server as GrpcServer, type handleUnaryCall, ServerCredentials } from '@grpc/grpc-js';
import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { CaClient } from '../../src/agent/identity/ca-client.ts';
import { Identity } from '../../src/agent/identity/identity.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import type { CertificateRequest, CertificateResponse } from '../../src/ca/service/certificate-messages.ts';
import { CREATE_CERTIFICATE } from '../../src/ca/service/definitions.ts';
import { verifyCsr } from '../../src/ca/x509/verify-csr.ts';
import { JwksCache } from '../../src/control/jwks-cache.ts';
import { PassIssuer } from '../../src/edge/edge-pass.ts';
import { JwksRefetcher } from '../../src/edge/jwks.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { until } from '../agent/machine.ts';
import { Folder } from '../ca/folder.ts';
import { WEB } from '../ca/keys.ts';
import { MemoryStore } from '../ca/memory-store.ts';
import { ask, bearer, jwtRule, NOW_SECONDS, testEnvironment, testKey, verifier } from '../engine/jwt/support.ts';
import { MutableSource } from '../snapshot/mutable-source.ts';
import { publishToMemory } from '../snapshot/publish-to-memory.ts';
import { hostOf, versionedMesh } from './support/versioned-mesh.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const NOW_MS = 1_790_000_000_000;

class Clock {
  nowMs = NOW_MS;
  readonly read = (): number => this.nowMs;
}

describe('where the clock is set back by a day, a snapshot reader', () => {
  it('looks for newer versions at once and then as often as before', async () => {
    const clock = new Clock();
    const { store, publisher } = await publishToMemory(versionedMesh('v1'));
    const reader = new SnapshotReader(new MutableSource(store), { nowMs: clock.read, refreshIntervalMs: 1_000 });
    await reader.load(hostOf(0));
    await publisher.publish(versionedMesh('v2'));
    clock.nowMs -= DAY_MS;
    await reader.refreshIfDue();
    expect(reader.current?.version).toBe(2);
    expect(reader.refreshIfDue()).toBeUndefined();
    clock.nowMs += 1_000;
    expect(reader.refreshIfDue()).toBeDefined();
  });

  it('asks again for a host whose pieces could not be read before', async () => {
    const clock = new Clock();
    const { store } = await publishToMemory(versionedMesh('v1'));
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source, { nowMs: clock.read });
    source.failure = new Error('the store is down');
    await reader.load(hostOf(0));
    source.failure = undefined;
    clock.nowMs -= DAY_MS;
    await reader.load(hostOf(0));
    expect(reader.ready(hostOf(0))).toBe(true);
  });

  it('waits no longer than ever for a load that will never end', async () => {
    const clock = new Clock();
    const { store } = await publishToMemory(versionedMesh('v1'));
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source, { nowMs: clock.read });
    const root = source.root.bind(source);
    source.root = () => new Promise(() => {});
    void reader.load(hostOf(0));
    source.root = root;
    clock.nowMs -= DAY_MS;
    await reader.load(hostOf(0));
    expect(reader.ready(hostOf(0))).toBe(true);
  });
});

describe('passes', () => {
  const claims = { dst: 'd', auth: 'a', ip: '192.0.2.1', sub: undefined, retry: undefined, timeoutMs: 0 };
  const context = { waitUntil: () => {} };

  it.each([
    ['an hour forward', 3_600_000],
    ['an hour back', -3_600_000],
    ['a day back', -DAY_MS],
    ['a second back', -1_000],
  ])('after the clock was set %s are valid now, and for a minute at most', async (_, jumpMs) => {
    const clock = new Clock();
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
    const key = JSON.stringify(await crypto.subtle.exportKey('jwk', privateKey));
    const passes = new PassIssuer({ key, issuer: 'edge', audience: 'mesh', nowMs: clock.read });
    await passes.issue(claims, context);
    clock.nowMs += jumpMs;
    const { iat = 0, exp = 0 } = decodeJwt(await passes.issue(claims, context));
    const nowS = clock.nowMs / 1000;
    expect(iat).toBeLessThanOrEqual(nowS);
    expect(exp).toBeGreaterThan(nowS);
    expect(exp).toBeLessThanOrEqual(nowS + 60);
  });
});

describe('tokens', () => {
  it('are judged by the time that it is: good again where the clock was an hour ahead, refused where it moves on', async () => {
    const key = await testKey('ES256');
    const env = testEnvironment();
    const tokens = verifier(jwtRule({ keys: { keys: [key.jwk] } }));
    const token = await key.sign({ iss: 'https://issuer.example', sub: 'ann', exp: NOW_SECONDS + 600 });
    const askNow = () => ask(tokens, bearer(token), env);
    expect(await askNow()).toMatchObject({ kind: 'pass' });
    env.nowSeconds += 3_600;
    expect(await askNow()).toMatchObject({ kind: 'reject', body: 'Jwt is expired' });
    env.nowSeconds -= 3_600;
    expect(await askNow()).toMatchObject({ kind: 'pass' });
  });

  it('that were refused are looked at anew after the clock was set back', async () => {
    const [old, next] = [await testKey('ES256', 'old'), await testKey('ES256', 'next')];
    const env = testEnvironment();
    env.fresh = [];
    const tokens = verifier(jwtRule({ keys: { keys: [old.jwk], uri: 'https://issuer.example/keys' } }));
    const token = await next.sign({ iss: 'https://issuer.example', sub: 'ann', exp: NOW_SECONDS + 600 });
    expect(await ask(tokens, bearer(token), env)).toMatchObject({ kind: 'reject' });
    env.fresh = [next.jwk as Record<string, unknown>];
    env.nowSeconds -= 3_600;
    expect(await ask(tokens, bearer(token), env)).toMatchObject({ kind: 'pass' });
  });
});

describe('keys of issuers', () => {
  let server: Server | undefined;
  let keys: unknown[] = [];
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });

  async function serve(): Promise<string> {
    keys = [{ kty: 'oct', kid: 'one', k: 'AAAA' }];
    server = createServer((_, response) => response.end(JSON.stringify({ keys }))).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  }

  it('are fetched on by the control plane after its clock was set back', async () => {
    const jwksUri = await serve();
    const cache = new JwksCache();
    const lookup = () => cache.lookup({ issuer: 'i', jwksUri });
    lookup();
    await cache.refresh(NOW_MS);
    keys = [{ kty: 'oct', kid: 'two', k: 'AAAA' }];
    await cache.refresh(NOW_MS - DAY_MS);
    expect(lookup()).toMatchObject({ keys: [{ kid: 'two' }] });
  });

  it('are fetched on by the edge after its clock was set back', async () => {
    const uri = await serve();
    const clock = new Clock();
    const edge = new JwksRefetcher(clock.read);
    expect(await edge.refetch(uri)).toMatchObject([{ kid: 'one' }]);
    keys = [{ kty: 'oct', kid: 'two', k: 'AAAA' }];
    clock.nowMs -= DAY_MS;
    expect(await edge.refetch(uri)).toMatchObject([{ kid: 'two' }]);
  });
});

describe('the certificate of a workload', () => {
  it('is renewed soon after the clock has jumped past its end, as after a machine has slept', async () => {
    const clock = new Clock();
    const ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local', now: clock.read });
    const create: handleUnaryCall<CertificateRequest, CertificateResponse> = (call, done) => {
      ca.issueWorkload(verifyCsr(call.request.csr), WEB, 86_400_000).then(
        ({ chain }) => done(null, { certChain: chain }),
        (error: Error) => done({ code: 13, details: error.message }),
      );
    };
    const server = new GrpcServer();
    server.addService({ create: CREATE_CERTIFICATE }, { create });
    const bind = promisify<string, ServerCredentials, number>(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
    const folder = new Folder();
    const tokenFile = join(folder.path, 'token');
    writeFileSync(tokenFile, 'x.y.z\n');
    const client = new CaClient({ address: `127.0.0.1:${port}`, tokenFile, proxyId: 'p', timeoutMs: 5_000 });
    const expected = { namespace: WEB.namespace, serviceAccount: WEB.serviceAccount };
    const identity = new Identity({
      ca: client,
      expected,
      ttlS: 86_400,
      log: () => {},
      nowMs: clock.read,
      clockCheckMs: 20,
    });
    try {
      identity.start();
      await until('a certificate', () => identity.renewals === 1);
      clock.nowMs += 2 * DAY_MS;
      await until('another certificate', () => identity.renewals === 2);
      expect(identity.certificate?.notAfterMs).toBeGreaterThan(clock.nowMs);
      clock.nowMs -= DAY_MS / 4;
      expect(identity.certificate?.notAfterMs).toBeGreaterThan(clock.nowMs);
    } finally {
      identity.stop();
      client.close();
      server.forceShutdown();
      folder[Symbol.dispose]();
    }
  });
});
