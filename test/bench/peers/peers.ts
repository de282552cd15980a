/**
 * The edge beside what users would pick instead: the same configurations on the edge, Envoy, nginx, haproxy and a Hono
 * proxy, under the same load in alternating rounds. Throughput is told as a ratio to a bare worker; what a request costs
 * in CPU time is the figure that says most, since client, proxy and upstream share the machine.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasWrk, startUpstream } from '../edge-processes.ts';
import { median } from '../median.ts';
import { inRounds, loaded, ROUNDS, type Sample, SECONDS } from '../rounds.ts';
import type { Contender } from './contender.ts';
import { startEnvoy, startHaproxy, startNginx } from './natives.ts';
import { guestbook, hostsWithPolicies, type Scenario, thousandHosts } from './scenarios.ts';
import { startBareWorker, startEdgeWorker, startHonoWorker } from './workers.ts';

const BARE = 1;

const BROWSER = [
  'user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language: en-US,en;q=0.5',
  'cookie: session=0123456789abcdef; theme=dark',
  'cf-connecting-ip: 203.0.113.7',
];

export async function benchPeers(): Promise<void> {
  if (!hasWrk()) {
    console.log('peers: not measured, wrk is missing (Debian: apt-get install wrk)');
    return;
  }
  console.log(`${ROUNDS} rounds of ${SECONDS} s, one connection pool of 32`);
  for (const scenario of [await guestbook(), thousandHosts(), await hostsWithPolicies()]) await compare(scenario);
}

async function compare(scenario: Scenario): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  const upstream = await startUpstream();
  const contenders = await start(scenario, folder, upstream.port);
  try {
    const { host, path, headers } = scenario;
    const all = [`Host: ${host}`, ...BROWSER, ...headers];
    report(scenario, contenders, await inRounds(contenders, (contender) => loaded(contender, path, all)));
  } finally {
    await Promise.all(contenders.map((contender) => contender.stop()));
    upstream.stop();
    rmSync(folder, { recursive: true });
  }
}

async function start(scenario: Scenario, folder: string, upstreamPort: number): Promise<Contender[]> {
  const url = `http://127.0.0.1:${upstreamPort}`;
  const { gateway, plain } = scenario;
  const all: (Contender | undefined)[] = [
    { name: 'no proxy', port: upstreamPort, usage: undefined, stop: async () => {} },
    await startBareWorker(folder, url),
    await startEdgeWorker(folder, url, gateway, { name: 'Foresail edge' }),
    plain === undefined || plain.hosts.length > 1 ? undefined : await startHonoWorker(folder, url),
    await startEnvoy(scenario, upstreamPort),
    plain === undefined ? undefined : await startNginx(folder, plain, upstreamPort),
    plain === undefined ? undefined : await startHaproxy(folder, plain, upstreamPort),
  ];
  return all.filter((contender) => contender !== undefined);
}

/** Each round against its own bare worker: other work on the machine comes and goes in minutes, not in seconds. */
function report({ name }: Scenario, contenders: readonly Contender[], samples: readonly (readonly Sample[])[]): void {
  const bare = samples[BARE] ?? [];
  console.log(`\n### ${name}\n`);
  console.log('| | requests, bare worker = 1 | p50 ms | p99 ms | CPU µs a request | memory MiB |');
  console.log('| --- | --- | --- | --- | --- | --- |');
  for (const [index, contender] of contenders.entries()) {
    const list = samples[index] ?? [];
    const ratios = list.map(({ perSecond }, round) => perSecond / (bare[round]?.perSecond ?? Number.NaN));
    const figures = [
      `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`,
      median(list.map(({ p50Ms }) => p50Ms)).toFixed(1),
      median(list.map(({ p99Ms }) => p99Ms)).toFixed(1),
      shown(median(list.map(({ cpuMicros }) => cpuMicros))),
      shown(median(list.map(({ residentMb }) => residentMb))),
    ];
    console.log(`| ${contender.name} | ${figures.join(' | ')} |`);
  }
}

function shown(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(0);
}

if (import.meta.main) await benchPeers();
