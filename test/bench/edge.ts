/**
 * Throughput of the edge against a bare pass-through worker, both in plain workerd under the same load, in
 * alternating rounds. Ratios only: the absolute numbers are the machine's.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH_HOST, BENCH_PATH, benchMesh } from './edge-config.ts';
import { hasWrk, startUpstream } from './edge-processes.ts';
import { median } from './median.ts';
import { startBareWorker, startEdgeWorker } from './peers/workers.ts';
import { inRounds, loaded, type Sample } from './rounds.ts';

const TARGET_RATIO = 0.9;

const HEADERS = [
  `Host: ${BENCH_HOST}`,
  'user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language: en-US,en;q=0.5',
  'cookie: session=0123456789abcdef; theme=dark',
  'cf-connecting-ip: 203.0.113.7',
];

export async function benchEdge(): Promise<void> {
  if (!hasWrk()) {
    console.log('edge: not measured, wrk is missing (Debian: apt-get install wrk)');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  const upstream = await startUpstream();
  const url = `http://127.0.0.1:${upstream.port}`;
  const vars = { FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url } } }) };
  const start = (kind: 'gateway' | 'origin') =>
    startEdgeWorker(folder, url, benchMesh(kind, url), { name: `edge, ${kind}`, vars });
  const contenders = [await startBareWorker(folder, url), await start('gateway'), await start('origin')];
  try {
    const samples = await inRounds(contenders, (contender) => loaded(contender, BENCH_PATH, HEADERS));
    report(
      contenders.map(({ name }) => name),
      samples,
    );
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
    upstream.stop();
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

if (import.meta.main) await benchEdge();
