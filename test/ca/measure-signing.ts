/**
 * How many certificates one core signs: request read and its signature checked, token checked, leaf built and signed, the
 * ledger's line written.
 *
 *     node test/ca/measure-signing.ts [count]
 */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import { recognise } from '../../src/ca/callers/recognise.ts';
import { LeafLedger } from '../../src/ca/rotation/leaf-ledger.ts';
import { formatSpiffeId } from '../../src/ca/spiffe-id.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import { createCsr } from '../../src/ca/x509/create-csr.ts';
import { verifyCsr } from '../../src/ca/x509/verify-csr.ts';

const count = Number(process.argv[2] ?? 2_000);
const folder = mkdtempSync(join(tmpdir(), 'foresail-sign-'));
const store = new FolderCaStore(folder);
const ca = await MeshCa.init({ store, trustDomain: 'cluster.local' });
const tokens = await LocalTokenIssuer.open(store);
const ledger = await LeafLedger.open(store, Date.now());
const authorization = [`Bearer ${await tokens.mint({ namespace: 'default', serviceAccount: 'web' })}`];
const csr = await createCsr(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);

async function whole(proxyId: string): Promise<void> {
  const caller = await recognise({ authorization, certificate: undefined }, { ca, tokens });
  if (caller.identity === undefined) throw new Error(caller.why);
  const leaf = await ca.issueWorkload(verifyCsr(csr), caller.identity);
  const identity = formatSpiffeId(caller.identity);
  await ledger.record({ identity, proxyId, issuer: leaf.issuerId, notAfterMs: leaf.notAfterMs }, Date.now());
}

async function measure(name: string, work: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 200; i++) await work(i);
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  for (let i = 0; i < count; i++) await work(i);
  const tookMs = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000 / count;
  console.log(`${name}: ${Math.round((count / tookMs) * 1000)}/s, ${cpuMs.toFixed(2)} ms of CPU each`);
}

const identity = { trustDomain: 'cluster.local', namespace: 'default', serviceAccount: 'web' };
await measure('request checked and leaf signed', () => ca.issueWorkload(verifyCsr(csr), identity));
await measure('with token and ledger', (i) => whole(`proxy-${i % 100}`));
rmSync(folder, { recursive: true });
