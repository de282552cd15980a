import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readRoot } from '../../src/snapshot/root.ts';
import { FolderStore } from '../../src/store/folder.ts';
import { runForesail, startForesail } from '../cli/run-foresail.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { until } from './harness.ts';
import { installMeshCrds } from './mesh-crds.ts';
import { objects } from './mesh-objects.ts';

const OPERATOR = `
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
metadata: { name: foresail }
spec:
  meshConfig: { trustDomain: td.example, rootNamespace: istio-system }
  values: { global: { multiCluster: { clusterName: east } } }
`;

let server: ApiServer;
let folder = '';
const replicas: ReturnType<typeof startForesail>[] = [];

beforeEach(async () => {
  server = await ApiServer.start({ tls: true });
  await installMeshCrds(server);
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  await server.create(objects.gateway());
  await server.create(objects.service('app'));
  folder = mkdtempSync(join(tmpdir(), 'foresaild-'));
  writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig());
  writeFileSync(join(folder, 'operator.yaml'), OPERATOR);
});

afterEach(async () => {
  for (const replica of replicas.splice(0)) replica.kill('SIGKILL');
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function start(identity: string): Promise<{ status: string; process: ReturnType<typeof startForesail> }> {
  const places = ['--listen', '127.0.0.1:0', '--http-host', '127.0.0.1', '--http-port', '0', '--webhook-port', '0'];
  const files = ['-f', join(folder, 'operator.yaml'), '--store', `folder:${join(folder, 'store')}`];
  const kubeconfig = ['--kubeconfig', join(folder, 'kubeconfig'), '--identity', identity];
  const process = startForesail(['foresaild', ...kubeconfig, ...files, ...places, '-o', 'json']);
  replicas.push(process);
  let said = '';
  process.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return new Promise((resolve, reject) => {
    if (process.stdout === null) return;
    createInterface({ input: process.stdout }).on('line', (line) => {
      const value = JSON.parse(line) as { ready?: boolean; status: string };
      if (value.ready === true) resolve({ status: value.status, process });
    });
    process.on('exit', () => reject(new Error(said)));
  });
}

async function version(): Promise<number> {
  const text = await new FolderStore(join(folder, 'store')).get('root');
  return text === undefined ? 0 : (await readRoot(text, [])).version;
}

function programmed(name: string): string | undefined {
  const status = server.get('networking.istio.io/v1', 'VirtualService', 'default', name)?.status;
  const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string }[] };
  return conditions?.find(({ type }) => type === 'Programmed')?.status;
}

describe('two processes of foresaild', () => {
  it('survive the death of the one that leads', async () => {
    const one = await start('one');
    const two = await start('two');
    await server.create(objects.virtualService('a', 'a.example.com', 'app'));
    await until('a is programmed', () => programmed('a') === 'True');
    const before = await version();
    one.process.kill('SIGKILL');
    await server.create(objects.virtualService('b', 'b.example.com', 'app'));
    await until('b is programmed by the other', () => programmed('b') === 'True', 60_000);
    expect(await version()).toBeGreaterThan(before);
    const ca = (await (await fetch(`${two.status}/api/v1/ca`)).json()) as { trustDomain: string };
    expect(ca.trustDomain).toBe('td.example');
    const waited = await runForesail([
      'wait',
      '--for=programmed',
      'vs/b',
      '--kubeconfig',
      join(folder, 'kubeconfig'),
      '--timeout',
      '20',
    ]);
    expect([waited.code, waited.stdout]).toEqual([0, expect.stringContaining('vs/b programmed: since snapshot')]);
    two.process.kill('SIGTERM');
    await until('it lets go of the Lease', () => {
      const lease = server.get('coordination.k8s.io/v1', 'Lease', 'istio-system', 'foresail-leader');
      return (lease?.spec as { holderIdentity?: string } | undefined)?.holderIdentity === '';
    });
  }, 120_000);

  it('are waited for in vain where an object is refused', async () => {
    await start('one');
    await server.create({
      ...objects.virtualService('bad', 'bad.example.com', 'app'),
      spec: { hosts: ['bad.example.com'], http: [{ match: [{ uri: { regex: '(' } }] }] },
    });
    const waited = await runForesail(['wait', 'vs/bad', '--for=served', '-c', join(folder, 'kubeconfig')]);
    expect(waited.code).not.toBe(0);
    expect(waited.stderr).toContain('vs/bad is refused');
    expect(waited.stderr).toContain('IST0106');
  }, 60_000);
});
