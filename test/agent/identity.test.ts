import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type handleUnaryCall, Server, ServerCredentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CaClient } from '../../src/agent/identity/ca-client.ts';
import { Identity } from '../../src/agent/identity/identity.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import type { CertificateRequest, CertificateResponse } from '../../src/ca/service/certificate-messages.ts';
import { CREATE_CERTIFICATE } from '../../src/ca/service/definitions.ts';
import { verifyCsr } from '../../src/ca/x509/verify-csr.ts';
import { Folder } from '../ca/folder.ts';
import { WEB, WEB_ID } from '../ca/keys.ts';
import { MemoryStore } from '../ca/memory-store.ts';
import { until } from './machine.ts';

type Answer = (request: CertificateRequest) => Promise<readonly string[]>;

/** As Istio's CA: without the service that tells of the trust bundle. */
describe('an identity whose CA misbehaves', () => {
  const folder = new Folder();
  const server = new Server();
  const reasons: string[] = [];
  let ca: MeshCa;
  let answer: Answer;
  let client: CaClient;
  let identity: Identity;
  const sign: Answer = async ({ csr }) => (await ca.issueWorkload(verifyCsr(csr), WEB, 2_000)).chain;

  beforeAll(async () => {
    ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
    const create: handleUnaryCall<CertificateRequest, CertificateResponse> = (call, done) => {
      answer(call.request).then(
        (certChain) => done(null, { certChain }),
        () => done({ code: status.INTERNAL, details: 'broken' }),
      );
    };
    server.addService({ create: CREATE_CERTIFICATE }, { create });
    const bind = promisify<string, ServerCredentials, number>(server.bindAsync.bind(server));
    const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
    const tokenFile = join(folder.path, 'token');
    writeFileSync(tokenFile, 'x.y.z\n');
    client = new CaClient({ address: `127.0.0.1:${port}`, tokenFile, proxyId: 'p', timeoutMs: 1_500 });
    const log = (event: string, facts: Readonly<Record<string, unknown>> = {}): void => {
      if (event === 'certificate-failed') reasons.push(String(facts.why));
    };
    answer = sign;
    const expected = { namespace: WEB.namespace, serviceAccount: WEB.serviceAccount };
    identity = new Identity({ ca: client, expected, ttlS: 2, log, firstRetryMs: 50, maxRetryMs: 100 });
    identity.start();
    await until('a certificate', () => identity.certificate !== undefined);
  });

  beforeEach(() => {
    reasons.length = 0;
  });

  afterAll(() => {
    identity.stop();
    client.close();
    server.forceShutdown();
    folder[Symbol.dispose]();
  });

  it('trusts the root that comes with the certificate', () => {
    expect(identity.certificate?.spiffeId).toBe(WEB_ID);
    expect(identity.trust?.hash).toBe(ca.bundle.hash);
  });

  it.each<[string, Answer, RegExp]>([
    ['is slow', () => new Promise(() => {}), /DEADLINE_EXCEEDED/],
    ['fails', () => Promise.reject(new Error()), /INTERNAL: broken/],
    ['sends nothing', async () => [], /no root/],
    ['sends nonsense', async () => ['nonsense'], /no root/],
    [
      'signs for somebody else',
      async ({ csr }) => (await ca.issueWorkload(verifyCsr(csr), { ...WEB, serviceAccount: 'db' })).chain,
      /not for this workload/,
    ],
    ['sends an old certificate', async () => [identity.certificate?.chainPem ?? '', ca.bundle.pem], /another key/],
    [
      'sends a chain too long',
      async () => Array.from({ length: 11 }, () => ca.bundle.pem),
      /more than 10 certificates/,
    ],
    ['sends much', async () => Array.from({ length: 400 }, () => ca.bundle.pem), /more than 163840 characters/],
  ])('keeps what it has and says why when the CA %s, and recovers', async (_name, bad, why) => {
    const before = identity.certificate;
    answer = bad;
    await until('a refusal', () => reasons.length > 0, 20_000);
    expect(reasons[0]).toMatch(why);
    expect(identity.certificate).toBe(before);
    answer = sign;
    await until('a new certificate', () => identity.certificate !== before, 20_000);
  });
});
