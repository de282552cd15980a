import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DomainConfig, RouteConfig } from '../../src/engine/config.ts';
import { candidateDomains } from '../../src/engine/serving.ts';
import type { ConfigOrigin } from '../../src/engine/values.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';
import { encodeContent } from '../../src/snapshot/encode.ts';
import { SnapshotReader } from '../../src/snapshot/reader.ts';
import { MutableSource } from './mutable-source.ts';
import { publishToMemory } from './publish-to-memory.ts';
import { EMPTY_GATEWAY, sampleCluster } from './sample-gateway.ts';

const word = fc.constantFrom('shop', 'a', 'constructor', '__proto__', 'toString', 'ünï', 'quote"', 'x'.repeat(60));
const host = fc.array(word, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
const domain = fc.oneof(
  host,
  host.map((name) => `*.${name}`),
  fc.constant('*'),
);
const object = fc.record({
  kind: fc.constantFrom('VirtualService', 'HTTPRoute', 'Gateway'),
  namespace: fc.constantFrom('default', 'prod', ''),
  name: word,
});

/** An object stands in one place, whatever field of it is meant. */
const origin: fc.Arbitrary<ConfigOrigin> = fc
  .record({ object, line: fc.option(fc.nat(40)), path: fc.option(fc.constantFrom('spec', 'spec.http[3].route[0]')) })
  .map(({ object: { kind, namespace, name }, line, path }) => {
    const objectLine = 1 + ((kind.length * 31 + namespace.length * 17 + name.length * 7) % 500);
    return {
      kind,
      namespace,
      name,
      ...(name === 'a' ? {} : { file: `${name.length % 3}.yaml`, objectLine }),
      ...(line === null || name === 'a' ? {} : { line: objectLine + line }),
      ...(path === null ? {} : { path }),
    };
  });

const route: fc.Arbitrary<RouteConfig> = fc
  .record({ name: word, prefix: fc.string(), origins: fc.tuple(origin, origin), cluster: word, weight: fc.nat(100) })
  .map(({ name, prefix, origins: [first, second], cluster, weight }) => ({
    name,
    match: { path: { prefix }, headers: [{ name: 'origin', match: { exact: prefix } }] },
    action: {
      kind: 'forward',
      destinations: [{ weight, cluster: sampleCluster(cluster).name, origin: second }],
      timeoutMs: 0,
    },
    origin: first,
  }));

const gateway: fc.Arbitrary<SnapshotInput> = fc
  .uniqueArray(fc.record({ domain, table: word, routes: fc.array(route, { maxLength: 5 }) }), {
    maxLength: 30,
    selector: (entry) => entry.domain,
  })
  .map((entries) => ({
    config: {
      ...EMPTY_GATEWAY,
      policies: {
        edge: {
          authorization: { custom: [], audit: [], deny: [], allow: [], providers: {} },
          jwt: [
            {
              issuer: 'i',
              audiences: [],
              // In a key set nothing is an origin, whatever it is called.
              keys: { keys: [{ kid: '1', origin: { kind: 'k', namespace: 'n', name: 'm' } }] },
              fromHeaders: [],
              fromParams: [],
              fromCookies: [],
              forwardOriginalToken: false,
              outputClaimToHeaders: [],
              spaceDelimitedClaims: [],
              origin: { kind: 'RequestAuthentication', namespace: 'n', name: 'm' },
            },
          ],
        },
      },
    },
    domains: new Map(
      entries.map(({ domain: name, table, routes }): [string, DomainConfig] => [
        name,
        { domain: name, virtualHosts: Object.fromEntries([[table, { name, httpsRedirect: false, routes }]]) },
      ]),
    ),
    clusters: new Map(
      entries.flatMap(({ routes }) =>
        routes.flatMap(({ action }) => {
          const name = action.kind === 'forward' ? action.destinations[0]?.cluster : undefined;
          return name === undefined ? [] : [[name, { ...sampleCluster('x'), name }] as const];
        }),
      ),
    ),
  }));

describe('a snapshot', () => {
  it('gives every host the configuration that went in, origins with their lines included', async () => {
    await fc.assert(
      fc.asyncProperty(gateway, fc.boolean(), async (input, isLarge) => {
        const { store } = await publishToMemory(input);
        if (isLarge) withoutInline(store.values);
        const reader = new SnapshotReader(new MutableSource(store));
        for (const [name, expected] of input.domains) {
          const asked = name.replace('*', 'any');
          await reader.load(asked);
          expect(reader.ready(asked)).toBe(true);
          const found = reader.current?.domain(name);
          expect(await locateAll(found, reader)).toEqual(normalize(expected));
          for (const { action } of Object.values(expected.virtualHosts).flatMap(({ routes }) => routes)) {
            const cluster = action.kind === 'forward' ? (action.destinations[0]?.cluster ?? '') : '';
            expect(reader.current?.cluster(cluster)?.name).toBe(cluster);
          }
          // What the engine asks for is answered for every ready host.
          for (const candidate of candidateDomains(asked)) reader.current?.domain(candidate);
        }
        await reader.load('nowhere.example');
        expect(reader.current?.gateway.policies).toEqual(input.config.policies);
      }),
      { numRuns: 60 },
    );
  });

  it('has the same bytes for the same configuration, whatever the order of keys and hosts', async () => {
    await fc.assert(
      fc.asyncProperty(gateway, async (input) => {
        const reversed: SnapshotInput = {
          config: reverseKeys(input.config) as SnapshotInput['config'],
          domains: new Map([...input.domains].reverse().map(([k, v]) => [k, reverseKeys(v) as DomainConfig])),
          clusters: new Map([...input.clusters].reverse()),
        };
        const [a, b] = [await encodeContent(input), await encodeContent(reversed)];
        expect(b.hash).toBe(a.hash);
        expect([...b.pieces]).toEqual([...a.pieces]);
      }),
      { numRuns: 30 },
    );
  });
});

/** Turns the root into one of a mesh that is too large to travel in it. */
function withoutInline(values: Map<string, string>): void {
  const [header, body = ''] = (values.get('root') ?? '').split('\n');
  const { inline: _, ...root } = JSON.parse(body) as Record<string, unknown>;
  values.set('root', `${header}\n${JSON.stringify(root)}`);
}

async function locateAll(value: unknown, reader: SnapshotReader): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map((item) => locateAll(item, reader)));
  if (typeof value !== 'object' || value === null) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([key, field]) => [
      key,
      key === 'origin' ? await reader.locate(field as ConfigOrigin) : await locateAll(field, reader),
    ]),
  );
  return Object.fromEntries(entries as [string, unknown][]);
}

/** Through JSON, so that `__proto__` stands in both as an own key. */
function normalize(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function reverseKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reverseKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, field]) => [key, reverseKeys(field)]),
  );
}
