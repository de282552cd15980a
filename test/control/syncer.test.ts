import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Compiler } from '../../src/control/compiler.ts';
import { Publisher } from '../../src/control/publish.ts';
import { FolderSource } from '../../src/control/sources/folder.ts';
import { type Syncer, type SyncerEvent, startSyncer } from '../../src/control/syncer.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { MutableSource } from '../snapshot/mutable-source.ts';
import { meshYaml } from './mesh-yaml.ts';

let folder: string;
let store: MemoryStore;
let events: SyncerEvent[];
let syncer: Syncer | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'foresail-syncer-'));
  store = new MemoryStore();
  events = [];
});

afterEach(async () => {
  await syncer?.stop();
  syncer = undefined;
  await rm(folder, { recursive: true, force: true });
});

const write = (text: string): Promise<void> => writeFile(join(folder, 'mesh.yaml'), text);

const parse = (text: string, file: string): ReturnType<typeof parseYaml> => parseYaml(text, { file });

function start(): Syncer {
  const compiler = new Compiler();
  syncer = startSyncer({
    source: new FolderSource({ paths: [folder], parse }),
    publisher: new Publisher({ store, mesh: 'test', syncer: 'test' }),
    compile: async ({ resources }) => {
      const { mesh, findings } = await compiler.compile(resources);
      return { gateway: mesh.edge, findings };
    },
    onEvent: (event) => events.push(event),
    retry: { firstDelayMs: 20, maxDelayMs: 100 },
  });
  return syncer;
}

async function servedPrefix(host: string): Promise<unknown> {
  const reader = new SnapshotReader(new MutableSource(store));
  await reader.load(host);
  return Object.values(reader.current?.domain(host)?.virtualHosts ?? {})[0]?.routes[0]?.match.path;
}

const published = (): number =>
  events.filter((event) => event.kind === 'synced' && event.result.kind === 'published').length;

describe('the syncer', () => {
  it('publishes an edit', async () => {
    await write(meshYaml(2));
    await start().ready;
    expect(published()).toBe(1);
    await write(meshYaml(2, { 1: '/edited' }));
    await vi.waitFor(() => expect(published()).toBe(2), { timeout: 15_000, interval: 5 });
    expect(await servedPrefix('shop-1.example.com')).toEqual({ prefix: '/edited/0' });
  });

  it('publishes many edits in quick succession a few times, and ends at the last one', async () => {
    await write(meshYaml(2));
    await start().ready;
    for (let i = 1; i <= 30; i++) await write(meshYaml(2, { 1: `/edit-${i}` }));
    await vi.waitFor(async () => expect(await servedPrefix('shop-1.example.com')).toEqual({ prefix: '/edit-30/0' }), {
      timeout: 15_000,
    });
    expect(published()).toBeLessThan(10);
  });

  it('keeps an object at its last good version while its edit is broken, and publishes the others', async () => {
    await write(meshYaml(2));
    await start().ready;
    const [head, tail = ''] = meshYaml(2, { 0: '/edited' }).split('name: shop-1\n');
    await write(`${head}name: shop-1\n${tail.replace('prefix:', 'prefixx:')}`);
    await vi.waitFor(async () => expect(await servedPrefix('shop-0.example.com')).toEqual({ prefix: '/edited/0' }), {
      timeout: 3_000,
    });
    expect(await servedPrefix('shop-1.example.com')).toEqual({ prefix: '/api/0' });
    const last = events.at(-1);
    expect(last?.kind === 'synced' && last.findings.map(({ code }) => code)).toContain('FS0301');
  });

  it('goes on trying while the store fails, also from the beginning, and publishes the newest state', async () => {
    await write(meshYaml(1));
    const put = store.put.bind(store);
    store.put = async () => {
      throw new Error('KV refuses');
    };
    const { ready } = start();
    await vi.waitFor(() => expect(events.filter(({ kind }) => kind === 'failed').length).toBeGreaterThan(2));
    await write(meshYaml(1, { 0: '/newest' }));
    store.put = put;
    await ready;
    await vi.waitFor(async () => expect(await servedPrefix('shop-0.example.com')).toEqual({ prefix: '/newest/0' }));
  });

  it('is not ready when there is nothing to watch', async () => {
    await rm(folder, { recursive: true });
    await expect(start().ready).rejects.toThrow('no such file');
  });

  it('leaves a rollback alone until something changes', async () => {
    await write(meshYaml(1));
    await start().ready;
    await write(meshYaml(1, { 0: '/bad' }));
    await vi.waitFor(() => expect(published()).toBe(2), { timeout: 3_000 });
    await new Publisher({ store, mesh: 'test', syncer: 'somebody' }).rollback(undefined);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await servedPrefix('shop-0.example.com')).toEqual({ prefix: '/api/0' });
    await write(meshYaml(1, { 0: '/good' }));
    await vi.waitFor(() => expect(published()).toBe(3), { timeout: 3_000 });
    const last = events.at(-1);
    expect(last?.kind === 'synced' && last.result).toMatchObject({
      version: { version: 4 },
      foreign: { syncer: 'somebody' },
    });
  });
});

it('a change of one of 1,000 VirtualServices in one file writes two keys', async () => {
  await write(meshYaml(1_000));
  await start().ready;
  await write(
    meshYaml(1_000, { 500: '/edited' }).replace(
      'name: shop-500\n',
      'name: shop-500 # a comment\n  annotations:\n    owner: me\n',
    ),
  );
  await vi.waitFor(() => expect(published()).toBe(2), { timeout: 15_000, interval: 20 });
  const last = events.at(-1);
  const result = last?.kind === 'synced' ? last.result : undefined;
  expect(result?.kind === 'published' && result.writtenKeys).toEqual([expect.stringMatching(/^b\//), 'root']);
  expect(await servedPrefix('shop-500.example.com')).toEqual({ prefix: '/edited/0' });
}, 30_000);
