/**
 * What telemetry costs the edge: metrics, a filtered access log, one percent traced, pushed every second, beside
 * the same edge with all of it off, in alternating rounds.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Telemetry } from '../../src/control/telemetry/telemetry.ts';
import { TelemetryServer } from '../../src/control/telemetry/telemetry-server.ts';
import type { TelemetryScope } from '../../src/engine/telemetry/config.ts';
import { UNKNOWN_WORKLOAD } from '../../src/engine/telemetry/workload-labels.ts';
import { ISTIO_TEXT_FORMAT } from '../../src/mesh/telemetry/log-formats.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { BENCH_HOST, BENCH_PATH, benchMesh } from './edge-config.ts';
import { hasWrk, startUpstream } from './edge-processes.ts';
import { median } from './median.ts';
import { startEdgeWorker } from './peers/workers.ts';
import { inRounds, loaded } from './rounds.ts';

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
  const vars = { OTLP_ENDPOINT: await server.start(), TELEMETRY_INTERVAL_MS: '1000', TELEMETRY_RECENT: '100' };
  const mesh = benchMesh('gateway', url);
  const off = await startEdgeWorker(folder, url, mesh, { name: 'off' });
  const on = await startEdgeWorker(folder, url, withTelemetry(mesh, FULL), { name: 'on', vars });
  try {
    const [offs = [], ons = []] = await inRounds([off, on], (edge) => loaded(edge, BENCH_PATH, HEADERS));
    const rates = ons.map(({ perSecond }, round) => perSecond / (offs[round]?.perSecond ?? Number.NaN));
    const cpu = ons.map(({ cpuMicros }, round) => (offs[round]?.cpuMicros ?? Number.NaN) / cpuMicros);
    const range = `${Math.min(...rates).toFixed(2)}–${Math.max(...rates).toFixed(2)}`;
    const micros = [offs, ons].map((list) => median(list.map(({ cpuMicros }) => cpuMicros)).toFixed(0)).join(' → ');
    console.log(
      `telemetry on     ${median(rates).toFixed(2)} of off (${range}), by CPU time ${median(cpu).toFixed(2)} (${micros} µs)`,
    );
    console.log(`target: at least ${TARGET_RATIO}`);
    const counted = (await telemetry.metricsText()).matchAll(/istio_requests_total\{[^}]*\} (\d+)/g);
    console.log(`counted by the receiver: ${[...counted].reduce((sum, [, count]) => sum + Number(count), 0)}`);
  } finally {
    await Promise.all([off.stop(), on.stop()]);
    upstream.stop();
    await server.stop();
    rmSync(folder, { recursive: true });
  }
}

function withTelemetry(mesh: SnapshotInput, scope: TelemetryScope): SnapshotInput {
  return { ...mesh, config: { ...mesh.config, telemetry: { edge: { scope, workload: UNKNOWN_WORKLOAD } } } };
}

if (import.meta.main) await benchTelemetry();
