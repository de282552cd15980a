import { create, fromBinary } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Rejection } from '../../src/xds/ads/rejection.ts';
import { type AdsOptions, AdsServer } from '../../src/xds/ads/server.ts';
import { XdsSnapshot } from '../../src/xds/ads/snapshot.ts';
import { ClusterSchema } from '../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../../src/xds/gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../../src/xds/gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../../src/xds/gen/envoy/config/route/v3/route_pb.ts';
import { CLUSTER, ENDPOINTS, encoded, LISTENER, ROUTES, type XdsResource } from '../../src/xds/resource.ts';
import { AdsClient } from './ads-client.ts';

const node = { id: 'client-1' };

function cluster(name: string, altStatName = ''): XdsResource {
  return encoded(ClusterSchema, name, create(ClusterSchema, { name, altStatName }), undefined);
}

function endpoints(clusterName: string): XdsResource {
  return encoded(
    ClusterLoadAssignmentSchema,
    clusterName,
    create(ClusterLoadAssignmentSchema, { clusterName }),
    undefined,
  );
}

function routes(name: string, line: number): XdsResource {
  const origin = { kind: 'Gateway', namespace: 'shop', name: 'gw', file: 'gw.yaml', line };
  return encoded(RouteConfigurationSchema, name, create(RouteConfigurationSchema, { name }), origin);
}

function listener(name: string): XdsResource {
  return encoded(ListenerSchema, name, create(ListenerSchema, { name }), undefined);
}

const EVERYBODY: AdsOptions['admit'] = () => ({ kind: 'admitted', group: 'all' });

let server: AdsServer;
let port: number;
let rejections: Rejection[];
const clients: { close(): void }[] = [];

beforeEach(async () => {
  rejections = [];
  server = new AdsServer({ admit: EVERYBODY, rejected: (rejection) => rejections.push(rejection) });
  port = await server.listen('127.0.0.1:0');
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  server.close();
});

function opened<C extends { close(): void }>(client: C): C {
  clients.push(client);
  return client;
}

describe('state of the world', () => {
  it('answers a wildcard with everything, an answer with silence, a change with everything again', async () => {
    server.publish('all', new XdsSnapshot([cluster('a'), cluster('b')]));
    const client = opened(AdsClient.sotw(port));
    client.send({ node, typeUrl: CLUSTER });
    const first = await client.next();
    expect(first.resources).toHaveLength(2);
    client.send({ typeUrl: CLUSTER, versionInfo: first.versionInfo, responseNonce: first.nonce });
    expect(await client.isQuiet()).toBe(true);
    server.publish('all', new XdsSnapshot([cluster('a', 'changed'), cluster('b')]));
    const second = await client.next();
    expect(second.resources).toHaveLength(2);
    expect(second.nonce).not.toBe(first.nonce);
  });

  it('sends only what is named, and what is named later', async () => {
    server.publish('all', new XdsSnapshot([endpoints('a'), endpoints('b'), endpoints('c')]));
    const client = opened(AdsClient.sotw(port));
    client.send({ node, typeUrl: ENDPOINTS, resourceNames: ['a'] });
    const first = await client.next();
    expect(first.resources).toHaveLength(1);
    client.send({ typeUrl: ENDPOINTS, resourceNames: ['a', 'c'], responseNonce: first.nonce });
    expect((await client.next()).resources).toHaveLength(2);
  });

  it('sends again what is asked for again', async () => {
    server.publish('all', new XdsSnapshot([endpoints('a')]));
    const client = opened(AdsClient.sotw(port));
    client.send({ node, typeUrl: ENDPOINTS, resourceNames: ['a'] });
    const first = await client.next();
    client.send({ typeUrl: ENDPOINTS, resourceNames: ['a'], responseNonce: first.nonce });
    client.send({ typeUrl: ENDPOINTS, resourceNames: ['a'], responseNonce: first.nonce });
    const second = await client.next();
    expect(second.nonce).not.toBe(first.nonce);
    client.send({ typeUrl: ENDPOINTS, resourceNames: ['a'], responseNonce: second.nonce });
    expect(await client.isQuiet()).toBe(true);
  });

  it('waits no longer for a client that has stopped wanting', async () => {
    const settled: XdsSnapshot[] = [];
    server.close();
    server = new AdsServer({ admit: EVERYBODY, settled: (_, snapshot) => settled.push(snapshot) });
    port = await server.listen('127.0.0.1:0');
    server.publish('all', new XdsSnapshot([endpoints('a')]));
    const client = opened(AdsClient.sotw(port));
    client.send({ node, typeUrl: ENDPOINTS, resourceNames: ['a'] });
    const first = await client.next();
    client.send({ typeUrl: ENDPOINTS, resourceNames: ['a'], responseNonce: first.nonce });
    expect(await client.isQuiet()).toBe(true);
    const empty = new XdsSnapshot([]);
    server.publish('all', empty);
    await client.next();
    client.send({ typeUrl: ENDPOINTS, resourceNames: [], responseNonce: first.nonce });
    expect(await client.isQuiet()).toBe(true);
    expect(settled.at(-1)).toBe(empty);
  });

  it('waits with what is newer until the client has answered, and passes over answers to older messages', async () => {
    server.publish('all', new XdsSnapshot([cluster('a')]));
    const client = opened(AdsClient.sotw(port));
    client.send({ node, typeUrl: CLUSTER });
    const first = await client.next();
    server.publish('all', new XdsSnapshot([cluster('a', 'x')]));
    server.publish('all', new XdsSnapshot([cluster('a', 'y')]));
    expect(await client.isQuiet()).toBe(true);
    client.send({ typeUrl: CLUSTER, responseNonce: first.nonce });
    const second = await client.next();
    expect(resourceNamesIn(second)).toEqual(['y']);
    client.send({ typeUrl: CLUSTER, responseNonce: first.nonce });
    expect(await client.isQuiet()).toBe(true);
  });
});

