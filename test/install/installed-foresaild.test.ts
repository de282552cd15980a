import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { collect, runForesail, startForesail } from '../cli/run-foresail.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { mountConfigMaps, type PodTemplate, templateOf } from './deployment-run.ts';
import { readyDeployments } from './ready-deployments.ts';

const NAMESPACE = 'istio-system';
const POLL = { timeout: 60_000, interval: 100 };

/** What install has put into the cluster, run as the Deployment says, with no more rights than its account has. */
describe('an installed foresaild', { timeout: 120_000 }, () => {
  let api: ApiServer;
  let folder: string;
  let process: ReturnType<typeof startForesail>;
  let said: { text: string };
  let webhookPort = 0;

  beforeAll(async () => {
    api = await ApiServer.start({ rbac: true, serviceAddress: () => `https://127.0.0.1:${webhookPort}` });
    folder = mkdtempSync(join(tmpdir(), 'installed-'));
    writeFileSync(join(folder, 'admin'), api.kubeconfig());
    const endReadiness = readyDeployments(api);
    const sets = ['--set', 'profile=minimal', '--set', 'values.global.network=n1', '--revision', 'blue'];
    const { code, stderr } = await runForesail(['install', '-y', ...sets], { KUBECONFIG: join(folder, 'admin') });
    endReadiness();
    expect(code, stderr).toBe(0);

    const template = templateOf(api, NAMESPACE, 'istiod-blue');
    mountConfigMaps(api, NAMESPACE, template, folder);
    const token = await api.authentication.serviceAccountToken(NAMESPACE, template.spec.serviceAccountName);
    writeFileSync(join(folder, 'account'), api.kubeconfig({ token }));
    process = startForesail(inFolder(template), {
      KUBECONFIG: join(folder, 'account'),
      POD_NAME: 'istiod-blue-1',
      POD_NAMESPACE: NAMESPACE,
    });
    said = collect(process.stderr);
    webhookPort = await new Promise<number>((resolve, reject) => {
      if (process.stdout === null) return;
      createInterface({ input: process.stdout }).on('line', (line) => {
        const value = JSON.parse(line) as { ready?: boolean; webhookPort: number };
        if (value.ready === true) resolve(value.webhookPort);
      });
      process.on('exit', () => reject(new Error(said.text)));
    });
  }, 120_000);

  /** What is mounted is in folders, and ports are any that are free. */
  function inFolder({ spec }: PodTemplate): string[] {
    const [{ args }] = spec.containers;
    return args.map((arg, index) => {
      if (arg.startsWith('/etc/istio')) return folder + arg;
      return args[index - 1] === '--listen' ? '127.0.0.1:0' : args[index - 1]?.endsWith('-port') ? '0' : arg;
    });
  }

  afterAll(async () => {
    process?.kill('SIGKILL');
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('has its CA, its lease and its roots in every namespace', async () => {
    await expect.poll(() => api.get('v1', 'Secret', NAMESPACE, 'foresail-ca'), POLL).toBeDefined();
    await expect
      .poll(() => api.get('coordination.k8s.io/v1', 'Lease', NAMESPACE, 'foresail-leader'), POLL)
      .toBeDefined();
    await expect.poll(() => api.get('v1', 'ConfigMap', 'default', 'istio-ca-root-cert'), POLL).toBeDefined();
  });

  it('is trusted by the API server, which has it inject and validate', async () => {
    const bundle = (): unknown => {
      const hooks = api.get(
        'admissionregistration.k8s.io/v1',
        'MutatingWebhookConfiguration',
        undefined,
        'istio-sidecar-injector-blue',
      )?.webhooks;
      return Array.isArray(hooks) ? hooks[0].clientConfig.caBundle : undefined;
    };
    await expect.poll(bundle, POLL).toBeTypeOf('string');
    await api.create({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'shop', labels: { 'istio.io/rev': 'blue' } },
    });
    const pod = await api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { containers: [{ name: 'web', image: 'w' }] },
    });
    expect(JSON.stringify(pod.spec)).toContain('{"name":"ISTIO_META_NETWORK","value":"n1"}');
    expect(JSON.stringify(pod.spec)).toContain('istiod-blue.istio-system.svc:15012');
  });

  it('writes statuses, and is refused nothing', async () => {
    await api.create({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'web', namespace: 'default' },
      spec: { hosts: ['a.example.com'], http: [{ directResponse: { status: 200 } }] },
    });
    const status = (): unknown => api.get('networking.istio.io/v1', 'VirtualService', 'default', 'web')?.status;
    await expect.poll(() => JSON.stringify(status() ?? {}), POLL).toContain('Reconciled');
    expect(said.text).not.toMatch(/forbidden|"code":403/i);
  });
});
