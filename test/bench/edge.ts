/**
 * Throughput of the edge against a bare pass-through worker, both in plain workerd under the same load, in
 * alternating rounds. Ratios only: the absolute numbers are the machine's.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleEdge } from '../../src/control/up/bundle-edge.ts';
import { snapshotEntries } from '../edge/support/snapshot.ts';
import { BENCH_HOST, BENCH_PATH, benchMesh } from './edge-config.ts';
import { freePorts, hasWrk, type Load, runWrk, startKv, startUpstream, startWorkerd } from './edge-processes.ts';
import { median } from './median.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 8);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const TARGET_RATIO = 0.85;

const HEADERS = [
  `Host: ${BENCH_HOST}`,
  'user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language: en-US,en;q=0.5',
  'cookie: session=0123456789abcdef; theme=dark',
  'cf-connecting-ip: 203.0.113.7',
];

interface Sample extends Load {
  readonly cpuMicros: number;
}

const bareWorker = (upstream: string): string => `
  const UPSTREAM = '${upstream}';
  export default {
    fetch(request) {
      const { url } = request;
      return fetch(UPSTREAM + url.slice(url.indexOf('/', 8)), request);
    },
  };`;

export async function benchEdge(): Promise<void> {
  if (!hasWrk()) {
    console.log('edge: not measured, wrk is missing (Debian: apt-get install wrk)');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  const upstream = await startUpstream();
  const url = `http://127.0.0.1:${upstream.port}`;
  const kvs = [
    await startKv(await snapshotEntries(benchMesh('gateway', url))),
    await startKv(await snapshotEntries(benchMesh('origin', url))),
  ];
  writeFileSync(join(folder, 'bare.js'), bareWorker(url));
  writeFileSync(join(folder, 'edge.js'), await bundleEdge({ minify: true }));
  const ports = await freePorts(3);
  const config = join(folder, 'bench.capnp');
  writeFileSync(
    config,
    await workerdConfig(
      url,
      ports,
      kvs.map(({ port }) => port),
    ),
  );
  const workerd = await startWorkerd(config, ports[0] ?? 0);
  try {
    const names = ['bare', 'edge, gateway', 'edge, origin'];
    const samples = names.map((): Sample[] => []);
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, list] of samples.entries()) {
        const cpuBeforeMs = workerd.cpuMs();
        const load = await runWrk(`http://127.0.0.1:${ports[index]}${BENCH_PATH}`, SECONDS, HEADERS);
        const cpuMicros = ((workerd.cpuMs() - cpuBeforeMs) * 1000) / load.requests;
        // The first round warms up.
        if (round > 0) list.push({ ...load, cpuMicros });
      }
    }
    report(names, samples);
  } finally {
    workerd.stop();
    upstream.stop();
    for (const kv of kvs) kv.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Each round against its own bare one: other work on the machine comes and goes in minutes, not in seconds. */
function report(names: readonly string[], samples: readonly (readonly Sample[])[]): void {
  const bare = samples[0] ?? [];
  for (const [index, name] of names.entries()) {
    const list = samples[index] ?? [];
    const rates = list.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN));
    const cpu = list.map(({ cpuMicros }, round) => (bare[round]?.cpuMicros ?? Number.NaN) / cpuMicros);
    const range = `${Math.min(...rates).toFixed(2)}–${Math.max(...rates).toFixed(2)}`;
    const perSecond = median(list.map((sample) => sample.perSecond)).toFixed(0);
    const cpuText = Number.isNaN(median(cpu)) ? '' : `, by CPU time ${median(cpu).toFixed(2)}`;
    console.log(`${name.padEnd(16)} ${median(rates).toFixed(2)} of bare (${range}; ${perSecond}/s)${cpuText}`);
  }
  console.log(`target: at least ${TARGET_RATIO}`);
}

async function workerdConfig(upstream: string, ports: readonly number[], kvPorts: readonly number[]): Promise<string> {
  const { privateKey } = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const key = JSON.stringify(await crypto.subtle.exportKey('jwk', privateKey));
  const links = JSON.stringify({ clusters: { '*': { url: upstream } } });
  const worker = (module: string, bindings: string): string =>
    `(modules = [(name = "${module}", esModule = embed "${module}")], compatibilityDate = "2026-10-23", globalOutbound = "net", bindings = [${bindings}])`;
  const edgeBindings = (kv: number): string =>
    [
      `(name = "CONFIG", kvNamespace = "kv-${kv}")`,
      '(name = "GATEWAY_PORT", text = "80")',
      `(name = "FORESAIL_LINKS", text = ${JSON.stringify(links)})`,
      `(name = "EDGE_PASS_KEY", text = ${JSON.stringify(key)})`,
    ].join(', ');
  const services = [
    '(name = "net", network = (allow = ["public", "private"]))',
    `(name = "worker-0", worker = ${worker('bare.js', '')})`,
    ...kvPorts.flatMap((port, index) => [
      `(name = "kv-${port}", external = (address = "127.0.0.1:${port}", http = ()))`,
      `(name = "worker-${index + 1}", worker = ${worker('edge.js', edgeBindings(port))})`,
    ]),
  ];
  const sockets = ports.map(
    (port, index) => `(name = "s${index}", address = "127.0.0.1:${port}", http = (), service = "worker-${index}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [${services.join(', ')}], sockets = [${sockets.join(', ')}]);
`;
}

if (import.meta.main) await benchEdge();
