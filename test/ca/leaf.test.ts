import 'reflect-metadata';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import {
  cryptoProvider,
  X509Certificate as PeculiarCertificate,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from '@peculiar/x509';
import { assert, asyncProperty, constantFrom, property, record, stringMatching, uint8Array } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { formatSpiffeId, parseSpiffeId, workloadIdentity } from '../../src/ca/spiffe-id.ts';
import { createCsr } from '../../src/ca/x509/create-csr.ts';
import { fromPem, toPem } from '../../src/ca/x509/pem.ts';
import { CsrError, verifyCsr } from '../../src/ca/x509/verify-csr.ts';
import { Folder } from './folder.ts';
import { newCsr, newKey, WEB, WEB_ID } from './keys.ts';
import { MemoryStore } from './memory-store.ts';

cryptoProvider.set(globalThis.crypto);
const DAY_MS = 86_400_000;
const ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });

describe('a leaf', () => {
  it('is what X509-SVID asks for, in the eyes of openssl and of another library', async () => {
    using folder = new Folder();
    const leaf = await ca.issueWorkload(verifyCsr(await newCsr()), WEB);
    folder.write('leaf.pem', leaf.chain[0] ?? '');
    folder.write('root.pem', ca.bundle.pem);
    const text = folder.openssl('x509', '-in', 'leaf.pem', '-noout', '-text');
    expect(text).toMatch(
      /X509v3 Subject Alternative Name: critical\s+URI:spiffe:\/\/cluster\.local\/ns\/default\/sa\/web\n/,
    );
    expect(text).toMatch(
      /X509v3 Extended Key Usage: \s+TLS Web Server Authentication, TLS Web Client Authentication\n/,
    );
    expect(text).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
    expect(text).toMatch(/Subject: \n/);
    for (const purpose of ['sslserver', 'sslclient']) {
      expect(
        folder.openssl('verify', '-x509_strict', '-purpose', purpose, '-CAfile', 'root.pem', 'leaf.pem'),
      ).toContain('OK');
    }
    const other = new PeculiarCertificate(leaf.chain[0] ?? '');
    expect(other.serialNumber).toBe(leaf.serial);
    expect(other.getExtension(SubjectAlternativeNameExtension)?.names.toJSON()).toEqual([
      { type: 'url', value: WEB_ID },
    ]);
  });

  it('begins two minutes ago and lives a day, or as long as was asked, up to 90 days', async () => {
    const nowMs = Date.now();
    const at = await MeshCa.open({ store: ca.store, now: () => nowMs });
    const day = new X509Certificate((await at.issueWorkload(createPublicKey(newKey()), WEB)).chain[0] ?? '');
    expect(nowMs - day.validFromDate.getTime()).toBeGreaterThanOrEqual(120_000);
    expect(day.validToDate.getTime()).toBe(Math.floor((nowMs + DAY_MS) / 1000) * 1000);
    await expect(at.issueWorkload(createPublicKey(newKey()), WEB, 90 * DAY_MS + 1)).rejects.toThrow(/longer than/);
    await expect(at.issueWorkload(createPublicKey(newKey()), WEB, -1)).rejects.toThrow(/not positive/);
  });

  it('never outlives its issuer, and an expired issuer signs nothing', async () => {
    const { notAfterMs } = ca.active.certificate;
    const late = await MeshCa.open({ store: ca.store, now: () => notAfterMs - 1000 });
    expect((await late.issueWorkload(createPublicKey(newKey()), WEB)).notAfterMs).toBe(notAfterMs);
    const tooLate = await MeshCa.open({ store: ca.store, now: () => notAfterMs });
    await expect(tooLate.issueWorkload(createPublicKey(newKey()), WEB)).rejects.toThrow(/has expired/);
  });

  it('carries nothing of what the request says: no name, no SAN, no extension', async () => {
    const names = constantFrom<'dns' | 'url' | 'email'>('dns', 'url', 'email');
    const value = stringMatching(/^[a-z]{1,12}\.[a-z]{2,8}$/);
    await assert(
      asyncProperty(record({ type: names, value }), value, async (san, commonName) => {
        const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
        const uri = `spiffe://cluster.local/ns/kube-system/sa/${san.value}`;
        const csr = await Pkcs10CertificateRequestGenerator.create({
          name: `CN=${commonName}`,
          keys,
          signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
          extensions: [new SubjectAlternativeNameExtension([san.type === 'url' ? { type: 'url', value: uri } : san])],
        });
        const leaf = new X509Certificate((await ca.issueWorkload(verifyCsr(csr.toString('pem')), WEB)).chain[0] ?? '');
        expect(leaf.subjectAltName).toBe(`URI:${WEB_ID}`);
        expect(leaf.subject ?? '').toBe('');
      }),
      { numRuns: 30 },
    );
  });
});

