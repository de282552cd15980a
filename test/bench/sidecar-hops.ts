import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Percentiles } from '../cluster/app/commands.ts';
import { HTTP_PORT } from '../cluster/app/commands.ts';
import { Cluster } from '../cluster/cluster.ts';
import { endpointSlice, PODS, SERVICES } from '../cluster/mesh.ts';
import type { Pod } from '../cluster/pod.ts';
import { ENVOY, missingForCaptured } from '../support/needs.ts';

const CALLS = 3_000;
const PLAIN_PORT = 10_000;
const NEEDED = ['front', 'web-1', 'bare'];

/**
 * What sidecars cost a call, between pods that are network namespaces: none, a bare Envoy between the two, the caller's
 * sidecar, and both with mutual TLS. One call at a time: the time that a hop adds.
 */
export async function benchSidecarHops(): Promise<void> {
  const missing = missingForCaptured();
  if (missing !== undefined) {
    console.log(`left out: ${missing}`);
    return;
  }
  const cluster = await Cluster.start();
  try {
    cluster.write('services.yaml', SERVICES);
    await cluster.addPods(PODS.filter(({ name }) => NEEDED.includes(name)));
    cluster.write('web.yaml', endpointSlice(cluster, 'web', 'shop', ['web-1']));
    const { node } = cluster;
    const [front, bare] = [cluster.pod('front'), cluster.pod('bare')];
    startBareEnvoy(node, bare.address);
    const direct = await measured(node, `http://${bare.address}:${HTTP_PORT}/`);
    const rows: readonly (readonly [string, Percentiles])[] = [
      ['no proxy', direct],
      ['a bare Envoy between', await measured(node, `http://127.0.0.1:${PLAIN_PORT}/`)],
      ['one sidecar (the caller’s), plaintext', await measured(front, 'http://bare.legacy/')],
      ['two sidecars, mutual TLS', await measured(front, 'http://web/')],
    ];
    for (const [what, { medianMs, p99Ms }] of rows) {
      const added = (medianMs - direct.medianMs).toFixed(2);
      console.log(`${what.padEnd(40)} median ${medianMs.toFixed(2)} ms (+${added}), p99 ${p99Ms.toFixed(2)} ms`);
    }
    for (const name of ['front', 'web-1']) {
      const { agent, envoy } = memoryOf(cluster, name);
      console.log(`${`memory beside ${name}`.padEnd(40)} agent ${agent} MiB, Envoy ${envoy} MiB`);
    }
  } finally {
    await cluster.end();
  }
}

/** The first calls may come before the endpoints do. */
async function measured(pod: Pod, url: string): Promise<Percentiles> {
  const deadlineMs = Date.now() + 60_000;
  while ((await pod.statusOf(url)) !== 200) if (Date.now() > deadlineMs) throw new Error(`${url} does not answer`);
  return (await pod.tell({ do: 'measure', url, count: CALLS })) as Percentiles;
}

/** Envoy's own figure: one listener, one route, one cluster, one thread. */
function startBareEnvoy(pod: Pod, address: string): void {
  const at = (host: string, port: number): unknown => ({ socket_address: { address: host, port_value: port } });
  const extension = (name: string, type: string, more = {}): unknown => ({
    name,
    typed_config: { '@type': `type.googleapis.com/${type}`, ...more },
  });
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'app' } }];
  const manager = extension(
    'envoy.filters.network.http_connection_manager',
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    {
      stat_prefix: 'plain',
      route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
      http_filters: [extension('envoy.filters.http.router', 'envoy.extensions.filters.http.router.v3.Router')],
    },
  );
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: at(address, HTTP_PORT) } }] }];
  const file = join(pod.folder, 'envoy.json');
  writeFileSync(
    file,
    JSON.stringify({
      static_resources: {
        listeners: [{ name: 'plain', address: at('127.0.0.1', PLAIN_PORT), filter_chains: [{ filters: [manager] }] }],
        clusters: [
          { name: 'app', type: 'STATIC', connect_timeout: '1s', load_assignment: { cluster_name: 'app', endpoints } },
        ],
      },
    }),
  );
  pod.start([ENVOY, '--config-path', file, '--concurrency', '1', '--disable-hot-restart', '-l', 'error'], { uid: 0 });
}

/** Proportional set sizes: what is shared counts by share. */
function memoryOf(cluster: Cluster, pod: string): { readonly agent: number; readonly envoy: number } {
  const found = { agent: 0, envoy: 0 };
  for (const pid of cluster.network.processesOf(pod)) {
    const [, kib = '0'] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
    const mib = Math.round(Number(kib) / 1024);
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (basename(readlinkSync(`/proc/${pid}/exe`)) === 'envoy') found.envoy = mib;
    else if (command.includes('src/agent/main.ts')) found.agent = mib;
  }
  return found;
}
