import { createPublicKey, createSecretKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { type ChannelCredentials, Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { revoke } from '../../src/ca/authority/revocation-lists.ts';
import { LOCAL_ISSUER, LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import type { TokenReviewer } from '../../src/ca/callers/token-reviewer.ts';
import { type CaServer, startCaServer } from '../../src/ca/service/ca-server.ts';
import { type CaServices, openCaServices } from '../../src/ca/service/ca-services.ts';
import type { CertificateRequest } from '../../src/ca/service/certificate-messages.ts';
import { CREATE_CERTIFICATE, FOLLOW_TRUST } from '../../src/ca/service/definitions.ts';
import { createCsr } from '../../src/ca/x509/create-csr.ts';
import { newCsr, newKey, WEB, WEB_ID } from './keys.ts';
import { MemoryStore } from './memory-store.ts';

const lines: string[] = [];
const signingKey = newKey();
let nowMs = Date.now();
const now = (): number => nowMs;
let ca: MeshCa;
let tokens: LocalTokenIssuer;
let services: CaServices;
let server: CaServer;
let token = '';
let reviewer: TokenReviewer;
const clients: Client[] = [];

beforeAll(async () => {
  const log = (event: string, facts: object = {}) => void lines.push(JSON.stringify({ event, ...facts }));
  ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local', now, log });
  tokens = new LocalTokenIssuer(signingKey, now);
  reviewer = tokens;
  const asked: TokenReviewer = { review: (...args) => reviewer.review(...args) };
  services = await openCaServices(ca, asked, {
    limits: { identityPerSecond: 1, identityBurst: 30, totalPerSecond: 100_000 },
  });
  server = await startCaServer({ services, address: '127.0.0.1:0', names: ['localhost', '127.0.0.1'] });
  token = await tokens.mint({ namespace: 'default', serviceAccount: 'web' });
});

afterAll(async () => {
  for (const client of clients) client.close();
  await server.stop();
});

function clientWith(channel?: ChannelCredentials): Client {
  const roots = Buffer.from(ca.bundle.pem);
  const client = new Client(`localhost:${server.port}`, channel ?? credentials.createSsl(roots), {
    'grpc.use_local_subchannel_pool': 1,
  });
  clients.push(client);
  return client;
}

/** The chain, or the code and the text of the error. */
function ask(
  request: Partial<CertificateRequest>,
  authorization: string | undefined = `Bearer ${token}`,
  client = clientWith(),
): Promise<{ chain: readonly string[]; code: status; details: string }> {
  const metadata = new Metadata();
  if (authorization !== '') metadata.set('authorization', authorization);
  const whole = { csr: '', validityS: 0, metadata: {}, ...request };
  const { path, requestSerialize, responseDeserialize } = CREATE_CERTIFICATE;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      whole,
      metadata,
      (error: ServiceError | null, answer) =>
        resolve({ chain: answer?.certChain ?? [], code: error?.code ?? status.OK, details: error?.details ?? '' }),
    );
  });
}

async function mutualTls(key: KeyObject, chain: readonly string[]): Promise<Client> {
  const pem = Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }));
  return clientWith(credentials.createSsl(Buffer.from(ca.bundle.pem), pem, Buffer.from(chain.join(''))));
}