describe('a request', () => {
  it('with keys that Envoy takes is accepted', async () => {
    for (const key of [
      newKey(),
      generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey,
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey,
    ]) {
      const leaf = await ca.issueWorkload(verifyCsr(await createCsr(key)), WEB);
      expect(new X509Certificate(leaf.chain[0] ?? '').checkPrivateKey(key)).toBe(true);
    }
  });

  it('made by openssl is accepted, and openssl accepts ours', async () => {
    using folder = new Folder();
    folder.openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      'k',
      '-out',
      'r',
      '-subj',
      '/CN=x',
    );
    expect(verifyCsr(folder.read('r')).asymmetricKeyType).toBe('ec');
    folder.write('ours', await newCsr());
    expect(folder.openssl('req', '-in', 'ours', '-verify', '-noout', '-text')).toContain('Subject: \n');
  });

  it('with a weak or strange key is refused', async () => {
    using folder = new Folder();
    folder.openssl('req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', 'k', '-out', 'weak', '-subj', '/CN=x');
    folder.openssl('req', '-new', '-newkey', 'ed25519', '-nodes', '-keyout', 'k', '-out', 'ed', '-subj', '/CN=x');
    folder.openssl(
      'req',
      '-new',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:secp256k1',
      '-nodes',
      '-keyout',
      'k',
      '-out',
      'koblitz',
      '-subj',
      '/CN=x',
    );
    folder.openssl(
      'req',
      '-new',
      '-sha1',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'k',
      '-out',
      'sha1',
      '-subj',
      '/CN=x',
    );
    expect(() => verifyCsr(folder.read('weak'))).toThrow(/1024 bits/);
    expect(() => verifyCsr(folder.read('ed'))).toThrow(/ed25519/);
    expect(() => verifyCsr(folder.read('koblitz'))).toThrow(/P-256/);
    expect(() => verifyCsr(folder.read('sha1'))).toThrow(/not accepted/);
  });

  it('is refused wherever a bit of it is changed, and bytes of any kind do no more than be refused', async () => {
    const der = fromPem('CERTIFICATE REQUEST', await newCsr())[0] ?? Buffer.of();
    for (let bit = 0; bit < der.length * 8; bit += 3) {
      const changed = Buffer.from(der);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => verifyCsr(toPem('CERTIFICATE REQUEST', changed)), `bit ${bit}`).toThrow(CsrError);
    }
    assert(
      property(uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => verifyCsr(toPem('CERTIFICATE REQUEST', bytes))).toThrow(CsrError);
      }),
    );
    expect(() => verifyCsr('x'.repeat(20_000))).toThrow(/longer than/);
    expect(() => verifyCsr(toPem('CERTIFICATE REQUEST', der).repeat(2))).toThrow(/not one/);
  });
});

describe('a SPIFFE id', () => {
  it('is read as it is written, and nothing else is one', () => {
    expect(parseSpiffeId(formatSpiffeId(WEB))).toEqual(WEB);
    for (const bad of [
      'spiffe://a/ns/b',
      'spiffe://a/ns/b/sa/c/d',
      'spiffe://a/ns//sa/c',
      'spiffe://A/ns/b/sa/c',
      'http://a/ns/b/sa/c',
      'spiffe://a/ns/b/sa/c?x',
      'spiffe://a:1/ns/b/sa/c',
      'spiffe://a/ns/b/sa/..',
    ]) {
      expect(parseSpiffeId(bad), bad).toBeUndefined();
    }
    expect(workloadIdentity('cluster.local', 'a,URI:spiffe://x', 'c')).toBeUndefined();
  });
});
