import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { ResourceSets } from '../../src/mesh/resource-sets.ts';
import type { AnyResource } from '../../src/resources/kinds.ts';
import { parseObject } from '../../src/resources/parse-object.ts';
import { diffSnapshots } from '../../src/snapshot/diff.ts';
import { encodeContent } from '../../src/snapshot/encode.ts';
import { EncodeMemory } from '../../src/snapshot/encode-memory.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { meshValue } from './harness.ts';
import { objects } from './mesh-objects.ts';

const name = fc.constantFrom('a', 'b', 'c');
const host = fc.constantFrom('x.example.com', 'y.example.com', '*.example.com', '*');
const subset = fc.option(fc.constantFrom('v1', 'v2', 'none'), { nil: undefined });
const age = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z');
const istio = (kind: string, group: string, own: string, spec: Fields): Fields => ({
  apiVersion: `${group}.istio.io/v1`,
  kind,
  metadata: { name: own, namespace: 'default' },
  spec,
});
const gatewayApi = (kind: string, own: string, spec: Fields): Fields => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind,
  metadata: { name: own, namespace: 'default' },
  spec,
});

const anyObject: fc.Arbitrary<Fields> = fc.oneof(
  fc
    .tuple(fc.constantFrom('web', 'other'), fc.subarray(['*', 'x.example.com'], { minLength: 1 }))
    .map(([own, hosts]) => objects.gateway(own, hosts)),
  fc.tuple(name, host, name, subset).map((parts) => objects.virtualService(...parts)),
  fc.tuple(name, name).map(([own, delegate]) =>
    istio('VirtualService', 'networking', `root-${own}`, {
      hosts: ['d.example.com'],
      gateways: ['web'],
      http: [{ delegate: { name: `part-${delegate}` } }],
    }),
  ),
  fc.tuple(name, name).map(([own, service]) =>
    istio('VirtualService', 'networking', `part-${own}`, {
      http: [{ match: [{ uri: { prefix: '/p' } }], route: [{ destination: { host: service } }] }],
    }),
  ),
  fc
    .tuple(name, fc.subarray(['v1', 'v2']))
    .map(([service, subsets]) => objects.destinationRule(service, service, subsets)),
  fc.tuple(name, fc.constantFrom(80, 8080)).map((parts) => objects.service(...parts)),
  fc
    .tuple(name, fc.constantFrom('1', '2'), fc.subarray(['10.0.0.1', '10.0.0.2']))
    .map(([service, part, addresses]) => objects.slice(`${service}-${part}`, service, addresses)),
  fc
    .tuple(name, fc.constantFrom('v1', 'v2'))
    .map(([app, version]) => objects.pod(`${app}-${version}`, { app, version }, '10.0.0.9')),
  fc.tuple(name, fc.constantFrom('a', 'c')).map(([own, app]) =>
    istio('AuthorizationPolicy', 'security', own, {
      selector: { matchLabels: { app } },
      action: 'DENY',
      rules: [{ to: [{ operation: { paths: ['/x'] } }] }],
    }),
  ),
  name.map((own) =>
    istio('ServiceEntry', 'networking', own, {
      hosts: [`${own}.ext.com`],
      ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
      resolution: 'DNS',
    }),
  ),
  name.map((own) =>
    gatewayApi('Gateway', own, {
      gatewayClassName: 'foresail',
      listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }],
    }),
  ),
  fc.tuple(name, name, name).map(([own, parent, service]) =>
    gatewayApi('HTTPRoute', own, {
      parentRefs: [{ name: parent }],
      hostnames: ['x.example.com'],
      rules: [{ backendRefs: [{ name: service, port: 80 }] }],
    }),
  ),
  fc.constantFrom('enabled', 'disabled').map((label) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'default', labels: { 'istio-injection': label } },
  })),
  fc.constantFrom('BASE', 'MERGE_SLASHES').map((normalization) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'istio', namespace: 'istio-system' },
    data: { mesh: `pathNormalization: { normalization: ${normalization} }` },
  })),
);
const step = fc.record({ object: anyObject, age, isRemoved: fc.boolean(), goesFirst: fc.boolean() });

/** Sources keep their order: what changes stays where it is, what is new comes at an end. */
interface Entry {
  readonly key: string;
  readonly raw: Fields;
  readonly resource: AnyResource;
}

