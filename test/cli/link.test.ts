import { createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { importJWK, type JWK, jwtVerify } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import { ensureClientCertificate } from '../../src/control/link/client-certificate.ts';
import { readClientTrust } from '../../src/control/link/client-trust.ts';
import { LinkKeys } from '../../src/control/link/link-keys.ts';
import { shareLink } from '../../src/control/link/share-link.ts';
import { PassIssuer } from '../../src/edge/edge-pass.ts';
import { runForesail } from './run-foresail.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'foresail-link-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function link(...args: string[]) {
  return runForesail(['link', ...args, '--dir', join(folder, 'link')]);
}

function privateKeys(): string[] {
  return readdirSync(join(folder, 'link')).filter((name) => name.endsWith('.jwk'));
}

function publicKeys(): JWK[] {
  return JSON.parse(readFileSync(join(folder, 'link', 'edge-pass-keys.json'), 'utf8')).keys;
}

/** Whether the gateways would take a pass that a worker signs with this key. */
async function takesPassOf(file: string): Promise<boolean> {
  const key = readFileSync(join(folder, 'link', file), 'utf8');
  const issuer = new PassIssuer({ key, issuer: 'foresail-edge', audience: 'shop', nowMs: () => Date.now() });
  const claims = {
    dst: 'outbound|80||web',
    auth: 'web',
    ip: '192.0.2.1',
    sub: undefined,
    retry: undefined,
    timeoutMs: 0,
  };
  const token = await issuer.issue(claims, { waitUntil: () => {} });
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  const publicKey = publicKeys().find((candidate) => candidate.kid === kid);
  if (publicKey === undefined) return false;
  await jwtVerify(token, await importJWK(publicKey), { audience: 'shop' });
  return true;
}

describe('foresail link', () => {
  it('makes keys once, for their owner only, and prints what to do without a secret', async () => {
    const first = await link('--mesh', 'shop', '--gateway', 'a=https://a.example.com');
    expect(first.code).toBe(0);
    const [file = ''] = privateKeys();
    expect(privateKeys()).toHaveLength(1);
    for (const name of readdirSync(join(folder, 'link'))) {
      expect(statSync(join(folder, 'link', name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(join(folder, 'link')).mode & 0o777).toBe(0o700);
    expect(first.stdout).toMatch(new RegExp(`npx wrangler secret put EDGE_PASS_KEY < \\S*${file}`));
    expect(first.stdout).toContain(`FORESAIL_LINKS = '{"clusters":{"a":{"url":"https://a.example.com"}}}'`);
    const { d } = JSON.parse(readFileSync(join(folder, 'link', file), 'utf8'));
    expect(first.stdout + first.stderr).not.toContain(d);
    expect(JSON.stringify(publicKeys())).not.toContain(d);
    const again = await link('--mesh', 'shop', '--gateway', 'a=https://a.example.com');
    expect(again.stdout).toBe(first.stdout);
    expect(privateKeys()).toEqual([file]);
    expect(await takesPassOf(file)).toBe(true);
  });

  it('keeps meshes apart', async () => {
    await link('--mesh', 'shop');
    const { code, stderr } = await link('--mesh', 'bank');
    expect(code).toBe(2);
    expect(stderr).toContain('mesh shop');
  });

  it('rotates with two keys that both count, then drops the old one', async () => {
    await link('--mesh', 'shop');
    const [old = ''] = privateKeys();
    expect((await link('rotate')).code).toBe(0);
    expect((await link('rotate')).code).toBe(0);
    const [fresh = ''] = privateKeys().filter((name) => name !== old);
    expect(privateKeys()).toHaveLength(2);
    expect(await takesPassOf(old)).toBe(true);
    expect(await takesPassOf(fresh)).toBe(true);
    const early = await link('drop-old');
    expect(early.code).toBe(2);
    expect(early.stderr).toContain('--force');
    const copy = readFileSync(join(folder, 'link', old), 'utf8');
    expect((await link('drop-old', '--force')).code).toBe(0);
    expect(privateKeys()).toEqual([fresh]);
    writeFileSync(join(folder, 'link', old), copy);
    expect(await takesPassOf(old)).toBe(false);
    expect(await takesPassOf(fresh)).toBe(true);
  });

  it('makes a client certificate of the mesh, and names its binding', async () => {
    const ca = await MeshCa.init({ store: new FolderCaStore(join(folder, 'ca')), trustDomain: 'cluster.local' });
    const args = ['--mesh', 'shop', '--mtls', 'GATEWAY', '--ca-dir', join(folder, 'ca')];
    const { stdout } = await link(...args);
    expect(stdout).toMatch(/wrangler mtls-certificate upload --cert \S+edge-client.pem --key \S+edge-client-key.pem/);
    expect(stdout).toContain('"binding":"GATEWAY"');
    const certificate = new X509Certificate(readFileSync(join(folder, 'link', 'edge-client.pem')));
    expect(certificate.subjectAltName).toBe('URI:spiffe://cluster.local/ns/istio-system/sa/foresail-edge');
    expect(certificate.checkIssued(ca.active.certificate.x509)).toBe(true);
    const key = readFileSync(join(folder, 'link', 'edge-client-key.pem'), 'utf8');
    expect(createPublicKey(key).equals(certificate.publicKey)).toBe(true);
    expect((await link(...args)).stdout).toContain('nothing to upload');
  });

  it('shares with a cluster whose certificate the edge has, not the certificate’s key, and takes it back', async () => {
    const [own, cluster] = [new FolderCaStore(join(folder, 'link')), new FolderCaStore(join(folder, 'cluster'))];
    const ca = await MeshCa.init({ store: new FolderCaStore(join(folder, 'ca')), trustDomain: 'cluster.local' });
    await new LinkKeys(own).create('shop');
    await ensureClientCertificate(own, ca);
    await shareLink(own, cluster);
    expect([...(await cluster.list())].sort()).toEqual(['edge-client-trust.json', 'edge-pass-keys.json', 'link.json']);
    expect(await readClientTrust(cluster)).toEqual({
      identity: 'spiffe://cluster.local/ns/istio-system/sa/foresail-edge',
      roots: [ca.bundle.pem],
    });
    await own.remove('edge-client-trust.json');
    await shareLink(own, cluster);
    expect(await readClientTrust(cluster)).toBeUndefined();
    await cluster.write('edge-client-trust.json', '{"identity":"spiffe://cluster.local/","roots":["none"]}');
    await expect(readClientTrust(cluster)).rejects.toThrow('edge-client-trust.json in');
  });

  it('goes on after it died between two files', async () => {
    const keys = new LinkKeys(new FolderCaStore(join(folder, 'link')));
    await keys.create('shop');
    rmSync(join(folder, 'link', 'edge-pass-keys.json'));
    await keys.create('shop');
    expect(publicKeys()).toHaveLength(1);
  });

  it('gives the worker its key by wrangler, which reads it from standard input', async () => {
    const secrets: unknown[] = [];
    // Cloudflare's API, as far as `wrangler secret put` asks it.
    const api = createServer(async (request, response) => {
      const isSecret = request.method === 'PUT' && (request.url ?? '').includes('/secrets');
      if (isSecret) secrets.push(await json(request));
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ success: true, errors: [], messages: [], result: isSecret ? {} : [] }));
    }).listen(0, '127.0.0.1');
    await once(api, 'listening');
    const { port } = api.address() as AddressInfo;
    const config = join(folder, 'wrangler.toml');
    writeFileSync(config, 'name = "edge"\nmain = "worker.js"\ncompatibility_date = "2026-10-23"\naccount_id = "a1"\n');
    const env: Record<string, string> = {
      HOME: folder,
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}`,
      CLOUDFLARE_API_TOKEN: 'test',
      CLOUDFLARE_ACCOUNT_ID: 'a1',
    };
    const args = ['link', '--mesh', 'shop', '--dir', join(folder, 'link'), '--apply', '--config', config];
    const { code, stdout, stderr } = await runForesail(args, env);
    api.close();
    api.closeAllConnections();
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const text = readFileSync(join(folder, 'link', privateKeys()[0] ?? ''), 'utf8').trim();
    expect(secrets).toMatchObject([{ name: 'EDGE_PASS_KEY', text }]);
    expect(stdout).not.toContain(JSON.parse(text).d);
    expect(existsSync(join(folder, 'link', 'link.json'))).toBe(true);
  }, 60_000);
});
