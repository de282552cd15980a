/** From the start of a process to its first answer, and what it has read and computed by then. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { snapshotEntries } from '../edge/support/snapshot.ts';
import { startKv, startUpstream } from './edge-processes.ts';
import type { Contender } from './peers/contender.ts';
import { startEnvoy } from './peers/natives.ts';
import { guestbook, type Scenario, thousandHosts } from './peers/scenarios.ts';
import { edgeBundle, startBareWorker, startEdgeOver } from './peers/workers.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5) * 2;
const KIB = 1024;

interface Start {
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly configBytes: number;
}

type Starter = (scenario: Scenario, folder: string, upstreamPort: number) => Promise<Start | undefined>;

const STARTERS: Readonly<Record<string, Starter>> = {
  'bare worker': (_, folder, upstreamPort) => timed(() => startBareWorker(folder, urlOf(upstreamPort))),
  'Foresail edge': async ({ gateway }, folder, upstreamPort) => {
    const kv = await startKv(await snapshotEntries(gateway));
    const start = await timed(
      () => startEdgeOver(kv, folder, urlOf(upstreamPort), { name: 'edge' }),
      () => kv.bytesRead(),
    );
    kv.stop();
    return start;
  },
  Envoy: async (scenario, _, upstreamPort) => {
    let bytes = 0;
    return timed(
      async () => {
        const envoy = await startEnvoy(scenario, upstreamPort);
        bytes = envoy?.configBytes ?? 0;
        return envoy;
      },
      () => bytes,
    );
  },
};

export async function benchColdStart(): Promise<void> {
  const bundle = await edgeBundle();
  console.log(`the worker: ${kibibytes(bundle.length)} KiB, ${kibibytes(gzipSync(bundle).length)} KiB gzipped\n`);
  console.log('| | configuration | to the first answer, ms at least | CPU ms by then | configuration read, KiB |');
  console.log('| --- | --- | --- | --- | --- |');
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  const upstream = await startUpstream();
  try {
    for (const scenario of [await guestbook(), thousandHosts()]) {
      for (const [name, start] of Object.entries(STARTERS))
        await measure(name, scenario, () => start(scenario, folder, upstream.port));
    }
  } finally {
    upstream.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measure(name: string, scenario: Scenario, start: () => Promise<Start | undefined>): Promise<void> {
  const starts: Start[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = await start();
    if (one !== undefined) starts.push(one);
  }
  if (starts.length === 0) return;
  const figures = [
    // Other work on the machine only adds.
    Math.min(...starts.map(({ tookMs }) => tookMs)).toFixed(0),
    mean(starts.map(({ cpuMs }) => cpuMs)).toFixed(0),
    kibibytes(mean(starts.map(({ configBytes }) => configBytes))),
  ];
  console.log(`| ${name} | ${scenario.name} | ${figures.join(' | ')} |`);
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}

async function timed(
  start: () => Promise<Contender | undefined>,
  configBytes: () => number = () => 0,
): Promise<Start | undefined> {
  const startMs = performance.now();
  const contender = await start();
  const tookMs = performance.now() - startMs;
  const cpuMs = contender?.usage?.().cpuMs ?? 0;
  await contender?.stop();
  return contender === undefined ? undefined : { tookMs, cpuMs, configBytes: configBytes() };
}

/** Of times that the system counts in hundredths of a second. */
function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function kibibytes(bytes: number): string {
  return (bytes / KIB).toFixed(0);
}

if (import.meta.main) await benchColdStart();
