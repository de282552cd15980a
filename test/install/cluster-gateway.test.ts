import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect } from 'vitest';
import { PassIssuer } from '../../src/edge/edge-pass.ts';
import { asFields } from '../../src/resources/metadata.ts';
import { generateSigningKey } from '../../src/snapshot/keys.ts';
import { freePorts } from '../agent/machine.ts';
import { collect, runForesail, startForesail } from '../cli/run-foresail.ts';
import { FakeKvApi } from '../store/fake-kv-api.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { endProcess } from '../support/end-process.ts';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { environmentOf, mountConfigMaps, type PodTemplate, templateOf } from './deployment-run.ts';
import { readyDeployments } from './ready-deployments.ts';

const NAMESPACE = 'istio-system';
const GATEWAY = 'foresail-cluster-gateway';
const POLL = { timeout: 120_000, interval: 200 };
const SERVICE = 'outbound|80||web.shop.svc.cluster.local';

/** What install and `link --to-cluster` have put into a cluster: foresaild publishes, and a real Envoy lets the edge in. */
describeWithEnvoy('an installation with an edge', (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-'));
  const children: ChildProcess[] = [];
  let api: ApiServer;
  let kv: FakeKvApi;
  let gatewayPort = 0;
  let said = { text: '' };

  const foresail = async (...args: string[]) => await runForesail(args, { KUBECONFIG: join(folder, 'admin') });

  async function token(template: PodTemplate, audiences?: readonly string[]): Promise<string> {
    const { serviceAccountName } = template.spec;
    return await api.authentication.serviceAccountToken(
      NAMESPACE,
      serviceAccountName,
      audiences === undefined ? {} : { audiences },
    );
  }

  /** As its Deployment says; ports are any that are free. Returns where proxies connect. */
  async function startControlPlane(): Promise<number> {
    const template = templateOf(api, NAMESPACE, 'istiod');
    mountConfigMaps(api, NAMESPACE, template, folder);
    writeFileSync(join(folder, 'account'), api.kubeconfig({ token: await token(template) }));
    const [{ args }] = template.spec.containers;
    const changed: Readonly<Record<string, string>> = {
      '--listen': '127.0.0.1:0',
      '--gateway-listen': `127.0.0.1:${gatewayPort}`,
    };
    const own = args.map((arg, index) => {
      const flag = args[index - 1] ?? '';
      return changed[flag] ?? (flag.endsWith('-port') ? '0' : arg.startsWith('/etc/istio') ? folder + arg : arg);
    });
    const fields = { 'metadata.name': 'istiod-1', 'metadata.namespace': NAMESPACE };
    const child = startForesail(own, {
      ...environmentOf(api, NAMESPACE, template, fields),
      KUBECONFIG: join(folder, 'account'),
    });
    children.push(child);
    said = collect(child.stderr);
    return await new Promise((resolve, reject) => {
      if (child.stdout === null) return;
      createInterface({ input: child.stdout }).on('line', (line) => {
        const value = JSON.parse(line) as { ready?: boolean; grpcPort: number };
        if (value.ready === true) resolve(value.grpcPort);
      });
      child.on('exit', () => reject(new Error(said.text)));
    });
  }

  beforeAll(async () => {
    api = await ApiServer.start({ rbac: true });
    kv = await FakeKvApi.start('kv1', 'api-token');
    [gatewayPort = 0] = await freePorts(1);
    writeFileSync(join(folder, 'admin'), api.kubeconfig());
  });

  afterAll(async () => {
    await Promise.all(children.map(endProcess));
    await Promise.all([api.stop(), kv.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  test('publishes what the cluster says, and lets in what carries a pass of the link', async () => {
    const endReadiness = readyDeployments(api);
    const edge = ['values.edge.accountId=acc', 'values.edge.kvNamespaceId=kv1', 'values.edge.mesh=shop'];
    const sets = edge.flatMap((set) => ['--set', set]);
    const early = await foresail('install', '-y', ...sets);
    expect([early.code, early.stderr]).toEqual([2, expect.stringContaining('Secret istio-system/foresail-edge')]);
    await api.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } });
    await api.put({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'foresail-edge', namespace: NAMESPACE },
      data: {
        'api-token': Buffer.from('api-token').toString('base64'),
        'sign-key': Buffer.from(await generateSigningKey()).toString('base64'),
      },
    });
    // Cloudflare's API is elsewhere here.
    const installed = await foresail('install', '-y', ...sets, '--set', `values.edge.apiBase=${kv.base}`);
    expect(installed.code, installed.stderr).toBe(0);
    endReadiness();
    await api.put({
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gw', namespace: 'default' },
      spec: {
        selector: { istio: 'ingressgateway' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    });
    const grpcPort = await startControlPlane();
    await expect.poll(() => [...kv.values.keys()], POLL).toContain('root');
    expect(kv.values.get('root')).toContain('"mesh":"shop"');

    const template = templateOf(api, NAMESPACE, GATEWAY);
    const [{ args }] = template.spec.containers;
    const file = (path: string, text: string): void => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    const roots = (): unknown =>
      asFields(api.get('v1', 'ConfigMap', NAMESPACE, 'istio-ca-root-cert')?.data)?.['root-cert.pem'];
    await expect.poll(roots, POLL).toBeTypeOf('string');
    file('var/run/secrets/istio/root-cert.pem', String(roots()));
    file('var/run/secrets/tokens/istio-token', await token(template, ['istio-ca']));
    file(
      'etc/istio/pod/labels',
      Object.entries(template.metadata.labels)
        .map(([key, value]) => `${key}="${value}"\n`)
        .join(''),
    );
    const ports = await freePorts(4);
    const flags = ['--admin-port', '--status-port', '--readiness-port', '--prometheus-port'];
    const address = `127.0.0.1:${grpcPort}`;
    const own = args.map((arg, index) =>
      args[index - 1] === '--xds' ? address : arg.startsWith('/') ? folder + arg : arg,
    );
    const environment = environmentOf(api, NAMESPACE, template, {
      'metadata.name': `${GATEWAY}-1`,
      'metadata.namespace': NAMESPACE,
      'status.podIP': '127.0.0.1',
      'status.hostIP': '127.0.0.1',
      'spec.serviceAccountName': template.spec.serviceAccountName,
      'spec.nodeName': 'node-1',
    });
    const agent = startForesail(
      [
        ...own,
        ...flags.flatMap((flag, index) => [flag, String(ports[index])]),
        '--bind',
        '127.0.0.1',
        '--ca-server-name',
        'istiod.istio-system.svc',
      ],
      { ...environment, CA_ADDR: address, ENVOY_BIN: ENVOY },
    );
    children.push(agent);
    const agentSaid = collect(agent.stderr);

    // Without keys it is ready, and there is no door.
    const ready = async (): Promise<number | string> =>
      (await fetch(`http://127.0.0.1:${ports[1]}/healthz/ready`).catch(() => undefined))?.status ?? agentSaid.text;
    await expect.poll(ready, POLL).toBe(200);
    const call = async (headers: Record<string, string> = {}): Promise<number | undefined> =>
      (await fetch(`http://127.0.0.1:${gatewayPort}/`, { headers }).catch(() => undefined))?.status;
    expect(await call()).toBeUndefined();

    const keys = join(folder, 'link');
    const linked = await foresail('link', '--dir', keys, '--mesh', 'shop', '--to-cluster');
    expect(linked.code, linked.stderr).toBe(0);
    const [name = ''] = readdirSync(keys).filter((one) => one.endsWith('.jwk'));
    const key = readFileSync(join(keys, name), 'utf8');
    const secret = api.get('v1', 'Secret', NAMESPACE, 'foresail-link');
    expect(Object.keys(asFields(secret?.data) ?? {}).sort()).toEqual(['edge-pass-keys.json', 'link.json']);
    expect(Buffer.from(JSON.stringify(secret)).toString()).not.toContain(JSON.parse(key).d);

    await expect.poll(() => call(), POLL).toBe(401);
    const issuer = new PassIssuer({ key, issuer: 'foresail-edge', audience: 'shop', nowMs: () => Date.now() });
    const claims = { dst: SERVICE, auth: 'web', ip: '192.0.2.1', sub: undefined, retry: undefined, timeoutMs: 0 };
    const pass = await issuer.issue(claims, { waitUntil: () => {} });
    // It is let in, and told that there is no such service.
    expect(await call({ 'x-foresail-pass': pass })).toBe(503);
    expect(said.text).not.toMatch(/forbidden|"code":403/i);

    const other = await foresail('link', '--dir', join(folder, 'other'), '--mesh', 'shop', '--to-cluster');
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('has the keys of another link')]);
  }, 300_000);
});