function entryOf(raw: Fields): Entry {
  const { kind, apiVersion, metadata } = raw as { kind: string; apiVersion: string; metadata: { name: string } };
  const [resource] = parseObject(raw).resources;
  if (resource === undefined) throw new Error(`not parsed: ${JSON.stringify(raw)}`);
  return { key: `${apiVersion}/${kind}/${metadata.name}`, raw, resource };
}

/** Something that hangs together, so that most changes touch something. */
const BASE: readonly Fields[] = [
  objects.gateway(),
  ...['a', 'b', 'c'].flatMap((own) => [objects.service(own), objects.slice(`${own}-1`, own, [])]),
  objects.virtualService('a', 'x.example.com', 'a'),
  objects.virtualService('b', '*.example.com', 'b', 'v1'),
  objects.virtualService('c', 'y.example.com', 'c'),
  objects.destinationRule('b', 'b', ['v1']),
];

describe('a mesh that follows another', () => {
  it('equals the one that is made from nothing, in its value and in the bytes of its snapshot', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 25 }), async (steps) => {
        const sets = new ResourceSets();
        const memory = new EncodeMemory();
        let entries: readonly Entry[] = BASE.map(entryOf);
        compileMesh(
          entries.map(({ resource }) => resource),
          {},
          sets,
        );
        let before: ReturnType<typeof compileMesh>['mesh']['edge'] | undefined;
        for (const { object, age: creationTimestamp, isRemoved, goesFirst } of steps) {
          const raw = { ...object, metadata: { ...(object.metadata as Fields), uid: 'u', creationTimestamp } };
          const entry = entryOf(raw);
          const at = entries.findIndex(({ key }) => key === entry.key);
          if (at === -1) entries = goesFirst ? [entry, ...entries] : [...entries, entry];
          else entries = isRemoved ? entries.toSpliced(at, 1) : entries.with(at, entry);

          const following = compileMesh(
            entries.map(({ resource }) => resource),
            {},
            sets,
          );
          // New objects: nothing is remembered of them.
          const fresh = compileMesh(entries.map(({ raw: text }) => entryOf(text).resource));
          expect(meshValue(following.mesh)).toEqual(meshValue(fresh.mesh));
          expect(following.findings).toEqual(fresh.findings);
          expect([...following.mesh.edge.domains.keys()]).toEqual([...fresh.mesh.edge.domains.keys()]);
          const [encoded, wanted] = [
            await encodeContent(following.mesh.edge, 1, memory),
            await encodeContent(fresh.mesh.edge),
          ];
          expect(encoded).toEqual(wanted);
          const previous = before ?? fresh.mesh.edge;
          expect(diffSnapshots(previous, following.mesh.edge)).toEqual(diffSnapshots(previous, fresh.mesh.edge));
          before = following.mesh.edge;
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  it('does not resolve routes again because endpoints changed', () => {
    const sets = new ResourceSets();
    const raw = [
      objects.gateway(),
      objects.virtualService('a', 'a.example.com', 'app'),
      objects.service('app'),
      objects.slice('app-1', 'app', []),
    ];
    const resources = raw.map((object) => entryOf(object).resource);
    const first = compileMesh(resources, {}, sets).mesh.edge;
    const next = compileMesh(resources.with(3, entryOf(objects.slice('app-1', 'app', ['10.0.0.1'])).resource), {}, sets)
      .mesh.edge;
    expect(next.domains.get('a.example.com')).toBe(first.domains.get('a.example.com'));
    const cluster = 'outbound|80||app.default.svc.cluster.local';
    expect([first.clusters.get(cluster)?.state, next.clusters.get(cluster)?.state]).toEqual(['empty', 'ready']);
  });

  it('resolves only the hosts that a VirtualService touches', () => {
    const sets = new ResourceSets();
    const raw = [
      objects.gateway(),
      objects.service('app'),
      objects.virtualService('a', 'a.example.com', 'app'),
      objects.virtualService('b', 'b.example.com', 'app'),
    ];
    const resources = raw.map((object) => entryOf(object).resource);
    const first = compileMesh(resources, {}, sets).mesh.edge;
    const next = compileMesh(
      resources.with(3, entryOf(objects.virtualService('b', 'b.example.com', 'gone')).resource),
      {},
      sets,
    ).mesh.edge;
    expect(next.domains.get('a.example.com')).toBe(first.domains.get('a.example.com'));
    expect(next.domains.get('b.example.com')).not.toEqual(first.domains.get('b.example.com'));
    expect([...next.clusters.keys()]).toContain('outbound|80||gone.default.svc.cluster.local');
  });
});
