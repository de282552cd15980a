import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { MemoryStore } from '../../src/store/memory.ts';
import { until } from '../kube/harness.ts';
import { installMeshCrds } from '../kube/mesh-crds.ts';
import { objects } from '../kube/mesh-objects.ts';
import { startReplica } from '../kube/replicas.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { runForesail } from './run-foresail.ts';

let folder: string;
const servers: ApiServer[] = [];

async function startServer(): Promise<ApiServer> {
  const server = await ApiServer.start({ tls: true });
  servers.push(server);
  await installMeshCrds(server);
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  return server;
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-remote-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

/** What the controller manager does: it fills in the token of the account that the Secret names. */
async function fillToken(server: ApiServer, kubeconfig: string): Promise<void> {
  const name = 'istio-reader-service-account-istio-remote-secret-token';
  const found = (): Fields | undefined => server.get('v1', 'Secret', 'istio-system', name);
  await until('the Secret is asked for', () => found() !== undefined);
  const token = await server.authentication.serviceAccountToken('istio-system', 'istio-reader-service-account');
  const ca: string = JSON.parse(kubeconfig).clusters[0].cluster['certificate-authority-data'];
  await server.put({ ...found(), data: { token: Buffer.from(token).toString('base64'), 'ca.crt': ca } });
}

describe('foresail create-remote-secret and remote-clusters', () => {
  it('make a cluster known by an account that may only read, and list it', async () => {
    const [own, east] = [await startServer(), await startServer()];
    await east.create(objects.service('app'));
    const file = join(folder, 'east');
    await writeFile(file, east.kubeconfig());
    const [made] = await Promise.all([
      runForesail(['create-remote-secret', '--kubeconfig', file, '--name', 'east']),
      fillToken(east, east.kubeconfig()),
    ]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const secret = parse(made.stdout) as { metadata: Fields; stringData: Record<string, string> };
    expect(secret.metadata).toEqual({
      name: 'istio-remote-secret-east',
      namespace: 'istio-system',
      labels: { 'istio/multiCluster': 'true' },
      annotations: { 'networking.istio.io/cluster': 'east' },
    });
    const { stringData, ...rest } = secret;
    const data = { east: Buffer.from(stringData.east ?? '').toString('base64') };
    await own.create({ ...rest, data });
    const daemon = await startReplica(own, 'one', new MemoryStore());
    try {
      const listed = await runForesail(['remote-clusters', '--control-plane', daemon.status.url]);
      expect(listed.code).toBe(0);
      expect(listed.stdout).toMatch(/NAME +SECRET +STATUS\neast +istio-system\/istio-remote-secret-east +synced/);
    } finally {
      await daemon.stop();
    }
  }, 120_000);

  it('say what is wrong where there is no control plane', async () => {
    const { code, stderr } = await runForesail(['remote-clusters', '--control-plane', 'http://127.0.0.1:1']);
    expect(code).toBe(2);
    expect(stderr).toContain('--control-plane');
  });
});
