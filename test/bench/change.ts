/**
 * From a changed resource to the first request that is answered by it: compiled and published to the store that an edge
 * reads, or pushed to an Envoy. Requests come one after the other the whole time.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT_KEY } from '../../src/snapshot/format.ts';
import { send } from '../edge/support/client.ts';
import { snapshotEntries } from '../edge/support/snapshot.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { startKv } from './edge-processes.ts';
import { median } from './median.ts';
import { compiled, GATEWAY, SERVICE } from './mesh.ts';
import type { Contender } from './peers/contender.ts';
import { startEnvoy } from './peers/natives.ts';
import { startEdgeOver } from './peers/workers.ts';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const HOSTS = 1_000;
const NOWHERE = 9;
const TOKEN = 'bench';
const REFRESH_MS = [1_000, 5_000];

interface Changed {
  readonly contender: Contender;
  /** Resolves when nothing is left to do but to wait. */
  change(version: number): Promise<unknown>;
}

export async function benchChange(): Promise<void> {
  console.log(`one of ${HOSTS.toLocaleString('en')} hosts changed\n`);
  console.log('| | to the first request that sees it, ms: median | least | most |');
  console.log('| --- | --- | --- | --- |');
  const folder = mkdtempSync(join(tmpdir(), 'foresail-bench-'));
  try {
    await measure('edge that is told of it', () => edge(folder, { ADMIN_TOKEN: TOKEN }, toldOf));
    for (const refreshMs of REFRESH_MS) {
      const name = `edge that looks every ${refreshMs / 1_000} s${refreshMs === 5_000 ? ' (the default)' : ''}`;
      await measure(name, () => edge(folder, { REFRESH_MS: String(refreshMs) }));
    }
    await measure('Envoy over xDS', envoy);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function measure(name: string, start: () => Promise<Changed | undefined>): Promise<void> {
  const changed = await start();
  if (changed === undefined) return;
  const { contender, change } = changed;
  const times: number[] = [];
  try {
    for (let version = 2; version <= ROUNDS + 1; version++) {
      // Somewhere between two looks, not always right behind one.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.max(...REFRESH_MS)));
      const startMs = performance.now();
      const done = change(version);
      while ((await answer(contender.port)) !== bodyOf(version));
      times.push(performance.now() - startMs);
      await done;
    }
  } finally {
    await contender.stop();
  }
  const figures = [median(times), Math.min(...times), Math.max(...times)].map((ms) => ms.toFixed(0));
  console.log(`| ${name} | ${figures.join(' | ')} |`);
}

async function edge(
  folder: string,
  vars: Readonly<Record<string, string>>,
  tell: (port: number) => Promise<unknown> = async () => {},
): Promise<Changed> {
  const entries = await snapshotEntries(compiled(objectsOf(1)), 1);
  const kv = await startKv(entries);
  const contender = await startEdgeOver(kv, folder, `http://127.0.0.1:${NOWHERE}`, { name: 'edge', vars });
  return {
    contender: {
      ...contender,
      stop: async () => {
        await contender.stop();
        kv.stop();
      },
    },
    change: async (version) => {
      const next = await snapshotEntries(compiled(objectsOf(version)), version);
      // The root last, as it is published.
      for (const [key, value] of next) if (key !== ROOT_KEY) entries.set(key, value);
      entries.set(ROOT_KEY, next.get(ROOT_KEY) ?? '');
      await tell(contender.port);
    },
  };
}

async function toldOf(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/_foresail/refresh`;
  await (await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } })).arrayBuffer();
}

async function envoy(): Promise<Changed | undefined> {
  const gateway = compiled(objectsOf(1));
  const scenario = { name: 'change', gateway, host: hostOf(0), path: '/', headers: [], plain: undefined };
  const contender = await startEnvoy(scenario, NOWHERE);
  if (contender === undefined) return undefined;
  return { contender, change: (version) => contender.load(compiled(objectsOf(version))) };
}

async function answer(port: number): Promise<string> {
  const { status, text } = await send(`http://127.0.0.1:${port}/`, { headers: { host: hostOf(0) } });
  if (status !== 200) throw new Error(`a request was answered ${status}: ${text}`);
  return text;
}

function bodyOf(version: number): string {
  return `version ${version}`;
}

function hostOf(index: number): string {
  return `shop-${index}.example.com`;
}

function objectsOf(version: number): Fields[] {
  const hosts = Array.from({ length: HOSTS }, (_, index) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: `shop-${index}`, namespace: 'shop' },
    spec: {
      hosts: [hostOf(index)],
      gateways: ['gateway'],
      http: [{ directResponse: { status: 200, body: { string: bodyOf(index === 0 ? version : 1) } } }],
    },
  }));
  return [GATEWAY, SERVICE, ...hosts];
}

if (import.meta.main) await benchChange();
