import { afterEach, describe, expect, it } from 'vitest';
import type { KubernetesSource } from '../../src/control/sources/kubernetes/kubernetes-source.ts';
import { kinds, resourcesOf } from '../../src/resources/kinds.ts';
import { errors } from '../support/api-server/api-error.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { sourceOf, until } from './harness.ts';
import { installMeshCrds, openCrd } from './mesh-crds.ts';
import { objects } from './mesh-objects.ts';

let server: ApiServer;
const sources: KubernetesSource[] = [];

afterEach(async () => {
  for (const source of sources.splice(0)) await source.stop();
  await server.stop();
});

function open(options: Parameters<typeof sourceOf>[1] = {}): KubernetesSource {
  const source = sourceOf(server, options);
  sources.push(source);
  return source;
}

async function hostsOf(source: KubernetesSource): Promise<string[]> {
  const { resources } = await source.read();
  return resourcesOf(resources, kinds.virtualService)
    .flatMap(({ spec }) => spec.hosts ?? [])
    .sort();
}

const watchesOf = (plural: string): number =>
  server.requests.filter(({ path, query }) => path.endsWith(`/${plural}`) && query.includes('watch=true')).length;
const listsOf = (plural: string): number =>
  server.requests.filter(({ path, query }) => path.endsWith(`/${plural}`) && !query.includes('watch=true')).length;

describe('the Kubernetes source', () => {
  it('reads what is there and follows what changes', async () => {
    server = await ApiServer.start({ tls: true });
    await installMeshCrds(server);
    await server.create(objects.virtualService('a', 'a.example.com', 'app'));
    const source = open();
    expect(await hostsOf(source)).toEqual(['a.example.com']);
    const { promise, resolve } = Promise.withResolvers<void>();
    source.watch(resolve);
    await server.create(objects.virtualService('b', 'b.example.com', 'app'));
    await promise;
    expect(await hostsOf(source)).toEqual(['a.example.com', 'b.example.com']);
    await server.remove('networking.istio.io/v1', 'VirtualService', 'default', 'a');
    await until('a is gone', async () => (await hostsOf(source)).join() === 'b.example.com');
  });

  it('waits for kinds whose definition is missing, and takes them up when it comes', async () => {
    server = await ApiServer.start();
    const source = open();
    expect(await hostsOf(source)).toEqual([]);
    await server.create(openCrd(kinds.virtualService));
    await server.create(objects.virtualService('late', 'late.example.com', 'app'));
    await until('the late kind is read', async () => (await hostsOf(source)).length === 1);
    await server.remove(
      'apiextensions.k8s.io/v1',
      'CustomResourceDefinition',
      undefined,
      'virtualservices.networking.istio.io',
    );
    await until('its objects are gone', async () => (await hostsOf(source)).length === 0);
  });

  it('reads a kind in an older version where only that is served', async () => {
    server = await ApiServer.start();
    await server.create(openCrd({ ...kinds.virtualService, versions: ['v1beta1'] }));
    const old = {
      ...objects.virtualService('old', 'old.example.com', 'app'),
      apiVersion: 'networking.istio.io/v1beta1',
    };
    await server.create(old);
    expect(await hostsOf(open())).toEqual(['old.example.com']);
  });

  it('resumes a dropped watch where it was, and lists again only what has been forgotten', async () => {
    server = await ApiServer.start();
    await installMeshCrds(server);
    server.faults.hasWatchList = false;
    const source = open();
    await source.read();
    const lists = listsOf('virtualservices');
    server.dropWatches({ plural: 'virtualservices' });
    await server.create(objects.virtualService('a', 'a.example.com', 'app'));
    await until('a is read', async () => (await hostsOf(source)).length === 1);
    expect(listsOf('virtualservices')).toBe(lists);
    // Everything about the version that the watch would resume from is forgotten.
    server.faults.fail(({ url }) => url.pathname.endsWith('/virtualservices'), errors.expired('too old'), 1);
    server.dropWatches({ plural: 'virtualservices' });
    await server.create(objects.virtualService('b', 'b.example.com', 'app'));
    server.store.compact();
    await until('b is read', async () => (await hostsOf(source)).length === 2);
    expect(listsOf('virtualservices')).toBeGreaterThan(lists);
  });

  it('lists in pages, and in one piece when the pages expire on the way', async () => {
    server = await ApiServer.start();
    await installMeshCrds(server);
    server.faults.hasWatchList = false;
    for (let i = 0; i < 25; i++) await server.create(objects.virtualService(`v${i}`, `v${i}.example.com`, 'app'));
    const wantsNextPage = ({ url }: { url: URL }): boolean =>
      url.pathname.endsWith('/virtualservices') && url.searchParams.has('continue');
    server.faults.fail(wantsNextPage, errors.expired('The provided continue parameter is too old'), 1);
    expect(await hostsOf(open({ reading: { pageSize: 10 } }))).toHaveLength(25);
    const pages = (): number =>
      server.requests.filter(({ path, query }) => path.endsWith('/virtualservices') && query.includes('continue='))
        .length;
    expect(pages()).toBe(0);
    expect(await hostsOf(open({ reading: { pageSize: 10 } }))).toHaveLength(25);
    expect(pages()).toBe(2);
  });

  it('goes on with what it has while the server refuses, and catches up after it', async () => {
    server = await ApiServer.start();
    await installMeshCrds(server);
    await server.create(objects.virtualService('a', 'a.example.com', 'app'));
    const states: string[] = [];
    const source = open({ log: (event) => states.push(event) });
    await source.read();
    server.faults.fail(() => true, errors.forbidden('not now'), 300);
    server.dropWatches();
    await until('the refusals are told', () => states.includes('kind_not_read'));
    expect(await hostsOf(source)).toEqual(['a.example.com']);
    await server.create(objects.virtualService('b', 'b.example.com', 'app'));
    await until('b is read', async () => (await hostsOf(source)).length === 2);
  });

  it('does not see a change where only a status or the bookkeeping of managers changed', async () => {
    server = await ApiServer.start();
    await installMeshCrds(server);
    const created = await server.create(objects.virtualService('a', 'a.example.com', 'app'));
    const source = open();
    const { resources, revision } = await source.read();
    await server.put({ ...created, status: { conditions: [{ type: 'Reconciled', status: 'True' }] } });
    const other = await server.create(objects.virtualService('b', 'b.example.com', 'app'));
    await until('b is read', async () => (await hostsOf(source)).length === 2);
    const after = await source.read();
    expect(after.revision).toBe(revision + 1);
    // Parsed once, and the same object since.
    expect(after.resources).toContain(resourcesOf(resources, kinds.virtualService)[0]);
    expect(other.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
  });

  it('keeps the last good version of an object that is broken by an edit', async () => {
    server = await ApiServer.start();
    await installMeshCrds(server);
    const created = await server.create(objects.virtualService('a', 'a.example.com', 'app'));
    const source = open();
    await source.read();
    await server.put({ ...created, spec: { hosts: ['a.example.com'], http: [{ match: [{ uri: { regex: '(' } }] }] } });
    await until('the mistake is told', async () => (await source.read()).findings.length > 0);
    expect(await hostsOf(source)).toEqual(['a.example.com']);
    expect((await source.read()).findings.map(({ code }) => code)).toContain('FS0301');
  });

  it('asks only for metadata where nothing else is used', async () => {
    server = await ApiServer.start();
    const source = open();
    const { resources } = await source.read();
    expect(resourcesOf(resources, kinds.namespace).map(({ metadata }) => metadata.name)).toContain('default');
    expect(watchesOf('namespaces')).toBeGreaterThan(0);
  });
});