describe('delta', () => {
  it('sends only what has changed, and the names of what is gone after that', async () => {
    server.publish('all', new XdsSnapshot([cluster('a'), cluster('b')]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: CLUSTER });
    const first = await client.next();
    expect(first.resources.map(({ name }) => name)).toEqual(['a', 'b']);
    client.send({ typeUrl: CLUSTER, responseNonce: first.nonce });
    server.publish('all', new XdsSnapshot([cluster('a', 'changed')]));
    const second = await client.next();
    expect(second.resources.map(({ name }) => name)).toEqual(['a']);
    expect(second.removedResources).toEqual([]);
    client.send({ typeUrl: CLUSTER, responseNonce: second.nonce });
    const third = await client.next();
    expect([third.resources.length, third.removedResources]).toEqual([0, ['b']]);
  });

  it('tells a client that wants everything that there is nothing', async () => {
    server.publish('all', new XdsSnapshot([]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: CLUSTER });
    expect((await client.next()).resources).toEqual([]);
  });

  it('says of a name that there is no such resource', async () => {
    server.publish('all', new XdsSnapshot([routes('http.80', 1)]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: ROUTES, resourceNamesSubscribe: ['http.80', 'http.81'] });
    const response = await client.next();
    expect(response.resources.map(({ name }) => name)).toEqual(['http.80']);
    expect(response.removedResources).toEqual(['http.81']);
  });

  it('does not repeat what a client brings along from an earlier stream', async () => {
    const kept = cluster('a');
    server.publish('all', new XdsSnapshot([kept, cluster('b')]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: CLUSTER, initialResourceVersions: { a: kept.version, gone: '1' } });
    const response = await client.next();
    expect(response.resources.map(({ name }) => name)).toEqual(['b']);
    expect(response.removedResources).toEqual(['gone']);
  });

  it('sends what is new before what points to it, and takes away what is old after that', async () => {
    const before = [cluster('old'), endpoints('old'), listener('l'), routes('http.80', 1)];
    server.publish('all', new XdsSnapshot(before));
    const client = opened(AdsClient.delta(port));
    const types = [CLUSTER, ENDPOINTS, LISTENER, ROUTES];
    for (const typeUrl of types) {
      const names = typeUrl === ENDPOINTS ? ['old', 'new'] : typeUrl === ROUTES ? ['http.80', 'http.81'] : [];
      client.send({ node, typeUrl, resourceNamesSubscribe: names });
      client.send({ typeUrl, responseNonce: (await client.next()).nonce });
    }
    expect(await client.isQuiet()).toBe(true);
    const after = [cluster('new'), endpoints('new'), listener('m'), routes('http.81', 1)];
    server.publish('all', new XdsSnapshot(after));
    const sent: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { typeUrl, resources, removedResources, nonce } = await client.next();
      const names = [...resources.map(({ name }) => `+${name}`), ...removedResources.map((name) => `-${name}`)];
      sent.push(`${typeUrl.split('.').at(-1)} ${names.join(' ')}`);
      client.send({ typeUrl, responseNonce: nonce });
    }
    expect(sent).toEqual([
      'Cluster +new',
      'ClusterLoadAssignment +new',
      'Listener +m -l',
      'RouteConfiguration +http.81 -http.80',
      'Cluster -old',
      'ClusterLoadAssignment -old',
    ]);
  });
});

describe('a rejection', () => {
  it('is traced to the resource that the client names, and where it was written', async () => {
    server.publish('all', new XdsSnapshot([routes('http.80', 3), routes('http.81', 9)]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: ROUTES, resourceNamesSubscribe: ['http.80', 'http.81'] });
    const { nonce } = await client.next();
    client.send({ typeUrl: ROUTES, responseNonce: nonce, errorDetail: { code: 13, message: 'http.81: bad route' } });
    expect(await client.isQuiet()).toBe(true);
    expect(rejections).toMatchObject([
      { client: 'client-1', message: 'http.81: bad route', suspects: [{ name: 'http.81', origin: { line: 9 } }] },
    ]);
  });
});

