/**
 * Also tested: whatever an eventually consistent store shows, in the reader alone (test/snapshot/eventual-consistency),
 * altered, older, cut off and unsigned roots in every runtime (test/runtime/configuration.ts), two publishers on one
 * store (test/control/publisher.test.ts), the REST API's failures (test/store/workers-kv.test.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Publisher } from '../../src/control/publish.ts';
import { FaultyKv, type KvFault } from './support/faulty-kv.ts';
import { ask, SteadyLoad } from './support/steady-load.ts';
import { hostOf, versionedMesh } from './support/versioned-mesh.ts';
import { startWorkerdEdge, type WorkerdEdge } from './support/workerd-edge.ts';

const TIMEOUT_MS = 120_000;
/** A store that takes so long is asked again before it has answered. */
const SLOW_MS = 2_600;

let kv: FaultyKv;
let edge: WorkerdEdge;
let publisher: Publisher;
let load: SteadyLoad | undefined;

beforeAll(async () => {
  kv = await FaultyKv.start();
  publisher = new Publisher({ store: kv.store, mesh: 'faults', syncer: 'one' });
  await publisher.publish(versionedMesh('v1'));
  edge = await startWorkerdEdge(kv.port, { REFRESH_MS: '50' });
});
afterEach(async () => {
  kv.fault = { kind: 'none' };
  await load?.stop();
  load = undefined;
});
afterAll(async () => {
  await edge.stop();
  await kv.stop();
});

/** Every answer has to be one of these bodies. */
function startLoad(bodies: readonly string[], hosts = 6): SteadyLoad {
  load = SteadyLoad.start({
    url: edge.url,
    next: (n) => ({ path: '/', host: hostOf(n % hosts) }),
    isGood: (status, body) => status === 200 && bodies.includes(body),
  });
  return load;
}

async function served(host = hostOf(0)): Promise<string> {
  const outcome = await ask(edge.url, { path: '/', host });
  return typeof outcome === 'string' ? outcome : `${outcome.status} ${outcome.body}`;
}

const cases: readonly (readonly [string, KvFault])[] = [
  ['is down', { kind: 'down' }],
  ['never answers', { kind: 'hanging' }],
  ['is slow', { kind: 'slow', ms: SLOW_MS }],
  ['shows roots cut off', { kind: 'altering', alter: (key, value) => (key === 'root' ? value.slice(0, -40) : value) }],
  ['has lost everything', { kind: 'altering', alter: () => undefined }],
  [
    'flips a bit of every piece',
    { kind: 'altering', alter: (key, value) => (key === 'root' ? value : flipBit(value, value.length >> 1)) },
  ],
  ['cuts every piece', { kind: 'altering', alter: (key, value) => (key === 'root' ? value : value.slice(0, 100)) }],
];

describe('a warm edge, whose store', () => {
  it.each(cases)(
    '%s while a version is published, answers as before and takes the version afterwards',
    async (_, fault) => {
      const before = await publishAndServe();
      const running = startLoad([before]);
      await running.more(40);
      kv.fault = fault;
      const after = await publish();
      await running.more(60);
      await expect(running.stop()).resolves.toMatchObject({ failures: {} });
      kv.fault = { kind: 'none' };
      await expect.poll(() => served(), { timeout: 30_000 }).toBe(`200 ${after}`);
    },
    TIMEOUT_MS,
  );

  it('shows an old root now and then, never goes back to it for one request', async () => {
    const old = await publishAndServe();
    const root = kv.store.values.get('root');
    const now = await publishAndServe();
    const running = startLoad([now]);
    await running.more(20);
    let reads = 0;
    kv.fault = { kind: 'altering', alter: (key, value) => (key === 'root' && reads++ % 2 === 0 ? root : value) };
    await running.more(150);
    expect(await running.stop()).toMatchObject({ failures: {} });
    expect(reads).toBeGreaterThan(3);
    expect(now).not.toBe(old);
  });

  it('has a root before its pieces, serves the old version or the new one, each request whole', async () => {
    const before = await publishAndServe();
    const old = new Set(kv.store.values.keys());
    kv.fault = { kind: 'altering', alter: (key, value) => (key === 'root' || old.has(key) ? value : undefined) };
    const after = await publish();
    const running = startLoad([before, after]);
    await running.more(80);
    kv.fault = { kind: 'none' };
    await expect.poll(() => served(), { timeout: 30_000 }).toBe(`200 ${after}`);
    expect(await running.stop()).toMatchObject({ failures: {} });
  }, 60_000);

  it('is written by two syncers at once, serves what one of them has written and settles on the last', async () => {
    const other = new Publisher({ store: kv.store, mesh: 'faults', syncer: 'two' });
    const before = await publishAndServe();
    const last = 'two-last';
    const names = Array.from({ length: 8 }, (_, i) => [`one-${i}`, `two-${i}`]).flat();
    const running = startLoad([before, last, ...names]);
    for (let i = 0; i < 8; i++) {
      await Promise.all([publisher.publish(versionedMesh(`one-${i}`)), other.publish(versionedMesh(`two-${i}`))]);
      await sleep(20);
    }
    await other.publish(versionedMesh(last));
    expect(await running.stop()).toMatchObject({ failures: {} });
    await expect.poll(() => served(), { timeout: 30_000 }).toBe(`200 ${last}`);
  }, 60_000);
});

describe('a cold edge, whose store', () => {
  it.each(cases.slice(0, 2))(
    '%s, refuses with 503 and serves as soon as it can',
    async (_, fault) => {
      const version = await publish();
      kv.fault = fault;
      await edge.restart();
      expect(await served()).toMatch(/^503 /);
      kv.fault = { kind: 'none' };
      await expect.poll(() => served(), { timeout: 30_000 }).toBe(`200 ${version}`);
    },
    TIMEOUT_MS,
  );

  it(
    'is slower than any request waits, serves in the end, however many ask meanwhile',
    async () => {
      const version = await publish();
      kv.fault = { kind: 'slow', ms: SLOW_MS };
      await edge.restart();
      const running = startLoad([version]);
      await expect.poll(() => served(), { timeout: 60_000 }).toBe(`200 ${version}`);
      await running.stop();
    },
    TIMEOUT_MS,
  );
});

let published = 0;

async function publish(): Promise<string> {
  const name = `version-${++published}`;
  await publisher.publish(versionedMesh(name));
  return name;
}

async function publishAndServe(): Promise<string> {
  const name = await publish();
  await expect.poll(() => served(), { timeout: 30_000 }).toBe(`200 ${name}`);
  // All hosts of the load are warm: what is cold may have to wait for the store.
  for (let n = 0; n < 6; n++) expect(await served(hostOf(n))).toBe(`200 ${name}`);
  return name;
}

function flipBit(text: string, at: number): string {
  return text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1);
}
