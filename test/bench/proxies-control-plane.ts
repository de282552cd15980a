/** The control plane of the benchmark of proxies: tells its port, then what it has measured. */
import { setTimeout as sleep } from 'node:timers/promises';
import { compileMesh } from '../../src/control/compile.ts';
import { meshEncoder } from '../../src/control/proxies/mesh-encoder.ts';
import { ProxyConfigs, type ProxyEncoder } from '../../src/control/proxies/proxy-configs.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { ResourceSets } from '../../src/mesh/resource-sets.ts';
import type { AnyResource } from '../../src/resources/kinds.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { CLUSTER, ENDPOINTS, LISTENER, ROUTES } from '../../src/xds/resource.ts';
import type { ProxiesAsked } from './proxies.ts';

export interface ProxiesReport {
  readonly first: PushReport;
  readonly change: PushReport & {
    readonly types: readonly string[];
    readonly clients: number;
    readonly encodingMs: number;
  };
  readonly idleBytes: number;
  readonly connectedBytes: number;
  readonly peakBytes: number;
}

interface PushReport {
  readonly tookMs: number;
  /** Of the control plane's own processor time: the machine is shared, with the clients at least. */
  readonly cpuMs: number;
  readonly sentBytes: number;
}

const NAMES = new Map([
  [CLUSTER, 'CDS'],
  [ENDPOINTS, 'EDS'],
  [LISTENER, 'LDS'],
  [ROUTES, 'RDS'],
]);

const { services, proxies } = JSON.parse(process.argv[2] ?? '{}') as ProxiesAsked;
const sent = { bytes: 0, types: new Set<string>(), clients: 0 };
let resources: readonly AnyResource[] = [];
const sets = new ResourceSets();
let encodingMs = 0;
let peakBytes = 0;
setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
}, 20).unref();

const encoder = timed(meshEncoder());
const configs = new ProxyConfigs({
  encoder,
  // Who they are is not what is measured: the pod's name says it, as its certificate would.
  recognise: async ({ authorization }) => {
    const [, serviceAccount = ''] = /^Bearer (.+)$/.exec(authorization[0] ?? '') ?? [];
    const identity = { trustDomain: 'cluster.local', namespace: 'bench', serviceAccount };
    return { identity, by: 'token', expiresAtMs: Date.now() + 3_600_000 };
  },
  log: (event, facts) => {
    if (event !== 'proxy-not-admitted') console.error(event, facts);
  },
});
countSent();

configs.setMesh(meshWith(proxies));
gc();
const idleBytes = process.memoryUsage.rss();
const port = await configs.ads.listen('127.0.0.1:0');
const startedMs = performance.now();
const startedCpu = process.cpuUsage();
process.send?.({ port });
await settled(proxies);
const first = { tookMs: performance.now() - startedMs, cpuMs: cpuMsSince(startedCpu), sentBytes: sent.bytes };
gc();
await sleep(500);
const connectedBytes = process.memoryUsage.rss();

Object.assign(sent, { bytes: 0, types: new Set(), clients: 0 });
encodingMs = 0;
const mesh = meshWith(proxies + 1);
const changedMs = performance.now();
const changedCpu = process.cpuUsage();
configs.setMesh(mesh);
await sleep(50);
await settled(proxies, () => sent.clients >= proxies);
const report: ProxiesReport = {
  first,
  change: {
    tookMs: performance.now() - changedMs,
    cpuMs: cpuMsSince(changedCpu),
    sentBytes: sent.bytes,
    types: [...sent.types].sort(),
    clients: sent.clients,
    encodingMs,
  },
  idleBytes,
  connectedBytes,
  peakBytes,
};
process.send?.(report);

function cpuMsSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

function gc(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

/** All are connected, have asked for four types and have taken them. */
async function settled(count: number, also: () => boolean = () => true): Promise<void> {
  for (;;) {
    const { statuses } = configs.ads;
    const done = statuses.filter(
      ({ types }) => types.length === 4 && types.every(({ state }) => state === 'synced'),
    ).length;
    if (done === count && also()) return;
    await sleep(20);
  }
}

function timed({ keyOf, encode }: ProxyEncoder): ProxyEncoder {
  return {
    keyOf,
    encode: (mesh: Mesh, proxy) => {
      const beganMs = performance.now();
      const resources = encode(mesh, proxy);
      encodingMs += performance.now() - beganMs;
      return resources;
    },
  };
}

/** What leaves the server, by what is asked of its encoded answers. */
function countSent(): void {
  const { responses } = configs.ads;
  const delta = responses.delta.bind(responses);
  responses.delta = (content) => {
    const bytes = delta(content);
    sent.bytes += bytes.length;
    sent.types.add(NAMES.get(content.typeUrl) ?? content.typeUrl);
    sent.clients += 1;
    return bytes;
  };
}

/** Of one source: what it does not tell anew is the same object. Pods share the services in turn; each has its account. */
function meshWith(pods: number): Mesh {
  const documents: string[] = [];
  for (let i = resources.length === 0 ? 0 : services; i < services; i++) {
    documents.push(`apiVersion: v1
kind: Service
metadata: { name: svc-${i}, namespace: bench }
spec: { clusterIP: 10.96.${i >> 8}.${i & 255}, selector: { app: svc-${i} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
`);
  }
  for (let i = Math.max(0, resources.length - services); i < pods; i++) {
    const service = i % services;
    documents.push(`apiVersion: v1
kind: Pod
metadata: { name: pod-${i}, namespace: bench, labels: { app: svc-${service} } }
spec: { serviceAccountName: svc-${service}, containers: [{ name: app, image: app }] }
status: { podIP: 10.0.${i >> 8}.${i & 255} }
`);
  }
  resources = [...resources, ...parseYaml(documents.join('---\n'), { file: 'bench.yaml' }).resources];
  return compileMesh(resources, { meshConfigFile: undefined }, sets).mesh;
}