describe('CreateCertificate', () => {
  it('signs for the account of the token, leaf first and root last', async () => {
    const { chain, code } = await ask({ csr: await newCsr(), validityS: 600 });
    expect(code).toBe(status.OK);
    expect(chain).toHaveLength(2);
    const [leaf, root] = chain.map((pem) => new X509Certificate(pem));
    expect(leaf?.subjectAltName).toBe(`URI:${WEB_ID}`);
    expect(leaf?.verify(root?.publicKey ?? createPublicKey(newKey()))).toBe(true);
    expect((leaf?.validToDate.getTime() ?? 0) - nowMs).toBeLessThanOrEqual(600_000);
    expect(root?.toString()).toBe(ca.bundle.roots[0]?.x509.toString());
  });

  it('refuses bad requests with INVALID_ARGUMENT', async () => {
    for (const request of [
      { csr: 'nonsense' },
      { csr: await newCsr(), validityS: 91 * 86_400 },
      { csr: await newCsr(), validityS: -5 },
      { csr: await newCsr(), metadata: { 'foresail.proxyId': 'x'.repeat(300) } },
    ]) {
      expect((await ask(request)).code).toBe(status.INVALID_ARGUMENT);
    }
    expect((await ask({ csr: 'x'.repeat(100_000) })).code).toBe(status.RESOURCE_EXHAUSTED);
  });

  it('refuses callers whom nothing speaks for', async () => {
    const csr = await newCsr();
    for (const authorization of ['', 'Basic Zm9vOmJhcg==', 'Bearer', 'Bearer a b', 'Bearer x.y.z']) {
      expect(await ask({ csr }, authorization), authorization).toMatchObject({
        code: status.UNAUTHENTICATED,
        chain: [],
      });
    }
  });

  const good = { iss: LOCAL_ISSUER, aud: 'istio-ca', sub: 'system:serviceaccount:default:web' };
  const sign = (claims: object, key: KeyObject, alg = 'ES256', expiry: string | number = '1h') => {
    const jwt = new SignJWT({ ...claims }).setProtectedHeader({ alg }).setIssuedAt();
    return (expiry === '' ? jwt : jwt.setExpirationTime(expiry)).sign(key);
  };
  it.each<[string, () => Promise<string> | string]>([
    ['no signature (alg none)', () => new UnsecuredJWT(good).setIssuedAt().setExpirationTime('1h').encode()],
    ['another key', () => sign(good, newKey())],
    ['the public key as a secret (HS256)', () => sign(good, publicKeyAsSecret(), 'HS256')],
    [
      'another algorithm of the same key family',
      () => sign(good, generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey, 'ES384'),
    ],
    ['another audience', () => sign({ ...good, aud: 'vault' }, signingKey)],
    ['no audience', () => sign({ iss: good.iss, sub: good.sub }, signingKey)],
    ['another issuer', () => sign({ ...good, iss: 'kubernetes/serviceaccount' }, signingKey)],
    ['an expiry in the past', () => sign(good, signingKey, 'ES256', Math.floor(nowMs / 1000) - 60)],
    ['no expiry', () => sign(good, signingKey, 'ES256', '')],
    ['a subject that is no account', () => sign({ ...good, sub: 'system:node:a' }, signingKey)],
    [
      'an account whose name would forge an id',
      () => sign({ ...good, sub: 'system:serviceaccount:default:web/ns/x' }, signingKey),
    ],
  ])('refuses a token with %s', async (_name, mint) => {
    const answer = await ask({ csr: await newCsr() }, `Bearer ${await mint()}`);
    expect(answer).toMatchObject({ code: status.UNAUTHENTICATED, chain: [] });
  });

  it('says UNAVAILABLE, not "refused", where tokens cannot be checked', async () => {
    reviewer = { review: () => Promise.reject(new Error('connection refused')) };
    expect((await ask({ csr: await newCsr() })).code).toBe(status.UNAVAILABLE);
    reviewer = tokens;
  });

  it('takes a mesh certificate in place of a token, for its own identity only', async () => {
    const key = newKey();
    const { chain } = await ask({ csr: await createCsr(key) });
    const client = await mutualTls(key, chain);
    const renewed = await ask({ csr: await newCsr() }, '', client);
    expect(new X509Certificate(renewed.chain[0] ?? '').subjectAltName).toBe(`URI:${WEB_ID}`);
    expect((await ask({ csr: await newCsr() }, 'Bearer x.y.z', client)).code, 'a bad token beside it').toBe(
      status.UNAUTHENTICATED,
    );
  });

  it('refuses certificates that are expired, revoked, of another domain, of another CA, or no workload’s', async () => {
    const key = newKey();
    const publicKey = createPublicKey(key);
    const refused = async (chain: readonly string[]) =>
      await ask({ csr: await newCsr() }, '', await mutualTls(key, chain));

    const revoked = await ca.issueWorkload(publicKey, WEB);
    await revoke(ca, revoked.serial);
    expect((await refused(revoked.chain)).details).toMatch(/revoked/);
    const foreign = await ca.issueWorkload(publicKey, { ...WEB, trustDomain: 'other.example' });
    expect((await refused(foreign.chain)).details).toMatch(/another trust domain/);
    const named = await ca.issueServer(publicKey, { dnsNames: ['web.default.svc'] }, 60_000);
    expect((await refused(named.chain)).details).toMatch(/names no workload/);
    const two = await ca.issueServer(publicKey, { uris: [WEB_ID, 'spiffe://cluster.local/ns/a/sa/b'] }, 60_000);
    expect((await refused(two.chain)).details).toMatch(/names no workload/);
    const otherCa = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
    expect((await refused((await otherCa.issueWorkload(publicKey, WEB)).chain)).code).toBe(status.UNAUTHENTICATED);

    const short = await ca.issueWorkload(publicKey, WEB, 60_000);
    const client = await mutualTls(key, short.chain);
    expect((await ask({ csr: await newCsr() }, '', client)).code, 'still valid').toBe(status.OK);
    nowMs += 120_000;
    expect((await ask({ csr: await newCsr() }, '', client)).details, 'on the same connection').toMatch(/has expired/);
    nowMs -= 120_000;
  });

  it('answers many at once, each with a serial of its own', async () => {
    const client = clientWith();
    const asked = Array.from({ length: 40 }, async (_, i) => {
      const account = `sa-${i % 4}`;
      const bearer = `Bearer ${await tokens.mint({ namespace: 'many', serviceAccount: account })}`;
      const { chain } = await ask({ csr: await newCsr() }, bearer, client);
      expect(new X509Certificate(chain[0] ?? '').subjectAltName).toBe(
        `URI:spiffe://cluster.local/ns/many/sa/${account}`,
      );
      return new X509Certificate(chain[0] ?? '').serialNumber;
    });
    expect(new Set(await Promise.all(asked)).size).toBe(40);
  });

  it('bounds how fast one identity may ask', async () => {
    const bearer = `Bearer ${await tokens.mint({ namespace: 'default', serviceAccount: 'greedy' })}`;
    const client = clientWith();
    const csr = await newCsr();
    const codes = await Promise.all(Array.from({ length: 60 }, async () => (await ask({ csr }, bearer, client)).code));
    expect(codes.filter((code) => code === status.OK).length).toBeLessThanOrEqual(31);
    expect(codes).toContain(status.RESOURCE_EXHAUSTED);
  });

  it('writes no token, key or request into its log', async () => {
    const csr = await newCsr();
    await ask({ csr });
    const all = lines.join('\n');
    expect(all).toContain('certificate-issued');
    expect(all).not.toContain(token.split('.')[2]);
    expect(all).not.toContain('PRIVATE KEY');
    expect(all).not.toContain(csr.split('\n')[1]);
  });
});

