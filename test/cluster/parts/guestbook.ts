import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { LocalEdge } from '../../../src/control/up/local-edge.ts';
import { PassIssuer } from '../../../src/edge/edge-pass.ts';
import { until } from '../../agent/machine.ts';
import { send } from '../../edge/support/client.ts';
import { type Cluster, GATEWAY_PORT, MESH, type PodSpec } from '../cluster.ts';
import type { Door } from '../pod.ts';
import { type Part, SOON } from './part.ts';

const SAMPLE = fileURLToPath(new URL('../../../config/samples/guestbook', import.meta.url));
const GATEWAY_ACCOUNT = 'istio-ingressgateway-service-account';
const GATEWAY_ID = `spiffe://cluster.local/ns/istio-system/sa/${GATEWAY_ACCOUNT}`;
const HOST = { host: 'guestbook.localhost' };
const FRONTEND = 'outbound|80|v1|frontend.guestbook.svc.cluster.local';
const START_TIMEOUT_MS = 180_000;

const frontend = (version: string): PodSpec => ({
  name: `frontend-${version}`,
  namespace: 'guestbook',
  serviceAccount: 'frontend',
  labels: { app: 'frontend', version },
  proxy: 'sidecar',
  serves: false,
});

const PODS: readonly PodSpec[] = [
  frontend('v1'),
  frontend('v2'),
  frontend('v3'),
  { ...frontend('v1'), name: 'store', serviceAccount: 'store', labels: { app: 'store' } },
  {
    name: 'entrance',
    namespace: 'istio-system',
    serviceAccount: GATEWAY_ACCOUNT,
    labels: { istio: 'ingressgateway', 'foresail.dev/cluster-gateway': 'true' },
    proxy: 'router',
    serves: false,
  },
];

/** As Kubernetes would keep it: each Service has been given an address. */
function sampleYaml(): string {
  let next = 20;
  const files = readdirSync(SAMPLE).filter((name) => name.endsWith('.yaml'));
  const documents = files.flatMap((file) => parseAllDocuments(readFileSync(join(SAMPLE, file), 'utf8')));
  for (const document of documents) {
    if (document.get('kind') === 'Service') document.setIn(['spec', 'clusterIP'], `10.96.1.${next++}`);
  }
  return documents.map(String).join('---\n');
}

function startPrograms(cluster: Cluster): void {
  for (const { name, labels } of PODS) {
    const program = labels.app === 'frontend' ? 'guestbook.ts' : 'store.ts';
    if (name === 'entrance') continue;
    // The variable by which programs in Kubernetes know where they are.
    const env = { PORT: '8080', VERSION: labels.version ?? '', KUBERNETES_SERVICE_HOST: '10.96.0.1' };
    cluster.pod(name).start([process.execPath, join(SAMPLE, 'app', program)], { uid: 1000 }, { env });
  }
}

