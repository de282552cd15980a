import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { MutableSource } from './mutable-source.ts';
import { publishToMemory } from './publish-to-memory.ts';
import { sampleDomain, sampleGateway } from './sample-gateway.ts';

const HOSTS = Array.from({ length: 60 }, (_, i) => `shop-${i}.example.com`);

type Step =
  | { readonly do: 'publish'; readonly host: number; readonly size: number }
  | { readonly do: 'rollback' }
  | { readonly do: 'hide' | 'damage'; readonly share: number }
  | { readonly do: 'stale-root' }
  | { readonly do: 'down' }
  | { readonly do: 'refresh' }
  | { readonly do: 'request'; readonly host: number };

const share = fc.integer({ min: 1, max: 10 });
const host = fc.nat(HOSTS.length - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('publish' as const), host, size: fc.constantFrom(1, 1, 1, 30, 60) }),
  fc.record({ do: fc.constant('rollback' as const) }),
  fc.record({ do: fc.constantFrom('hide' as const, 'damage' as const), share }),
  fc.record({ do: fc.constant('stale-root' as const) }),
  fc.record({ do: fc.constant('down' as const) }),
  fc.record({ do: fc.constant('refresh' as const) }),
  fc.record({ do: fc.constant('request' as const), host }),
);

/** Every host carries the number of the version that wrote it last, `rules` make the mesh large or small. */
function mesh(markers: readonly number[], rules: number): SnapshotInput {
  return sampleGateway(HOSTS.map((name, i) => sampleDomain(name, rules, 1, `-${markers[i]}`)));
}

it('whatever the store does, a warm edge serves whole, published versions, and the newest one in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), fc.boolean(), async (steps, isRoomy) => {
      let markers = HOSTS.map(() => 1);
      let nowMs = 0;
      const { store, publisher } = await publishToMemory(mesh(markers, 1), { nowMs: () => nowMs });
      const source = new MutableSource(store);
      const reader = new SnapshotReader(source, { nowMs: () => nowMs, maxBucketBytes: isRoomy ? 1e9 : 64 * 1024 });
      await reader.load(HOSTS[0] ?? '');
      const warm = new Set([HOSTS[0] ?? '']);
      /** By version: what each host is marked with. */
      const published = new Map<number, readonly number[]>([[1, markers]]);
      const rootTexts = [store.values.get('root')];
      const heal = (): void => {
        source.hidden.clear();
        source.root_ = undefined;
        source.failure = undefined;
      };
      const check = (name: string): void => {
        const current = reader.current;
        const prefix = current?.domain(name)?.virtualHosts['http.80']?.routes[0]?.match.path as { prefix: string };
        const expected = published.get(current?.version ?? 0)?.[HOSTS.indexOf(name)];
        expect(prefix.prefix).toBe(`/api/v1/things/0-${expected}`);
        expect(current?.cluster(`outbound|80||${name}.default.svc.cluster.local`)).toBeDefined();
      };

      for (const action of steps) {
        nowMs += 2_000;
        switch (action.do) {
          case 'publish': {
            markers = markers.map((marker, i) => (i === action.host ? nowMs : marker));
            const { version } = (await publisher.publish(mesh(markers, action.size))).version;
            published.set(version, markers);
            rootTexts.push(store.values.get('root'));
            break;
          }
          case 'rollback': {
            const versions = await publisher.versions();
            const target = versions.find(({ hash }) => hash !== versions[0]?.hash);
            if (target === undefined) break;
            const { version } = (await publisher.rollback(target.version)).version;
            markers = [...(published.get(target.version) ?? [])];
            published.set(version, markers);
            rootTexts.push(store.values.get('root'));
            break;
          }
          case 'hide':
            [...store.values.keys()].forEach((key, i) => {
              if (key !== 'root' && (i * 7) % 10 < action.share) source.hidden.add(key);
            });
            break;
          case 'damage':
            source.root_ = store.values.get('root')?.slice(0, -action.share);
            break;
          case 'stale-root':
            source.root_ = rootTexts.at(-2);
            break;
          case 'down':
            source.failure = new Error('down');
            break;
          case 'refresh':
            await reader.refresh();
            break;
          case 'request': {
            const name = HOSTS[action.host] ?? '';
            await reader.load(name);
            // A host that was never loaded may have to wait for a store that fails; it is never served wrongly.
            if (reader.ready(name)) {
              check(name);
              warm.add(name);
            }
            break;
          }
        }
        expect(reader.current).toBeDefined();
        // Once served, always served, without waiting for anything.
        if (isRoomy) for (const name of warm) expect(reader.ready(name)).toBe(true);
      }

      heal();
      nowMs += 10_000;
      await reader.refresh();
      const newest = (await publisher.versions())[0]?.version;
      expect(reader.status()).toMatchObject({ version: newest, problem: undefined });
      for (const name of HOSTS) {
        await reader.load(name);
        expect(reader.ready(name)).toBe(true);
        check(name);
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