describe('many clients', () => {
  it('get the same bytes: a response is made once', async () => {
    server.publish('all', new XdsSnapshot([cluster('a'), cluster('b')]));
    const all = Array.from({ length: 20 }, () => opened(AdsClient.delta(port)));
    for (const client of all) client.send({ node, typeUrl: CLUSTER });
    for (const client of all) expect((await client.next()).resources).toHaveLength(2);
    expect(server.responses.made).toBe(1);
    expect(server.clients).toHaveLength(20);
  });

  it('share a response across groups where its content is the same', async () => {
    server.close();
    server = new AdsServer({ admit: ({ id }) => ({ kind: 'admitted', group: id }) });
    port = await server.listen('127.0.0.1:0');
    const shared = cluster('shared');
    server.publish('g1', new XdsSnapshot([shared, listener('one')]));
    server.publish('g2', new XdsSnapshot([shared, listener('two')]));
    for (const id of ['g1', 'g2']) {
      const client = opened(AdsClient.delta(port));
      client.send({ node: { id }, typeUrl: CLUSTER });
      await client.next();
    }
    expect(server.responses.made).toBe(1);
  });

  it('are served some at a time: who does not answer holds up nobody for long, and loses nothing', async () => {
    server.close();
    server = new AdsServer({ admit: EVERYBODY, concurrentPushes: 1 });
    port = await server.listen('127.0.0.1:0');
    server.publish('all', new XdsSnapshot([cluster('a')]));
    const [one, two] = [opened(AdsClient.delta(port)), opened(AdsClient.delta(port))];
    one.send({ node, typeUrl: CLUSTER });
    const { nonce } = await one.next();
    two.send({ node, typeUrl: CLUSTER });
    expect(await two.isQuiet()).toBe(true);
    one.send({ typeUrl: CLUSTER, responseNonce: nonce });
    expect((await two.next()).resources).toHaveLength(1);
    // Two never answers.
    server.publish('all', new XdsSnapshot([cluster('a', 'changed')]));
    expect((await one.next(30_000)).resources).toHaveLength(1);
  });
});

describe('a client that is refused', () => {
  it('is told why, and gets nothing', async () => {
    server.close();
    server = new AdsServer({ admit: () => ({ kind: 'refused', code: 16, why: 'not of this mesh' }) });
    port = await server.listen('127.0.0.1:0');
    server.publish('all', new XdsSnapshot([cluster('a')]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: CLUSTER });
    await expect.poll(() => client.error?.message).toContain('not of this mesh');
    expect(client.received).toEqual([]);
    expect(server.clients).toEqual([]);
  });

  it('is one that does not say who it is', async () => {
    const client = opened(AdsClient.delta(port));
    client.send({ typeUrl: CLUSTER });
    await expect.poll(() => client.error?.message).toContain('names no node');
  });
});

describe('the status of a client', () => {
  it('tells synced, stale and refused apart, with the reason', async () => {
    server.publish('all', new XdsSnapshot([cluster('a'), routes('http.80', 3)]));
    const client = opened(AdsClient.delta(port));
    client.send({ node, typeUrl: CLUSTER });
    const clusters = await client.next();
    expect(stateOf(CLUSTER)).toBe('stale');
    client.send({ typeUrl: CLUSTER, responseNonce: clusters.nonce });
    await expect.poll(() => stateOf(CLUSTER)).toBe('synced');
    client.send({ typeUrl: ROUTES, resourceNamesSubscribe: ['http.80'] });
    const sent = await client.next();
    const errorDetail = { code: 13, message: 'http.80: bad route' };
    client.send({ typeUrl: ROUTES, responseNonce: sent.nonce, errorDetail });
    await expect.poll(() => stateOf(ROUTES)).toBe('refused');
    expect(server.statuses[0]?.types.find(({ typeUrl }) => typeUrl === ROUTES)?.rejection).toMatchObject({
      message: 'http.80: bad route',
      suspects: [{ origin: { file: 'gw.yaml', line: 3 } }],
    });
    server.publish('all', new XdsSnapshot([cluster('a')]));
    client.send({ typeUrl: ROUTES, responseNonce: (await client.next()).nonce });
    await expect.poll(() => stateOf(ROUTES)).toBe('synced');
  });
});

function stateOf(wanted: string): string | undefined {
  return server.statuses[0]?.types.find(({ typeUrl }) => typeUrl === wanted)?.state;
}

function resourceNamesIn({ resources }: { readonly resources: readonly Any[] }): string[] {
  return resources.map(({ value }) => fromBinary(ClusterSchema, value).altStatName);
}
