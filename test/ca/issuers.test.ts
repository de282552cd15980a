import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCacertsFolder } from '../../src/ca/authority/cacerts-folder.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { crlOf, RevocationLists, revoke } from '../../src/ca/authority/revocation-lists.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import { toPem } from '../../src/ca/x509/pem.ts';
import { verifyCsr } from '../../src/ca/x509/verify-csr.ts';
import { makeCacerts } from './cacerts.ts';
import { Folder } from './folder.ts';
import { newCsr, WEB } from './keys.ts';
import { MemoryStore } from './memory-store.ts';

describe('a plugged-in intermediate', () => {
  it.each(['rsa:2048', 'ec'])('signs (%s), and the chain is leaf, intermediate, root', async (kind) => {
    using folder = new Folder();
    makeCacerts(folder, kind);
    const ca = await MeshCa.init({
      store: new MemoryStore(),
      trustDomain: 'cluster.local',
      material: await readCacertsFolder(folder.path),
    });
    const leaf = await ca.issueWorkload(verifyCsr(await newCsr()), WEB);
    expect(leaf.chain).toHaveLength(3);
    folder.write('leaf.pem', leaf.chain[0] ?? '');
    expect(folder.openssl('verify', '-CAfile', 'root-cert.pem', '-untrusted', 'ca-cert.pem', 'leaf.pem')).toContain(
      'OK',
    );
    expect(leaf.chain[2]?.replaceAll(/\s/g, '')).toBe(folder.read('root-cert.pem').replaceAll(/\s/g, ''));
  });

  it('is refused when its parts do not belong together', async () => {
    using folder = new Folder();
    using other = new Folder();
    makeCacerts(folder);
    makeCacerts(other);
    const good = await readCacertsFolder(folder.path);
    const init = (changes: Partial<typeof good>) =>
      MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local', material: { ...good, ...changes } });
    await expect(init({ caKey: other.read('ca-key.pem') })).rejects.toThrow('ca-key.pem is not the key of ca-cert.pem');
    await expect(init({ rootCert: other.read('root-cert.pem') })).rejects.toThrow('does not lead to');
    await expect(init({ caKey: 'secret nonsense' })).rejects.toThrow(/^ca-key.pem cannot be read$/);
    await expect(init({ caCert: 'nonsense' })).rejects.toThrow('ca-cert.pem holds no certificate');
    folder.openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'k',
      '-out',
      'leaf',
      '-subj',
      '/CN=x',
      '-addext',
      'basicConstraints=critical,CA:false',
    );
    await expect(init({ caCert: folder.read('leaf'), caKey: folder.read('k') })).rejects.toThrow(
      'may not sign certificates',
    );
    const future = {
      store: new MemoryStore(),
      trustDomain: 'cluster.local',
      material: good,
      now: () => Date.now() + 800 * 86_400_000,
    };
    await expect(MeshCa.init(future)).rejects.toThrow(/expired on/);
  });

  it('may bring several roots, and all are trusted', async () => {
    using folder = new Folder();
    using other = new Folder();
    makeCacerts(folder);
    makeCacerts(other);
    const material = await readCacertsFolder(folder.path);
    const rootCert = other.read('root-cert.pem') + material.rootCert;
    const ca = await MeshCa.init({
      store: new MemoryStore(),
      trustDomain: 'cluster.local',
      material: { ...material, rootCert },
    });
    expect(ca.bundle.roots).toHaveLength(2);
    await expect(revoke(ca, 'aabb'), 'a list would shut the others out').rejects.toThrow('other CAs may sign');
    await revoke(ca, 'aabb', { isOnlyCa: true });
    expect(ca.state.revoked).toHaveLength(1);
  });
});

describe('a CA in a folder', () => {
  it('is private, is found again, and is not made twice', async () => {
    using folder = new Folder();
    const path = join(folder.path, 'ca');
    const store = new FolderCaStore(path);
    const ca = await MeshCa.init({ store, trustDomain: 'cluster.local' });
    for (const name of await store.list()) expect(statSync(join(path, name)).mode & 0o777, name).toBe(0o600);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect((await MeshCa.open({ store: new FolderCaStore(path) })).bundle.hash).toBe(ca.bundle.hash);
    await expect(MeshCa.init({ store, trustDomain: 'cluster.local' })).rejects.toThrow('there is a CA');
    await expect(MeshCa.open({ store: new FolderCaStore(folder.path) })).rejects.toThrow('there is no CA');
  });

  it('is changed by one at a time, and a dead holder of the lock holds nobody up', async () => {
    using folder = new Folder();
    folder.write('lock', '999999999');
    const stores = [new FolderCaStore(folder.path), new FolderCaStore(folder.path)];
    await stores[0]?.write('count', '0');
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        stores[i % 2]?.exclusively(async () => {
          const count = Number(await stores[0]?.read('count'));
          await stores[0]?.write('count', String(count + 1));
        }),
      ),
    );
    expect(await stores[1]?.read('count')).toBe('20');
  });
});

describe('a revocation list', () => {
  it('refuses the revoked certificate and no other, in the eyes of openssl', async () => {
    using folder = new Folder();
    const ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
    const lists = new RevocationLists(ca);
    expect(await lists.pem()).toBe('');
    const [bad, good] = await Promise.all([1, 2].map(async () => ca.issueWorkload(verifyCsr(await newCsr()), WEB)));
    await revoke(ca, bad?.serial ?? '');
    await revoke(ca, bad?.serial ?? '');
    expect(ca.state.revoked).toHaveLength(1);
    folder.write('bad.pem', bad?.chain[0] ?? '');
    folder.write('good.pem', good?.chain[0] ?? '');
    folder.write('root.pem', ca.bundle.pem);
    folder.write('crl.pem', await lists.pem());
    const verify = (leaf: string) =>
      folder.openssl('verify', '-crl_check', '-CRLfile', 'crl.pem', '-CAfile', 'root.pem', leaf);
    expect(verify('good.pem')).toContain('OK');
    expect(() => verify('bad.pem')).toThrow(/certificate revoked/);
    expect(toPem('X509 CRL', await crlOf(ca, ca.active))).toMatch(/^-----BEGIN X509 CRL/);
    await expect(revoke(ca, 'xyz')).rejects.toThrow(/no serial/);
  });
});
