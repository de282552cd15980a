import { describe, expect, it } from 'vitest';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { generateSigningKey, importSigner, importVerifier } from '../../src/snapshot/keys.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { sealRoot } from '../../src/snapshot/sign.ts';
import { MutableSource } from './mutable-source.ts';
import { publishToMemory } from './publish-to-memory.ts';
import { largeGateway, sampleDomain, sampleGateway } from './sample-gateway.ts';

const HOST = 'shop-7.example.com';

/** 300 hosts: too large to be inline, several buckets. */
function large(changes: Readonly<Record<string, string>> = {}): SnapshotInput {
  const input = largeGateway(300);
  const domains = new Map(input.domains);
  for (const [host, marker] of Object.entries(changes)) domains.set(host, sampleDomain(host, 10, 1, marker));
  return { ...input, domains };
}

function pathOf(reader: SnapshotReader, host = HOST): unknown {
  return reader.current?.domain(host)?.virtualHosts['http.80']?.routes[0]?.match.path;
}

function newKeys(values: ReadonlyMap<string, string>, before: ReadonlySet<string>): string[] {
  return [...values.keys()].filter((key) => !before.has(key));
}

describe('a cold edge', () => {
  it('reads a small mesh with the root alone', async () => {
    const { store } = await publishToMemory(sampleGateway([sampleDomain(HOST, 3, 1), sampleDomain('*', 1, 50)]));
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    expect(pathOf(reader)).toEqual({ prefix: '/api/v1/things/0' });
    expect([source.rootReads, source.bulkReads]).toEqual([1, 0]);
  });

  it('reads a large mesh with the root and one bulk read, wildcards included', async () => {
    const { store } = await publishToMemory({
      ...large(),
      domains: new Map([
        ...large().domains,
        ['*.example.com', sampleDomain('*.example.com', 1, 1)],
        ['*', sampleDomain('*', 1, 1)],
      ]),
    });
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    expect(reader.ready(HOST)).toBe(false);
    await reader.load(HOST);
    expect([source.rootReads, source.bulkReads]).toEqual([1, 1]);
    expect(reader.current?.wildcardsFor(HOST)).toEqual(['*.example.com', '*']);
    expect(reader.current?.domain('*.example.com')?.domain).toBe('*.example.com');
    expect(reader.current?.domain('*.com')).toBeUndefined();
  });

  it('does not take a host that is not loaded for one that does not exist', async () => {
    const { store } = await publishToMemory(large());
    const reader = new SnapshotReader(new MutableSource(store));
    await reader.load(HOST);
    const loaded = reader.current?.buckets;
    const other = [...large().domains.keys()].find((host) =>
      [...(reader.current?.bucketsOf(host) ?? [])].some((i) => !loaded?.has(i)),
    );
    expect(() => reader.current?.domain(other ?? '')).toThrow('not loaded');
  });

  it('shares one load between requests that come together', async () => {
    const { store } = await publishToMemory(large());
    const source = new MutableSource(store);
    source.latencyMs = 20;
    const reader = new SnapshotReader(source);
    await Promise.all(Array.from({ length: 50 }, () => reader.load(HOST)));
    expect([source.rootReads, source.bulkReads]).toEqual([1, 1]);
  });

  it('has nothing to serve from an empty store, says so, and does not ask for every request', async () => {
    const { store } = await publishToMemory(large());
    store.values.clear();
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source, { nowMs: () => 5_000 });
    await Promise.all(Array.from({ length: 10 }, () => reader.load(HOST)));
    for (let i = 0; i < 10; i++) await reader.load(HOST);
    expect(reader.current).toBeUndefined();
    expect(reader.status().problem?.code).toBe('missing-root');
    expect(source.rootReads).toBe(1);
  });

  it('does not wait for a load whose request was cancelled', async () => {
    const { store } = await publishToMemory(large());
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    const root = source.root.bind(source);
    source.root = () => new Promise(() => {});
    void reader.load(HOST);
    source.root = root;
    await reader.load(HOST);
    expect(reader.ready(HOST)).toBe(true);
  });
});

