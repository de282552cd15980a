/**
 * The control plane dies or lives long. Also tested: a publisher that dies between pieces and root leaves garbage that is
 * swept (test/control/publisher.test.ts), two replicas of foresaild of which one is killed (test/kube/replica-processes.test.ts).
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { residentMbOf } from '../bench/edge-processes.ts';
import { runForesail, startForesail } from '../cli/run-foresail.ts';
import { meshYaml } from '../control/mesh-yaml.ts';
import { FakeKvApi } from '../store/fake-kv-api.ts';
import { FaultyKv } from './support/faulty-kv.ts';
import { SteadyLoad } from './support/steady-load.ts';
import { startWorkerdEdge } from './support/workerd-edge.ts';

/** CI: half a minute; FAULTS_MINUTES=60 for the hour. */
const SECONDS =
  process.env.FAULTS_MINUTES === undefined ? (process.env.CI ? 25 : 12) : Number(process.env.FAULTS_MINUTES) * 60;
const ENV = { CLOUDFLARE_API_TOKEN: 't' };
let folder: string;
let api: FakeKvApi;
let target: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-faults-'));
  api = await FakeKvApi.start('ns', 't');
  target = [join(folder, 'mesh.yaml'), '--store', 'kv', '--namespace-id', 'ns', '--api-base', api.base];
});
afterEach(async () => {
  await api.stop();
  await rm(folder, { recursive: true, force: true });
});

const write = (prefix: string): Promise<void> => writeFile(join(folder, 'mesh.yaml'), meshYaml(60, { 1: prefix }));

/** What an edge that starts now finds in the store. */
async function servedPrefix(values: ReadonlyMap<string, string>): Promise<unknown> {
  const pieces = async (keys: readonly string[]) => new Map([...values].filter(([key]) => keys.includes(key)));
  const reader = new SnapshotReader({ root: async () => values.get('root'), pieces });
  await reader.load('shop-1.example.com');
  return Object.values(reader.current?.domain('shop-1.example.com')?.virtualHosts ?? {})[0]?.routes[0]?.match.path;
}

describe('a control plane that is killed', () => {
  it.each(['push', 'syncer'])(
    'in the middle of a %s leaves a whole version, and the next one goes on',
    async (command) => {
      await write('/one');
      expect((await runForesail(['push', ...target], ENV)).code).toBe(0);
      await write('/two');
      // While pieces are on their way, and while the root is.
      for (const wanted of [1, 2]) {
        api.heal();
        api.requests.length = 0;
        api.fail({ times: 9, path: /\/bulk$/, delayMs: 600 });
        const child = startForesail([command, ...target], ENV);
        const writes = () => api.requests.filter(({ path }) => path.endsWith('/bulk')).length;
        await expect.poll(writes, { timeout: 30_000 }).toBe(wanted);
        child.kill('SIGKILL');
        await once(child, 'close');
        await sleep(800);
        expect(['/one/0', '/two/0', '/two-1/0']).toContain(
          ((await servedPrefix(api.values)) as { prefix?: string }).prefix,
        );
        await write(`/two-${wanted}`);
      }
      api.heal();
      await write('/three');
      expect((await runForesail(['push', ...target], ENV)).code).toBe(0);
      expect(await servedPrefix(api.values)).toEqual({ prefix: '/three/0' });
    },
    120_000,
  );
});

describe('over a long time', () => {
  it(
    `the syncer and the edge keep their memory while versions come and requests go on (${SECONDS} s)`,
    async () => {
      await write('/v0');
      const syncer = startForesail(['syncer', ...target, '-o', 'json'], ENV);
      syncer.stdout?.resume();
      syncer.stderr?.resume();
      const kv = await FaultyKv.start();
      const edge = await startWorkerdEdge(kv.port, { REFRESH_MS: '100' });
      const copy = () => kv.store.put(api.values);
      await expect.poll(() => api.values.has('root'), { timeout: 30_000 }).toBe(true);
      await copy();
      const load = SteadyLoad.start({
        url: edge.url,
        connections: 8,
        pauseMs: 1,
        next: (n) => ({ path: `/nothing/${n}`, host: `shop-${n % 60}.example.com` }),
        isGood: (status) => status === 404,
      });
      const samples: { edge: number; syncer: number }[] = [];
      const endMs = performance.now() + SECONDS * 1000;
      let edits = 0;
      while (performance.now() < endMs) {
        await write(`/v${++edits}`);
        await sleep(Math.max(250, SECONDS));
        await copy();
        samples.push({ edge: edge.residentMb(), syncer: residentMbOf(syncer.pid ?? 0) });
      }
      const { answered, failures } = await load.stop();
      syncer.kill('SIGKILL');
      await edge.stop();
      await kv.stop();
      const growth = (of: 'edge' | 'syncer') => {
        const third = Math.floor(samples.length / 3);
        const peak = (part: typeof samples) => Math.max(...part.map((sample) => sample[of]));
        return peak(samples.slice(-third)) - peak(samples.slice(third, 2 * third));
      };
      console.log(
        `${answered} requests, ${edits} edits; grown by ${growth('edge').toFixed(1)} MB (edge), ${growth('syncer').toFixed(1)} MB (syncer) from the second third to the last`,
      );
      expect(failures).toEqual({});
      // A heap breathes; what leaks a kilobyte a request or a snapshot a version would be far beyond this.
      expect(growth('edge')).toBeLessThan(80);
      expect(growth('syncer')).toBeLessThan(80);
    },
    SECONDS * 1000 + 90_000,
  );
});
