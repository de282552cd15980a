import { Miniflare } from 'miniflare';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Publisher } from '../../src/control/publish.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { WorkersKvStore } from '../../src/store/workers-kv.ts';
import { largeGateway, sampleDomain } from '../snapshot/sample-gateway.ts';

const NAMESPACE_ID = '00000000000000000000000000000abc';
const HOST = 'shop-7.example.com';

/** Reads as the edge does: the root alone, pieces with one bulk read. */
const WORKER = `export default {
  async fetch(request, env) {
    const keys = await request.json();
    if (keys.length === 1) return Response.json([[keys[0], await env.CONFIG.get(keys[0], 'text')]]);
    return Response.json([...await env.CONFIG.get(keys, 'text')]);
  }
}`;

let miniflare: Miniflare;
let url: URL;

beforeAll(async () => {
  miniflare = new Miniflare({
    port: 0,
    unsafeLocalExplorer: true,
    workers: [
      {
        config: {
          name: 'edge',
          compatibilityDate: '2026-10-23',
          manifest: {
            mainModule: 'index.js',
            modulesRoot: '/',
            modules: { 'index.js': { type: 'esm', contents: WORKER } },
          },
          env: { CONFIG: { type: 'kv', id: NAMESPACE_ID } },
          exports: {},
        },
      },
    ],
  } as unknown as ConstructorParameters<typeof Miniflare>[0]);
  url = await miniflare.ready;
});

afterAll(() => miniflare.dispose());

it("publishes through Miniflare's explorer API what a worker reads through its binding", async () => {
  const store = new WorkersKvStore({ apiBase: `${url.origin}/cdn-cgi/local/explorer/api`, namespaceId: NAMESPACE_ID });
  const publisher = new Publisher({ store, mesh: 'test', syncer: 'test' });
  const input = largeGateway(200);
  await publisher.publish(input);

  const read = async (keys: readonly string[]): Promise<[string, string | null][]> => {
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(keys) });
    return (await response.json()) as [string, string | null][];
  };
  const reader = new SnapshotReader({
    root: async () => (await read(['root']))[0]?.[1] ?? undefined,
    pieces: async (keys) =>
      new Map((await read(keys)).flatMap(([key, value]) => (value === null ? [] : [[key, value]]))),
  });
  await reader.load(HOST);
  expect(reader.current?.domain(HOST)?.virtualHosts['http.80']?.routes.length).toBe(10);

  const changed = { ...input, domains: new Map(input.domains).set(HOST, sampleDomain(HOST, 3, 1)) };
  await publisher.publish(changed);
  await reader.refresh();
  expect(reader.current?.version).toBe(2);
  expect(reader.current?.domain(HOST)?.virtualHosts['http.80']?.routes.length).toBe(3);

  await publisher.rollback(1);
  await reader.refresh();
  expect(reader.current?.domain(HOST)?.virtualHosts['http.80']?.routes.length).toBe(10);
  expect((await store.list('b/')).length).toBeGreaterThan(1);
  await store.delete(await store.list(''));
  expect(await store.get('root')).toBeUndefined();
});