/** The sample of the seeds from end to end: request → edge → cluster gateway → sidecar → program → sidecar → store. */
export const guestbook: Part = (test, { cluster, pod, during }) => {
  let edge: LocalEdge;
  let gateway: Door;
  let passKey: string;

  beforeAll(async () => {
    cluster().write('guestbook.yaml', sampleYaml());
    await cluster().addPods(PODS);
    startPrograms(cluster());
    gateway = await cluster().node.door(GATEWAY_PORT, pod('entrance').address);
    passKey = cluster().passKey();
    edge = await LocalEdge.start({
      host: '127.0.0.1',
      port: 0,
      vars: {
        MESH,
        EDGE_PASS_KEY: passKey,
        GATEWAY_PORT: '80',
        FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url: gateway.url } } }),
      },
      onLog: () => {},
      onRestart: () => {},
    });
    const store = ['--store', 'kv', '--namespace-id', edge.kv.namespaceId, '--api-base', edge.kv.apiBase];
    const { version } = JSON.parse(await cluster().foresail(['push', cluster().meshFolder, '-o', 'json', ...store]));
    await edge.refreshTo(version);
    await until('the guestbook answers', async () => (await ask('/')).status === 200, START_TIMEOUT_MS);
  }, START_TIMEOUT_MS);

  afterAll(async () => {
    await edge?.stop();
    gateway?.close();
  });

  const ask = (path: string, options: Parameters<typeof send>[1] = {}): ReturnType<typeof send> =>
    send(`${edge.url}${path}`, { ...options, headers: { ...HOST, ...options.headers } });

  test('the guestbook shows who has called it: the cluster gateway, by its certificate', async () => {
    const { text } = await ask('/');
    expect(text).toContain(GATEWAY_ID);
    expect(JSON.parse((await ask('/api/messages')).text).calledBy).toContain(GATEWAY_ID);
  });

  test('what one version has written, all versions read from the store', async () => {
    const body = JSON.stringify({ name: 'Ada', text: 'through five proxies' });
    const headers = { 'content-type': 'application/json' };
    expect((await ask('/api/messages', { method: 'POST', headers, body })).status).toBe(201);
    const versions = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const { version, messages } = JSON.parse((await ask('/api/messages')).text);
      expect(messages[0]).toMatchObject({ name: 'Ada', text: 'through five proxies' });
      versions.add(version);
    }
    expect([...versions].sort()).toEqual(['v1', 'v3']);
    expect(JSON.parse((await ask('/v2/api/messages')).text).version).toBe('v2');
  });

  test('only the front may ask the store, once a policy says so', async () => {
    const policy = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: store, namespace: guestbook }
spec:
  selector: { matchLabels: { app: store } }
  rules: [{ from: [{ source: { principals: [cluster.local/ns/guestbook/sa/frontend] } }] }]
`;
    const fromElsewhere = (): Promise<number | string> => pod('front').statusOf('http://store.guestbook/messages');
    expect(await fromElsewhere()).toBe(200);
    await during(policy, async () => {
      await expect.poll(fromElsewhere, SOON).toBe(403);
      expect((await ask('/api/messages')).status).toBe(200);
    });
  });

  test('the edge answers by itself what it can', async () => {
    expect((await ask('/hello')).text).toBe('hello from the edge\n');
    expect((await ask('/admin/clear', { method: 'POST' })).status).toBe(403);
  });

  test('nobody gets past the edge: without a pass, or with one that is expired, forged, or of another mesh', async () => {
    const passOf = async ({ key = passKey, audience = MESH, agoMs = 0, dst = FRONTEND } = {}): Promise<string> => {
      const issuer = new PassIssuer({ key, issuer: 'foresail-edge', audience, nowMs: () => Date.now() - agoMs });
      const claims = {
        dst,
        auth: 'guestbook.localhost',
        ip: '203.0.113.7',
        sub: undefined,
        retry: undefined,
        timeoutMs: 0,
      };
      return await issuer.issue(claims, { waitUntil: () => {} });
    };
    const enter = async (pass: string | undefined): Promise<number> => {
      const headers = pass === undefined ? {} : { 'x-foresail-pass': pass };
      return (await send(`${gateway.url}/api/messages`, { headers: { ...HOST, ...headers } })).status;
    };
    const good = await passOf();
    const [head, claims = '', signature] = good.split('.');
    const changed = { ...JSON.parse(Buffer.from(claims, 'base64url').toString()), dst: FRONTEND.replace('v1', 'v2') };
    const forged = [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
    expect(await enter(good)).toBe(200);
    expect(await enter(undefined)).toBe(401);
    expect(await enter(await passOf({ agoMs: 600_000 }))).toBe(401);
    expect(await enter(forged)).toBe(401);
    expect(await enter(await passOf({ audience: 'another-mesh' }))).toBe(403);
    expect(await enter(await passOf({ dst: 'outbound|80||nobody.guestbook.svc.cluster.local' }))).toBe(503);
  });

  test('a pass leads where it says, whatever else the request says', async () => {
    const issuer = new PassIssuer({ key: passKey, issuer: 'foresail-edge', audience: MESH, nowMs: () => Date.now() });
    const claims = {
      dst: FRONTEND,
      auth: 'guestbook.localhost',
      ip: '203.0.113.7',
      sub: undefined,
      retry: undefined,
      timeoutMs: 0,
    };
    const pass = await issuer.issue(claims, { waitUntil: () => {} });
    for (const host of ['store.guestbook', 'web.shop.svc.cluster.local', '10.96.1.1']) {
      const headers = { host, 'x-foresail-pass': pass, 'x-foresail-dst': 'outbound|80||web.shop.svc.cluster.local' };
      expect(JSON.parse((await send(`${gateway.url}/api/messages`, { headers })).text).version).toBe('v1');
    }
  });
};
