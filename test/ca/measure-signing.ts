/**
 * How many certificates one core signs.
 *
 *     node test/ca/measure-signing.ts [count]
 *
 * First the parts, in this process. Then the whole, over gRPC with TLS, in a server process of its own whose CPU time is
 * what counts: request read, token and signature of the CSR checked, leaf built and signed, the ledger's line written.
 */
import 'reflect-metadata';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import { CaClient } from '../../src/agent/identity/ca-client.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import { createCsr } from '../../src/ca/x509/create-csr.ts';
import { verifyCsr } from '../../src/ca/x509/verify-csr.ts';

const COUNT = Number(process.argv[2] ?? 2_000);
const PORT = 25_112;
const LANES = 16;
const MAIN = join(import.meta.dirname, '../../src/cli/bin.js');
const folder = mkdtempSync(join(tmpdir(), 'foresail-sign-'));
const store = new FolderCaStore(join(folder, 'ca'));
const ca = await MeshCa.init({ store, trustDomain: 'cluster.local' });
const csr = await createCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
const identity = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'web' };

await measure('request checked and leaf signed, @peculiar/x509', await signerOfPeculiar());
await measure('request checked and leaf signed', () => ca.issueWorkload(verifyCsr(csr), identity));
await measureServer();
rmSync(folder, { recursive: true });

async function measure(name: string, work: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 200; i++) await work();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  for (let i = 0; i < COUNT; i++) await work();
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  say(name, tookMs, (user + system) / 1000);
}

/** The library that issue 4 names, for comparison. */
async function signerOfPeculiar(): Promise<() => Promise<unknown>> {
  cryptoProvider.set(globalThis.crypto);
  const signingAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(signingAlgorithm, true, ['sign', 'verify']);
  return async () => {
    const request = new Pkcs10CertificateRequest(csr);
    if (!(await request.verify())) throw new Error('bad signature');
    const nowMs = Date.now();
    return await X509CertificateGenerator.create({
      issuer: 'O=cluster.local',
      notBefore: new Date(nowMs),
      notAfter: new Date(nowMs + 86_400_000),
      signingKey: keys.privateKey,
      publicKey: await request.publicKey.export(),
      signingAlgorithm,
      extensions: [
        new SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://cluster.local/ns/default/sa/web' }], true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      ],
    });
  };
}

async function measureServer(): Promise<void> {
  const tokens = await LocalTokenIssuer.open(store);
  const rootsFile = join(folder, 'roots.pem');
  writeFileSync(rootsFile, ca.bundle.pem);
  const args = [MAIN, 'ca', 'serve', '--dir', join(folder, 'ca'), '--listen', `127.0.0.1:${PORT}`];
  const server = spawn(process.execPath, args, { stdio: 'ignore' });
  await sleep(2_000);
  const clients = await Promise.all(
    Array.from({ length: LANES }, async (_, i) => {
      // An account for each few: the limit for one identity is below what is measured.
      const tokenFile = join(folder, `token-${i}`);
      writeFileSync(tokenFile, await tokens.mint({ namespace: 'default', serviceAccount: `sa-${i}` }));
      const address = `localhost:${PORT}`;
      return new CaClient({ address, rootsFile, tokenFile, proxyId: `proxy-${i}`, timeoutMs: 10_000 });
    }),
  );
  const run = async (count: number): Promise<void> => {
    await Promise.all(
      clients.map(async (client) => {
        for (let i = 0; i < count / LANES; i++) await client.createCertificate(csr, 0, '');
      }),
    );
  };
  await run(200);
  const before = cpuMsOf(server.pid);
  const startedMs = performance.now();
  await run(COUNT);
  say('over gRPC and TLS, a server process', performance.now() - startedMs, cpuMsOf(server.pid) - before);
  for (const client of clients) client.close();
  server.kill();
  await once(server, 'exit');
}

/** utime and stime of proc(5)'s stat, in ticks of 10 ms. */
function cpuMsOf(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function say(name: string, tookMs: number, cpuMs: number): void {
  const each = cpuMs / COUNT;
  console.log(
    `${name}: ${Math.round((COUNT / tookMs) * 1000)}/s; ${each.toFixed(2)} ms of CPU each, so ${Math.round(1000 / each)}/s on one core`,
  );
}
