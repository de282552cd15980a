import { describe, expect, it } from 'vitest';
import { Publisher } from '../../src/control/publish.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { generateSigningKey, importSigner, importVerifier } from '../../src/snapshot/keys.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { readRoot } from '../../src/snapshot/root.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { MutableSource } from '../snapshot/mutable-source.ts';
import { publishToMemory } from '../snapshot/publish-to-memory.ts';
import { largeGateway, originAt, sampleDomain, sampleGateway } from '../snapshot/sample-gateway.ts';

const HOST = 'shop-7.example.com';

function one(marker: string): SnapshotInput {
  return sampleGateway([sampleDomain(HOST, 3, 1, marker)]);
}

async function rootOf(store: MemoryStore) {
  return readRoot(store.values.get('root') ?? '', []);
}

describe('publishing', () => {
  it('writes one bucket and the root when one of 1,000 hosts changed', async () => {
    const input = largeGateway(1_000);
    const { publisher } = await publishToMemory(input);
    const domains = new Map(input.domains).set(HOST, sampleDomain(HOST, 10, 1 + 7 * 102, '-new'));
    const result = await publisher.publish({ ...input, domains });
    expect(result).toMatchObject({ kind: 'published', changes: expect.any(Array) });
    const written = result.kind === 'published' ? result.writtenKeys : [];
    expect(written).toEqual([expect.stringMatching(/^b\//), 'root']);
  });

  it('writes no more when the change also moves every object after it in the file', async () => {
    const input = largeGateway(1_000);
    const { publisher, store } = await publishToMemory(input);
    const lines = 102;
    const domains = [...input.domains.keys()].map((host, i) => {
      const isAfter = i > 7;
      return sampleDomain(host, 10, 1 + i * lines + (isAfter ? 3 : 0), host === HOST ? '-new' : '');
    });
    const result = await publisher.publish({ ...input, domains: new Map(domains.map((d) => [d.domain, d])) });
    expect(result.kind === 'published' && result.writtenKeys).toEqual([expect.stringMatching(/^b\//), 'root']);
    const reader = new SnapshotReader(new MutableSource(store));
    await reader.load('shop-900.example.com');
    const origin = reader.current?.domain('shop-900.example.com')?.virtualHosts['http.80']?.routes[2]?.origin;
    expect(await reader.locate(origin ?? originAt('', '', 0, 0, ''))).toEqual(
      originAt('VirtualService', 'shop-900.example.com', 1 + 900 * lines + 3, 1 + 900 * lines + 3 + 26, 'spec.http[2]'),
    );
  });

  it('writes the sources anew only when the edits to them have become many', async () => {
    const { publisher, store } = await publishToMemory(one(''));
    const writes: number[] = [];
    for (let line = 2; line < 120; line++) {
      const result = await publisher.publish(sampleGateway([sampleDomain(HOST, 3, line)]));
      writes.push(result.kind === 'published' ? result.writtenKeys.length : 0);
    }
    expect(writes.filter((count) => count === 1).length).toBeGreaterThan(100);
    expect(writes.filter((count) => count === 2).length).toBeGreaterThan(0);
    const reader = new SnapshotReader(new MutableSource(store));
    await reader.load(HOST);
    const origin = reader.current?.domain(HOST)?.virtualHosts['http.80']?.routes[0]?.origin;
    expect(await reader.locate(origin ?? originAt('', '', 0, 0, ''))).toMatchObject({ objectLine: 119, line: 127 });
  });

  it('writes nothing when nothing changed, also after a restart', async () => {
    const { store, publisher } = await publishToMemory(one(''));
    const before = new Map(store.values);
    expect((await publisher.publish(one(''))).kind).toBe('unchanged');
    const restarted = new Publisher({ store, mesh: 'test', syncer: 'other' });
    expect((await restarted.publish(one(''))).kind).toBe('unchanged');
    expect(store.values).toEqual(before);
  });

  it('says what changed', async () => {
    const { publisher } = await publishToMemory(
      sampleGateway([sampleDomain('a.example', 2, 1), sampleDomain('b.example', 2, 1)]),
    );
    const changed = sampleDomain('a.example', 3, 1);
    const result = await publisher.publish(sampleGateway([changed, sampleDomain('c.example', 1, 1)]));
    const changes = result.kind === 'published' ? (result.changes ?? []) : [];
    expect(
      changes.filter(({ what }) => what !== 'cluster').map(({ what, change, name }) => `${change} ${what} ${name}`),
    ).toEqual(['added route a.example rule-2', 'added host c.example', 'removed host b.example']);
  });

  it('says that a policy refuses what it allowed', async () => {
    const withPolicy = (action: 'allow' | 'deny') => {
      const sample = one('');
      const origin = originAt('AuthorizationPolicy', 'admins', 1, 1, 'spec');
      const policy = { namespace: 'demo', name: 'admins', dryRun: false, rules: [], origin };
      const authorization = { custom: [], audit: [], deny: [], allow: [], providers: {}, [action]: [policy] };
      return { ...sample, config: { ...sample.config, policies: { gateway: { jwt: [], authorization } } } };
    };
    const { publisher } = await publishToMemory(withPolicy('allow'));
    const result = await publisher.publish(withPolicy('deny'));
    expect(result.kind === 'published' && result.changes).toMatchObject([
      { what: 'policy', change: 'changed', name: 'demo/admins' },
    ]);
  });

  it('writes the pieces first: with a store that takes no pieces the root stays', async () => {
    const { store, publisher } = await publishToMemory(one(''));
    const put = store.put.bind(store);
    store.put = async (entries) => {
      if (!entries.has('root')) throw new Error('refused');
      return put(entries);
    };
    await expect(publisher.publish(one('-new'))).rejects.toThrow('refused');
    expect((await rootOf(store)).version).toBe(1);
  });

  it('does not publish over a root that it cannot read, unless told to', async () => {
    const { store, publisher } = await publishToMemory(one(''));
    store.values.set('root', '{"foresail":"root"}\n{"format":99}');
    await expect(publisher.publish(one('-new'))).rejects.toMatchObject({ why: expect.stringContaining('format 99') });
    const forced = new Publisher({ store, mesh: 'test', syncer: 'test', replaceBrokenRoot: true });
    const result = await forced.publish(one('-new'));
    expect(result.version.version).toBeGreaterThan(1_700_000_000);
  });
});

describe('history', () => {
  it('goes back to any kept version, as a new one', async () => {
    const { store, publisher } = await publishToMemory(one('-1'));
    for (let i = 2; i <= 6; i++) await publisher.publish(one(`-${i}`));
    const result = await publisher.rollback(3);
    expect(result.version).toMatchObject({ version: 7, note: 'rollback to 3' });
    const reader = new SnapshotReader(new MutableSource(store));
    await reader.load(HOST);
    expect(reader.current?.domain(HOST)).toMatchObject({
      virtualHosts: { 'http.80': { routes: [{ match: { path: { prefix: '/api/v1/things/0-3' } } }, {}, {}] } },
    });
    expect((await publisher.versions()).map(({ version }) => version)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    // Without a number: to the newest with another content.
    expect((await publisher.rollback(undefined)).version.note).toBe('rollback to 6');
    await expect(publisher.rollback(99)).rejects.toMatchObject({ why: expect.stringContaining('kept are 7, 6') });
  });

  it('goes back over a change of the number of buckets', async () => {
    const { store, publisher } = await publishToMemory(largeGateway(600));
    await publisher.publish(largeGateway(3));
    await publisher.rollback(1);
    const reader = new SnapshotReader(new MutableSource(store));
    await reader.load('shop-599.example.com');
    expect(reader.current?.domain('shop-599.example.com')?.virtualHosts['http.80']?.routes.length).toBe(10);
  });

  it('goes back over wildcards that came and went', async () => {
    const mesh = (...hosts: string[]) => sampleGateway(hosts.map((host) => sampleDomain(host, 1, 1)));
    const { store, publisher } = await publishToMemory(mesh('*.a.com', '*.c.com'));
    await publisher.publish(mesh('*.a.com', '*.b.com', '*'));
    await publisher.publish(mesh('a.com'));
    expect((await publisher.versions()).map(({ content }) => content.wildcards)).toEqual([
      [],
      ['*', '*.a.com', '*.b.com'],
      ['*.a.com', '*.c.com'],
    ]);
    await publisher.rollback(2);
    const reader = new SnapshotReader(new MutableSource(store));
    await reader.load('x.b.com');
    expect(reader.current?.wildcardsFor('x.b.com')).toEqual(['*.b.com', '*']);
  });

  it('can go back although the version that stands is damaged', async () => {
    const { store, publisher } = await publishToMemory(one('-1'));
    const before = new Set(store.values.keys());
    await publisher.publish(one('-2'));
    for (const key of store.values.keys()) if (!before.has(key)) store.values.delete(key);
    const other = new Publisher({ store, mesh: 'test', syncer: 'test' });
    expect((await other.rollback(1)).version.version).toBe(3);
  });

  it('keeps so many versions, and deletes pieces of older ones after the grace period only', async () => {
    let nowMs = 0;
    const options = { keepVersions: 2, graceMs: 1_000, nowMs: () => nowMs };
    const { store, publisher } = await publishToMemory(one('-1'), options);
    const first = [...store.values.keys()].find((key) => key.startsWith('b/')) ?? '';
    for (const marker of ['-2', '-3', '-4']) await publisher.publish(one(marker));
    expect((await publisher.versions()).map(({ version }) => version)).toEqual([4, 3, 2]);
    expect(store.values.has(first)).toBe(true);
    nowMs = 1_500;
    await publisher.publish(one('-5'));
    expect(store.values.has(first)).toBe(false);
    expect([...store.values.keys()].filter((key) => key.startsWith('b/')).length).toBe(4);
    // All that is kept can still be gone back to.
    await publisher.rollback(3);
  });

  it('writes a retired piece again when it comes back into use', async () => {
    let nowMs = 0;
    const { store, publisher } = await publishToMemory(one('-1'), {
      keepVersions: 1,
      graceMs: 1_000,
      nowMs: () => nowMs,
    });
    for (const marker of ['-2', '-3']) await publisher.publish(one(marker));
    nowMs = 5_000;
    const result = await publisher.publish(one('-1'));
    const written = result.kind === 'published' ? result.writtenKeys : [];
    for (const key of written) expect(store.values.has(key)).toBe(true);
  });

  it('finds what a syncer left behind when it died, and deletes it after the grace period', async () => {
    let nowMs = 0;
    const { store, publisher } = await publishToMemory(one('-1'), { graceMs: 1_000, nowMs: () => nowMs });
    store.values.set('b/orphan', '{}');
    await publisher.sweep();
    await publisher.publish(one('-2'));
    expect(store.values.has('b/orphan')).toBe(true);
    nowMs = 2_000;
    await publisher.publish(one('-3'));
    expect(store.values.has('b/orphan')).toBe(false);
  });
});

describe('two syncers on one store', () => {
  it('never let the version go back, and each reports the other', async () => {
    const store = new MemoryStore();
    const a = new Publisher({ store, mesh: 'test', syncer: 'a' });
    const b = new Publisher({ store, mesh: 'test', syncer: 'b' });
    let last = 0;
    for (let i = 0; i < 6; i++) {
      const result = await (i % 2 === 0 ? a : b).publish(one(`-${i}`));
      expect(result.version.version).toBe(last + 1);
      last = result.version.version;
      if (i >= 2) expect(result).toMatchObject({ foreign: { syncer: i % 2 === 0 ? 'b' : 'a' } });
    }
  });

  it('that write at the same time lose no version', async () => {
    const store = new MemoryStore();
    const slowPut = store.put.bind(store);
    store.put = async (entries) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await slowPut(entries);
    };
    const publishers = ['a', 'b'].map((syncer) => new Publisher({ store, mesh: 'test', syncer }));
    for (let round = 0; round < 5; round++) {
      const before = round === 0 ? 0 : (await rootOf(store)).version;
      await Promise.all(publishers.map((publisher, i) => publisher.publish(one(`-${round}-${i}`))));
      expect((await rootOf(store)).version).toBeGreaterThan(before);
    }
  });

  it('an own write that the store does not show yet is not taken for a step back', async () => {
    const { store, publisher } = await publishToMemory(one('-1'));
    const stale = store.values.get('root') ?? '';
    await publisher.publish(one('-2'));
    store.values.set('root', stale);
    const result = await publisher.publish(one('-3'));
    expect(result).toMatchObject({ version: { version: 3 }, foreign: undefined });
  });
});

describe('signing', () => {
  it('does not put its signature under a history that somebody else wrote', async () => {
    const { store } = await publishToMemory(one('-1'));
    const key = await generateSigningKey();
    const signing = new Publisher({ store, mesh: 'test', syncer: 'signer', signer: await importSigner(key) });
    const result = await signing.publish(one('-1'));
    expect(result).toMatchObject({ kind: 'published', version: { version: 2 } });
    const root = await readRoot(store.values.get('root') ?? '', [await importVerifier(key)]);
    expect(root.history).toEqual([]);
    await signing.publish(one('-2'));
    expect((await signing.versions()).map(({ version }) => version)).toEqual([3, 2]);
  });

  it('does not replace a signed root by an unsigned one unless told to', async () => {
    const signer = await importSigner(await generateSigningKey());
    const { store } = await publishToMemory(one('-1'), { signer });
    await expect(new Publisher({ store, mesh: 'test', syncer: 'u' }).publish(one('-2'))).rejects.toMatchObject({
      fix: expect.stringContaining('--sign-key'),
    });
    const forced = new Publisher({ store, mesh: 'test', syncer: 'u', replaceBrokenRoot: true });
    expect((await forced.publish(one('-2'))).version.version).toBe(2);
  });
});