describe('a warm edge', () => {
  it('takes a new version in the background and keeps what is unchanged as the same objects', async () => {
    const { store, publisher } = await publishToMemory(large());
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    await reader.load('shop-8.example.com');
    const before = reader.current;
    const stays = before?.domain('shop-8.example.com');
    await publisher.publish(large({ [HOST]: '-new' }));
    await reader.refresh();
    expect(reader.current?.version).toBe(2);
    expect(pathOf(reader)).toEqual({ prefix: '/api/v1/things/0-new' });
    expect(reader.current?.domain('shop-8.example.com')).toBe(stays);
    expect(reader.current?.gateway).toBe(before?.gateway);
    // Who began with the old version ends with it.
    expect(before?.domain(HOST)?.virtualHosts['http.80']?.routes[0]?.match.path).toEqual({
      prefix: '/api/v1/things/0',
    });
  });

  it('keeps hosts ready when the number of buckets changes', async () => {
    const { store, publisher } = await publishToMemory(large());
    const reader = new SnapshotReader(new MutableSource(store));
    const hosts = ['shop-1.example.com', 'shop-2.example.com', HOST];
    for (const host of hosts) await reader.load(host);
    const buckets = reader.status().totalBuckets;
    await publisher.publish(largeGateway(1_500));
    await reader.refresh();
    expect(reader.status().totalBuckets).toBeGreaterThan(buckets);
    expect(hosts.map((host) => reader.ready(host))).toEqual([true, true, true]);
    await publisher.publish(largeGateway(20));
    await reader.refresh();
    expect(reader.status().totalBuckets).toBe(1);
    expect(hosts.map((host) => reader.ready(host))).toEqual([true, true, true]);
  });

  it('goes on with the last good version while a bucket of the new one is not visible, and then takes it', async () => {
    const { store, publisher } = await publishToMemory(large());
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    const before = new Set(store.values.keys());
    await publisher.publish(large({ [HOST]: '-new' }));
    for (const key of newKeys(store.values, before)) source.hidden.add(key);
    await reader.refresh();
    expect(reader.current?.version).toBe(1);
    expect(reader.status()).toMatchObject({ version: 1, announcedVersion: 2, problem: { code: 'missing-piece' } });
    source.hidden.clear();
    await reader.refresh();
    expect(reader.status()).toMatchObject({ version: 2, problem: undefined });
  });

  it('goes back to the version before, as a whole, for a host whose new bucket is not visible, and forth again', async () => {
    const { store, publisher } = await publishToMemory(large());
    const before = new Set(store.values.keys());
    const everyHost = Object.fromEntries([...large().domains.keys()].map((host) => [host, '-new']));
    await publisher.publish(large(everyHost));
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    expect(reader.current?.version).toBe(2);
    const loaded = new Set([...(reader.current?.buckets.values() ?? [])].map(({ hash }) => `b/${hash}`));
    for (const key of newKeys(store.values, before)) if (!loaded.has(key)) source.hidden.add(key);
    const cold = Object.keys(everyHost).find((host) => !reader.ready(host)) ?? '';
    await reader.load(cold);
    expect([reader.current?.version, reader.ready(cold), reader.ready(HOST)]).toEqual([1, true, true]);
    expect(pathOf(reader)).toEqual(pathOf(reader, cold));
    source.hidden.clear();
    await reader.refresh();
    expect([reader.current?.version, reader.ready(cold), reader.ready(HOST)]).toEqual([2, true, true]);
  });

  it('begins with the version before when a cold edge sees a root before its pieces', async () => {
    const { store, publisher } = await publishToMemory(large());
    const before = new Set(store.values.keys());
    await publisher.publish(large({ [HOST]: '-new' }));
    const source = new MutableSource(store);
    for (const key of newKeys(store.values, before)) source.hidden.add(key);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    expect(reader.ready(HOST)).toBe(true);
    expect(reader.current?.version).toBe(1);
    source.hidden.clear();
    await reader.refresh();
    expect(reader.current?.version).toBe(2);
  });

  it.each([
    ['truncated', (text: string) => text.slice(0, -100), 'altered-piece'],
    ['altered', (text: string) => text.replace('things', 'thinks'), 'altered-piece'],
    ['empty', () => '', 'altered-piece'],
  ])('refuses a bucket that is %s', async (_, damage, code) => {
    const { store, publisher } = await publishToMemory(large());
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    const before = new Set(store.values.keys());
    await publisher.publish(large({ [HOST]: '-new' }));
    for (const key of newKeys(store.values, before)) store.values.set(key, damage(store.values.get(key) ?? ''));
    await reader.refresh();
    expect(pathOf(reader)).toEqual({ prefix: '/api/v1/things/0' });
    expect(reader.status().problem?.code).toBe(code);
  });

  it.each([
    ['of an unknown format', (body: object) => JSON.stringify({ ...body, format: 99 }), 'unknown-format'],
    ['without a format', () => '{}', 'bad-root'],
    ['that is truncated', (body: object) => JSON.stringify(body).slice(0, 400), 'bad-root'],
    [
      'with a hash list that is no power of two',
      (body: object) => JSON.stringify({ ...body, content: { buckets: [] } }),
      'bad-root',
    ],
    ['that is null', () => 'null', 'bad-root'],
  ])('refuses a root %s', async (_, damage, code) => {
    const { store } = await publishToMemory(large());
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    const body = JSON.parse((store.values.get('root') ?? '').split('\n')[1] ?? '') as object;
    source.root_ = await sealRoot(damage(body), undefined);
    await reader.refresh();
    expect(reader.ready(HOST)).toBe(true);
    expect(reader.status().problem?.code).toBe(code);
    source.root_ = 'no root at all';
    await reader.refresh();
    expect(reader.status().problem?.code).toBe('bad-root');
    source.root_ = undefined;
    await reader.refresh();
    expect(reader.status().problem).toBeUndefined();
  });

  it('goes on when the store cannot be reached, or is emptied', async () => {
    const { store } = await publishToMemory(large());
    const source = new MutableSource(store);
    const reader = new SnapshotReader(source);
    await reader.load(HOST);
    source.failure = new Error('KV is down');
    await reader.refresh();
    expect(reader.ready(HOST)).toBe(true);
    expect(reader.status().problem).toMatchObject({ code: 'store', message: expect.stringContaining('KV is down') });
    source.failure = undefined;
    store.values.clear();
    await reader.refresh();
    expect(reader.ready(HOST)).toBe(true);
  });

  it('asks for a newer root only when it is time', async () => {
    const { store } = await publishToMemory(large());
    let nowMs = 0;
    const reader = new SnapshotReader(new MutableSource(store), { nowMs: () => nowMs, refreshIntervalMs: 1_000 });
    await reader.load(HOST);
    nowMs = 999;
    expect(reader.refreshIfDue()).toBeUndefined();
    nowMs = 1_000;
    expect(reader.refreshIfDue()).toBeInstanceOf(Promise);
  });

  it('holds its memory budget and loads again what it dropped', async () => {
    const { store } = await publishToMemory(largeGateway(1_000));
    const reader = new SnapshotReader(new MutableSource(store), { maxBucketBytes: 1_000_000 });
    for (let i = 0; i < 200; i++) {
      await reader.load(`shop-${i}.example.com`);
      expect(reader.ready(`shop-${i}.example.com`)).toBe(true);
    }
    const { loadedBuckets, totalBuckets } = reader.status();
    expect(loadedBuckets).toBeLessThan(totalBuckets / 2);
  });
});

