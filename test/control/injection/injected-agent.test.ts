import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { EnvoyAdmin } from '../../../src/agent/envoy/admin.ts';
import { createRoot } from '../../../src/ca/authority/create-root.ts';
import { injectPod } from '../../../src/control/injection/inject-pod.ts';
import { isPod } from '../../../src/control/injection/is-pod.ts';
import { DEFAULT_INJECTION } from '../../../src/control/injection/settings.ts';
import { freePorts } from '../../agent/machine.ts';
import { collect, startForesail } from '../../cli/run-foresail.ts';
import { endProcess } from '../../support/end-process.ts';
import { describeWithEnvoy, ENVOY } from '../../support/needs.ts';

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    labels: { app: 'web', version: 'v1' },
    annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9102' },
  },
  spec: { containers: [{ name: 'web', image: 'w', livenessProbe: { httpGet: { path: '/live', port: 8080 } } }] },
};
const FIELDS: Readonly<Record<string, string>> = {
  'metadata.name': 'web-1',
  'metadata.namespace': 'shop',
  'status.podIP': '127.0.0.1',
  'status.hostIP': '127.0.0.1',
  'spec.serviceAccountName': 'web',
  'spec.nodeName': 'node-1',
};
const PORT_FLAGS = ['--admin-port', '--status-port', '--readiness-port', '--prometheus-port'];

describeWithEnvoy('an injected container', (test) => {
  let child: ChildProcess | undefined;
  const folder = mkdtempSync(join(tmpdir(), 'injected-'));
  afterEach(async () => {
    if (child !== undefined) await endProcess(child);
    rmSync(folder, { recursive: true, force: true });
  });

  test('runs our agent by its command line and environment, and its Envoy says who it is', async () => {
    if (!isPod(POD)) throw new Error('no pod');
    const outcome = injectPod(POD, 'shop', DEFAULT_INJECTION);
    if (outcome.kind !== 'injected') throw new Error(outcome.kind);
    const proxy = outcome.pod.spec?.initContainers?.find(({ name }) => name === 'istio-proxy');
    const env = Object.fromEntries(
      (proxy?.env ?? []).map(({ name, value, valueFrom }) => [
        name,
        value ?? FIELDS[valueFrom?.fieldRef?.fieldPath ?? ''] ?? '',
      ]),
    );
    // What the volumes would hold.
    const file = (path: string, text: string): void => {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    file('var/run/secrets/istio/root-cert.pem', (await createRoot('cluster.local', Date.now())).rootCert);
    file('var/run/secrets/tokens/istio-token', 'token');
    file(
      'etc/istio/pod/labels',
      Object.entries(outcome.pod.metadata?.labels ?? {})
        .map(([key, value]) => `${key}="${value}"\n`)
        .join(''),
    );
    // Others' Envoys run on this machine.
    const ports = await freePorts(PORT_FLAGS.length);
    const own = PORT_FLAGS.flatMap((flag, index) => [flag, String(ports[index])]);
    const [adminPort = 0, statusPort = 0] = ports;
    const args = (proxy?.args ?? []).map((arg) => (arg.startsWith('/') ? folder + arg : arg));
    child = startForesail([...args, ...own, '--bind', '127.0.0.1'], {
      ...env,
      ENVOY_BIN: ENVOY,
    });
    const said = collect(child.stderr);

    const admin = new EnvoyAdmin(adminPort);
    const node = async (): Promise<unknown> => JSON.parse((await admin.ask('GET', '/server_info')).body).node;
    await expect
      .poll(() => node().catch(() => said.text), { timeout: 60_000, interval: 200 })
      .toMatchObject({
        id: 'sidecar~127.0.0.1~web-1.shop~shop.svc.cluster.local',
        cluster: 'web.shop',
        metadata: {
          SERVICE_ACCOUNT: 'web',
          WORKLOAD_NAME: 'web-1',
          MESH_ID: 'cluster.local',
          CLUSTER_ID: 'Kubernetes',
          NODE_NAME: 'node-1',
          LABELS: { app: 'web', 'security.istio.io/tlsMode': 'istio', 'service.istio.io/canonical-name': 'web' },
        },
      });
    const ask = async (path: string): Promise<number> => (await fetch(`http://127.0.0.1:${statusPort}${path}`)).status;
    // There is neither a control plane nor an application; a probe that the agent did not know would be a 404.
    expect([
      await ask('/healthz/ready'),
      await ask('/app-health/web/livez'),
      await ask('/app-health/web/readyz'),
    ]).toEqual([503, 500, 404]);
  }, 120_000);
});
