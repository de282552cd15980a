/**
 * What telemetry costs the edge: metrics, a filtered access log, one percent traced, pushed every second, beside
 * the same edge with all of it off. One workerd, alternating rounds; ratios only.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Telemetry } from '../../src/control/telemetry/telemetry.ts';
import { TelemetryServer } from '../../src/control/telemetry/telemetry-server.ts';
import { bundleEdge } from '../../src/control/up/bundle-edge.ts';
import type { TelemetryScope } from '../../src/engine/telemetry/config.ts';
import { UNKNOWN_WORKLOAD } from '../../src/engine/telemetry/workload-labels.ts';
import { ISTIO_TEXT_FORMAT } from '../../src/mesh/telemetry/log-formats.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { snapshotEntries } from '../edge/support/snapshot.ts';
import { BENCH_HOST, BENCH_PATH, benchMesh } from './edge-config.ts';
import { freePorts, hasWrk, runWrk, startKv, startUpstream, startWorkerd } from './edge-processes.ts';
import { median } from './median.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 8);
const SECONDS = Number(process.env.BENCH_SECONDS ?? 2);
const TARGET_RATIO = 0.9;

const HEADERS = [
  `Host: ${BENCH_HOST}`,
  'user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'cf-connecting-ip: 203.0.113.7',
  'cf-ipcountry: DE',
  'cf-ray: 8f1e5c0b7d2a1234-FRA',
];

/** Everything that Telemetry can ask of an edge; what is logged is errors, as people log who have much traffic. */
const FULL: TelemetryScope = {
  accessLogs: [
    {
      provider: 'envoy',
      sink: { kind: 'file', path: '/dev/stdout' },
      format: { text: ISTIO_TEXT_FORMAT },
      filter: {
        expression: 'response.code >= 400',
        cel: { compare: '>=', left: { attribute: ['response', 'code'] }, right: { literal: 400 } },
      },
    },
  ],
  tracing: {
    samplingPercent: 1,
    provider: {
      name: 'otel',
      protocol: 'otlp-http',
      backend: { host: 'otel', port: 4318, cluster: 'otel' },
      path: '/v1/traces',
      usesW3c: true,
      headers: [],
    },
    customTags: [],
    useRequestIdForSampling: true,
    istioTags: true,
  },
  metrics: { overrides: {} },
};

export async function benchTelemetry(): Promise<void> {
  if (!hasWrk()) {
    console.log('telemetry: not measured, wrk is missing (Debian: apt-get install wrk)');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  const upstream = await startUpstream();
  const url = `http://127.0.0.1:${upstream.port}`;
  const telemetry = new Telemetry();
  const server = new TelemetryServer({ telemetry, host: '127.0.0.1', port: 0, pushToken: undefined });
  const receiver = await server.start();
  const off = benchMesh('gateway', url);
  const on = withTelemetry(off, FULL);
  const kvs = [await startKv(await snapshotEntries(off)), await startKv(await snapshotEntries(on))];
  writeFileSync(join(folder, 'edge.js'), await bundleEdge({ minify: true }));
  const ports = await freePorts(2);
  const config = join(folder, 'bench.capnp');
  const vars = [{}, { OTLP_ENDPOINT: receiver, TELEMETRY_INTERVAL_MS: '1000', TELEMETRY_RECENT: '100' }];
  writeFileSync(
    config,
    workerdConfig(
      url,
      ports,
      kvs.map(({ port }) => port),
      vars,
    ),
  );
  const workerd = await startWorkerd(config, ports[0] ?? 0);
  try {
    const rates: number[][] = [[], []];
    const cpu: number[][] = [[], []];
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [index, port] of ports.entries()) {
        const beforeMs = workerd.cpuMs();
        const load = await runWrk(`http://127.0.0.1:${port}${BENCH_PATH}`, SECONDS, HEADERS);
        // The first round warms up.
        if (round === 0) continue;
        rates[index]?.push(load.perSecond);
        cpu[index]?.push(((workerd.cpuMs() - beforeMs) * 1000) / load.requests);
      }
    }
    const [offRates = [], onRates = []] = rates;
    const [offCpu = [], onCpu = []] = cpu;
    const ratio = onRates.map((rate, round) => rate / (offRates[round] ?? Number.NaN));
    const cpuRatio = onCpu.map((micros, round) => (offCpu[round] ?? Number.NaN) / micros);
    const range = `${Math.min(...ratio).toFixed(2)}–${Math.max(...ratio).toFixed(2)}`;
    console.log(
      `telemetry on     ${median(ratio).toFixed(2)} of off (${range}; ${median(onRates).toFixed(0)}/s), by CPU time ${median(cpuRatio).toFixed(2)}`,
    );
    console.log(`target: at least ${TARGET_RATIO}`);
    const counted = /istio_requests_total\{[^}]*\} (\d+)/.exec(await telemetry.metricsText())?.[1];
    console.log(`counted by the receiver: ${counted ?? 'nothing'}`);
  } finally {
    workerd.stop();
    upstream.stop();
    await server.stop();
    for (const kv of kvs) kv.stop();
    rmSync(folder, { recursive: true });
  }
}

function withTelemetry(mesh: SnapshotInput, scope: TelemetryScope): SnapshotInput {
  return { ...mesh, config: { ...mesh.config, telemetry: { edge: { scope, workload: UNKNOWN_WORKLOAD } } } };
}

function workerdConfig(
  upstream: string,
  ports: readonly number[],
  kvPorts: readonly number[],
  vars: readonly Readonly<Record<string, string>>[],
): string {
  const links = JSON.stringify({ clusters: { '*': { url: upstream } } });
  const services = kvPorts.flatMap((kv, index) => {
    const all = { GATEWAY_PORT: '80', FORESAIL_LINKS: links, ...vars[index] };
    const bindings = Object.entries(all).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
    return [
      `(name = "kv-${kv}", external = (address = "127.0.0.1:${kv}", http = ()))`,
      `(name = "worker-${index}", worker = (modules = [(name = "edge.js", esModule = embed "edge.js")], compatibilityDate = "2026-10-23", globalOutbound = "net", bindings = [(name = "CONFIG", kvNamespace = "kv-${kv}"), ${bindings.join(', ')}]))`,
    ];
  });
  const sockets = ports.map(
    (port, index) => `(name = "s${index}", address = "127.0.0.1:${port}", http = (), service = "worker-${index}")`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "net", network = (allow = ["public", "private"])), ${services.join(', ')}], sockets = [${sockets.join(', ')}]);
`;
}

if (import.meta.main) await benchTelemetry();
