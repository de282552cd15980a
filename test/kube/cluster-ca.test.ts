import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRoot } from '../../src/ca/authority/create-root.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { NO_LOG } from '../../src/ca/log.ts';
import { startRotation } from '../../src/ca/rotation/start-rotation.ts';
import { readIstioIssuer } from '../../src/control/kubernetes/istio-issuer.ts';
import { KubeTokenReviewer } from '../../src/control/kubernetes/kube-token-reviewer.ts';
import { RootCertificates } from '../../src/control/kubernetes/root-certificates.ts';
import { SecretCaStore } from '../../src/control/kubernetes/secret-ca-store.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { clientOf, until } from './harness.ts';

let server: ApiServer;

beforeEach(async () => {
  server = await ApiServer.start({ tls: true });
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
});

afterEach(() => server.stop());

const openStore = (): SecretCaStore => new SecretCaStore(clientOf(server), 'istio-system');

describe('a CA in a Secret', () => {
  it('keeps what two replicas write at once', async () => {
    const [one, two] = [openStore(), openStore()];
    const lines = Array.from({ length: 40 }, (_, i) => `line ${i}`);
    await Promise.all(lines.map((line, i) => (i % 2 === 0 ? one : two).appendLine('lines', line)));
    expect(((await one.read('lines')) ?? '').trim().split('\n').sort()).toEqual(lines.sort());
    await Promise.all([one.write('a', '1'), two.write('b', '2'), one.write('c', '3')]);
    expect((await two.list()).toSorted()).toEqual(['a', 'b', 'c', 'lines']);
    await two.remove('a');
    expect(await one.read('a')).toBeUndefined();
  });

  it('lets only one replica work at a time', async () => {
    const stores = [openStore(), openStore(), openStore()];
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await new Promise((resolve) => setTimeout(resolve, 10));
      inside -= 1;
    };
    await Promise.all(stores.flatMap((store) => [store.exclusively(work), store.exclusively(work)]));
    expect(most).toBe(1);
  });

  it('is one CA for two replicas: what one rotates the other takes over', async () => {
    const one = await MeshCa.init({ store: openStore(), trustDomain: 'cluster.local' });
    const two = await MeshCa.open({ store: openStore() });
    expect(two.active.id).toBe(one.active.id);
    await startRotation(one, undefined);
    await two.reload();
    expect(two.bundle.roots).toHaveLength(2);
  });

  it('takes over the root that istiod has made, and before it the one that was plugged in', async () => {
    const client = clientOf(server);
    expect(await readIstioIssuer(client, 'istio-system')).toBeUndefined();
    const secret = (name: string, stringData: Record<string, string>) =>
      server.create({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'istio-system' }, stringData });
    const own = await createRoot('cluster.local', Date.now());
    await secret('istio-ca-secret', { 'ca-cert.pem': own.caCert, 'ca-key.pem': own.caKey });
    expect(await readIstioIssuer(client, 'istio-system')).toMatchObject({ caCert: own.caCert, rootCert: own.caCert });
    const plugged = await createRoot('cluster.local', Date.now());
    await secret('cacerts', {
      'ca-cert.pem': plugged.caCert,
      'ca-key.pem': plugged.caKey,
      'root-cert.pem': plugged.rootCert,
      'cert-chain.pem': plugged.certChain,
    });
    const material = await readIstioIssuer(client, 'istio-system');
    expect(material?.caCert).toBe(plugged.caCert);
    if (material === undefined) throw new Error('nothing was read');
    const ca = await MeshCa.init({ store: openStore(), trustDomain: 'cluster.local', material });
    expect(ca.bundle.pem).toContain(plugged.rootCert.trim());
  });
});

describe('tokens of a cluster', () => {
  it('are judged by the API server, for the audience that is asked for', async () => {
    const reviewer = new KubeTokenReviewer(clientOf(server));
    const token = await server.authentication.serviceAccountToken('shop', 'web', {
      audiences: ['istio-ca'],
      ttlS: 600,
    });
    const review = await reviewer.review(token, 'istio-ca');
    expect(review).toMatchObject({ isValid: true, namespace: 'shop', serviceAccount: 'web' });
    expect(await reviewer.review(token, 'other')).toMatchObject({ isValid: false });
    expect(await reviewer.review('nonsense', 'istio-ca')).toMatchObject({ isValid: false });
    expect(await reviewer.review(server.authentication.adminToken, 'istio-ca')).toMatchObject({ isValid: false });
    server.faults.clockSkewMs = 3_600_000;
    expect(await reviewer.review(token, 'istio-ca')).toMatchObject({ isValid: false });
    await server.stop();
    await expect(reviewer.review(token, 'istio-ca')).rejects.toThrow();
    server = await ApiServer.start();
  });
});

describe('root certificates', () => {
  it('are in every namespace, also in new ones, after a rotation, and after somebody has taken them away', async () => {
    const ca = await MeshCa.init({ store: openStore(), trustDomain: 'cluster.local' });
    const roots = new RootCertificates({ client: clientOf(server), ca, isLeader: () => true, log: NO_LOG });
    roots.start();
    const textIn = (namespace: string): unknown =>
      (server.get('v1', 'ConfigMap', namespace, 'istio-ca-root-cert')?.data as Record<string, string> | undefined)?.[
        'root-cert.pem'
      ];
    await until('default has it', () => textIn('default') === ca.bundle.pem);
    await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'late' } });
    await until('late has it', () => textIn('late') === ca.bundle.pem);
    expect(textIn('kube-system')).toBeUndefined();
    await server.remove('v1', 'ConfigMap', 'default', 'istio-ca-root-cert');
    await until('default has it again', () => textIn('default') === ca.bundle.pem);
    await startRotation(ca, undefined);
    expect(ca.bundle.roots).toHaveLength(2);
    await until('late has both', () => textIn('late') === ca.bundle.pem);
    roots.stop();
  });
});
