import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../support/api-server/kube-object.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { compiled, sourceOf, until } from './harness.ts';
import { installMeshCrds } from './mesh-crds.ts';
import { objects } from './mesh-objects.ts';

type Step =
  | { readonly do: 'put'; readonly object: Fields }
  | { readonly do: 'remove'; readonly object: Fields }
  | { readonly do: 'drop'; readonly abruptly: boolean }
  | { readonly do: 'compact' }
  | { readonly do: 'rest' };

const name = fc.constantFrom('a', 'b', 'c');
const subset = fc.option(fc.constantFrom('v1', 'v2'), { nil: undefined });
const object: fc.Arbitrary<Fields> = fc.oneof(
  fc.constant(objects.gateway()),
  fc
    .tuple(name, fc.constantFrom('x.example.com', '*.example.com'), name, subset)
    .map((parts) => objects.virtualService(...parts)),
  fc
    .tuple(name, fc.subarray(['v1', 'v2']))
    .map(([service, subsets]) => objects.destinationRule(service, service, subsets)),
  fc.tuple(name, fc.constantFrom(80, 8080)).map((parts) => objects.service(...parts)),
  fc
    .tuple(name, fc.subarray(['10.0.0.1', '10.0.0.2']))
    .map(([service, addresses]) => objects.slice(`${service}-1`, service, addresses)),
  fc
    .tuple(name, fc.constantFrom('v1', 'v2'))
    .map(([app, version]) => objects.pod(`${app}-pod`, { app, version }, '10.0.0.9')),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: object.map((value): Step => ({ do: 'put', object: value })) },
  { weight: 3, arbitrary: object.map((value): Step => ({ do: 'remove', object: value })) },
  { weight: 1, arbitrary: fc.boolean().map((abruptly): Step => ({ do: 'drop', abruptly })) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'compact' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'rest' }) },
);

async function take(server: ApiServer, next: Step): Promise<void> {
  switch (next.do) {
    case 'put':
      await server.put(next.object);
      break;
    case 'remove': {
      const { apiVersion, kind, metadata } = next.object as {
        apiVersion: string;
        kind: string;
        metadata: { name: string };
      };
      if (server.get(apiVersion, kind, 'default', metadata.name) !== undefined) {
        await server.remove(apiVersion, kind, 'default', metadata.name);
      }
      break;
    }
    case 'drop':
      server.dropWatches({ abruptly: next.abruptly });
      break;
    case 'compact':
      server.store.compact();
      break;
    case 'rest':
      await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

describe('a mesh from a cluster', () => {
  it('equals that of a fresh list, whatever the order of events and whatever was lost, late or twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 5, maxLength: 40 }),
        fc.record({
          deliveries: fc.constantFrom(1, 2),
          reordered: fc.boolean(),
          hasWatchList: fc.boolean(),
          listDelayMs: fc.constantFrom(0, 10),
          hasBookmarks: fc.boolean(),
        }),
        async (steps, faults) => {
          const server = await ApiServer.start({ bookmarkIntervalMs: 20 });
          await installMeshCrds(server);
          const { reordered, ...set } = faults;
          Object.assign(server.faults, set);
          let draws = 0;
          if (reordered) server.faults.reorder = () => draws++ % 3 === 0;
          const source = sourceOf(server);
          try {
            const first = source.read();
            for (const next of steps) await take(server, next);
            await first;
            const fresh = sourceOf(server);
            const wanted = compiled(await fresh.read());
            await fresh.stop();
            const isEqual = async (): Promise<boolean> => isDeepStrictEqual(compiled(await source.read()), wanted);
            await until('the meshes are equal', isEqual, 5_000).catch(() => {});
            expect(compiled(await source.read())).toEqual(wanted);
          } finally {
            await source.stop();
            await server.stop();
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 300_000);
});