describe('with a public key', () => {
  async function signed() {
    const key = await generateSigningKey();
    const signer = await importSigner(key);
    const mesh = await publishToMemory(large(), { signer });
    const source = new MutableSource(mesh.store);
    const reader = new SnapshotReader(source, { verifiers: [await importVerifier(key)] });
    return { ...mesh, signer, source, reader };
  }

  it('serves what the key has signed', async () => {
    const { reader } = await signed();
    await reader.load(HOST);
    expect(reader.ready(HOST)).toBe(true);
  });

  it('refuses an unsigned, a foreign and an altered root', async () => {
    const { reader, source, store } = await signed();
    const text = store.values.get('root') ?? '';
    const body = text.split('\n')[1] ?? '';
    const cases: [string, string][] = [
      [await sealRoot(body, undefined), 'unsigned'],
      [await sealRoot(body, await importSigner(await generateSigningKey())), 'bad-signature'],
      [text.replace('"version":1', '"version":2'), 'bad-signature'],
      [text.replace(/"signature":"[^"]+"/, '"signature":"not base64 ü"'), 'bad-signature'],
    ];
    for (const [forged, code] of cases) {
      source.root_ = forged;
      await reader.refresh();
      expect(reader.current).toBeUndefined();
      expect(reader.status().problem?.code).toBe(code);
    }
    source.root_ = undefined;
    await reader.refresh();
    await reader.load(HOST);
    expect(reader.ready(HOST)).toBe(true);
  });

  it('refuses to go back to an older root, which a rollback is not', async () => {
    const { reader, source, store, publisher } = await signed();
    const old = store.values.get('root');
    await publisher.publish(large({ [HOST]: '-new' }));
    await reader.load(HOST);
    source.root_ = old;
    await reader.refresh();
    expect(reader.current?.version).toBe(2);
    expect(reader.status().problem?.code).toBe('older-root');
    source.root_ = undefined;
    await publisher.rollback(1);
    await reader.refresh();
    expect(reader.current?.version).toBe(3);
    expect(pathOf(reader)).toEqual({ prefix: '/api/v1/things/0' });
  });
});

it('without a key, a store that was emptied and filled again is taken', async () => {
  const { store, publisher } = await publishToMemory(large(), { nowMs: () => 1_000 });
  await publisher.publish(large({ [HOST]: '-new' }));
  const source = new MutableSource(store);
  const reader = new SnapshotReader(source);
  await reader.load(HOST);
  const fresh = await publishToMemory(large({ [HOST]: '-fresh' }), { nowMs: () => 9_000 });
  for (const [key, value] of fresh.store.values) store.values.set(key, value);
  await reader.refresh();
  expect(reader.current?.version).toBe(1);
  expect(pathOf(reader)).toEqual({ prefix: '/api/v1/things/0-fresh' });
});