describe('the server', () => {
  it('shows a certificate of the mesh that names it, and takes no old TLS', async () => {
    const ca_ = ca.bundle.pem;
    const socket = connect({
      host: '127.0.0.1',
      port: server.port,
      ca: ca_,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
    });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    expect(socket.authorized).toBe(true);
    expect(socket.getProtocol()).toMatch(/TLSv1\.[23]/);
    socket.destroy();
  });
});

describe('Follow', () => {
  it('sends the bundle at once and at every change, and refuses who is nobody', async () => {
    const { path, requestSerialize, responseDeserialize } = FOLLOW_TRUST;
    const nobody = clientWith().makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    const error = await new Promise<ServiceError>((resolve) => nobody.on('error', resolve));
    expect(error.code).toBe(status.UNAUTHENTICATED);

    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    const stream = clientWith().makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    const updates: { bundleHash: string; crlPem: string }[] = [];
    stream.on('data', (update) => updates.push(update)).on('error', () => {});
    stream.write({ proxyId: 'p1', bundleHash: 'abc', issuer: '', leaving: false });
    await expect.poll(() => updates.length).toBe(1);
    expect(updates[0]?.bundleHash).toBe(ca.bundle.hash);
    await expect.poll(() => services.proxies.find(WEB_ID, 'p1')?.bundleHash).toBe('abc');
    await revoke(ca, 'aabbcc');
    await expect.poll(() => updates.length).toBe(2);
    expect(updates[1]?.crlPem).not.toBe(updates[0]?.crlPem);
    stream.cancel();
    await expect
      .poll(() => services.proxies.find(WEB_ID, 'p1'), { message: 'no leaf, no memory of it' })
      .toBeUndefined();
  });
});

function publicKeyAsSecret(): KeyObject {
  return createSecretKey(Buffer.from(createPublicKey(signingKey).export({ type: 'spki', format: 'pem' })));
}
