import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ForesaildInCluster } from '../../src/control/daemon/foresaild-in-cluster.ts';
import { storePieces } from '../../src/control/store-pieces.ts';
import { decodeVersion } from '../../src/snapshot/decode.ts';
import { versionsOf } from '../../src/snapshot/history.ts';
import { readRoot } from '../../src/snapshot/root.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { until } from './harness.ts';
import { installMeshCrds } from './mesh-crds.ts';
import { objects } from './mesh-objects.ts';
import { startReplica } from './replicas.ts';

let server: ApiServer;
let store: MemoryStore;
const running = new Set<ForesaildInCluster>();

beforeEach(async () => {
  server = await ApiServer.start({ tls: true });
  await installMeshCrds(server);
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  await server.create(objects.gateway());
  await server.create(objects.service('app'));
  store = new MemoryStore();
});

afterEach(async () => {
  for (const daemon of running) await daemon.stop();
  running.clear();
  await server.stop();
});

async function start(...args: Parameters<typeof startReplica> extends [unknown, ...infer R] ? R : never) {
  const daemon = await startReplica(server, ...args);
  running.add(daemon);
  return daemon;
}

async function root() {
  const text = await store.get('root');
  return text === undefined ? undefined : readRoot(text, []);
}

async function servedHosts(): Promise<string[]> {
  const current = await root();
  const [version] = current === undefined ? [] : versionsOf(current);
  if (version === undefined) return [];
  return [...(await decodeVersion(storePieces(store), version)).domains.keys()].sort();
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly lastTransitionTime: string;
}

function conditionsOf(kind: string, name: string, apiVersion = 'networking.istio.io/v1'): Record<string, Condition> {
  const status = server.get(apiVersion, kind, 'default', name)?.status as { conditions?: Condition[] } | undefined;
  return Object.fromEntries((status?.conditions ?? []).map((condition) => [condition.type, condition]));
}

describe('foresaild in a cluster', () => {
  it('publishes what users apply, and tells them in the status what became of it', async () => {
    const daemon = await start('one', store);
    await server.create(objects.virtualService('shop', 'shop.example.com', 'app'));
    await until('the host is served', async () => (await servedHosts()).includes('shop.example.com'));
    await until('it is told', () => conditionsOf('VirtualService', 'shop').Programmed?.status === 'True');
    const { Reconciled, Programmed, Served } = conditionsOf('VirtualService', 'shop');
    expect(Reconciled).toMatchObject({ status: 'True', reason: 'Reconciled' });
    expect(Programmed?.message).toBe(`since snapshot ${(await root())?.version}`);
    expect(Served).toBeUndefined();
    expect((await fetch(`${daemon.status.url}/readyz`)).status).toBe(200);
  });

  it('compiles nothing because of the statuses that it writes', async () => {
    let rounds = 0;
    await start('one', store, {
      onSync: () => {
        rounds += 1;
      },
    });
    await server.create(objects.virtualService('shop', 'shop.example.com', 'app'));
    await until('it is told', () => conditionsOf('VirtualService', 'shop').Programmed?.status === 'True');
    // It comes to rest; if its statuses made it compile, it never would.
    let quiet = 0;
    for (let looks = 0, seen = rounds; quiet < 3 && looks < 20; looks++, seen = rounds) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      quiet = rounds === seen ? quiet + 1 : 0;
    }
    expect(quiet).toBe(3);
    // Nor does the next publish write what is said already.
    const shop = server.get('networking.istio.io/v1', 'VirtualService', 'default', 'shop');
    await server.create(objects.virtualService('other', 'other.example.com', 'app'));
    await until('the other is told', () => conditionsOf('VirtualService', 'other').Programmed?.status === 'True');
    expect(server.get('networking.istio.io/v1', 'VirtualService', 'default', 'shop')).toBe(shop);
  });

  it('tells a refusal in the status and in an Event, and publishes the last good version on', async () => {
    await start('one', store);
    const good = objects.virtualService('shop', 'shop.example.com', 'app');
    await server.create(good);
    await until('the host is served', async () => (await servedHosts()).includes('shop.example.com'));
    await server.put({ ...good, spec: { hosts: ['shop.example.com'], http: [{ match: [{ uri: { regex: '(' } }] }] } });
    await until('it is told', () => conditionsOf('VirtualService', 'shop').Reconciled?.status === 'False');
    expect(conditionsOf('VirtualService', 'shop').Reconciled?.message).toContain('IST0106');
    const events = (): Fields[] => server.list('events.k8s.io/v1', 'Event');
    await until('there is an Event', () => events().length > 0);
    expect(events()[0]).toMatchObject({
      reason: 'Refused',
      type: 'Warning',
      regarding: { kind: 'VirtualService', name: 'shop' },
    });
    expect(await servedHosts()).toContain('shop.example.com');
    await server.put(good);
    await until('it is good again', () => conditionsOf('VirtualService', 'shop').Reconciled?.status === 'True');
    expect(events()).toHaveLength(1);
  });

  it('writes the status of Gateway API objects beside what other controllers say', async () => {
    const gatewayApi = 'gateway.networking.k8s.io/v1';
    const foreign = { parentRef: { name: 'else' }, controllerName: 'example.com/other', conditions: [] };
    await server.create({
      apiVersion: gatewayApi,
      kind: 'GatewayClass',
      metadata: { name: 'foresail' },
      spec: { controllerName: 'foresail.dev/gateway-controller' },
    });
    await server.create({
      apiVersion: gatewayApi,
      kind: 'Gateway',
      metadata: { name: 'front' },
      spec: { gatewayClassName: 'foresail', listeners: [{ name: 'http', port: 80, protocol: 'HTTP' }] },
    });
    const route = {
      apiVersion: gatewayApi,
      kind: 'HTTPRoute',
      metadata: { name: 'web' },
      spec: { parentRefs: [{ name: 'front' }], rules: [{ backendRefs: [{ name: 'app', port: 80 }] }] },
    };
    await server.put({ ...(await server.create(route)), status: { parents: [foreign] } });
    await start('one', store);
    const parents = (): Fields[] =>
      (server.get(gatewayApi, 'HTTPRoute', 'default', 'web')?.status as { parents: Fields[] } | undefined)?.parents ??
      [];
    await until('the route is told', () => parents().length === 2);
    expect(parents()[0]).toEqual(foreign);
    expect(parents()[1]).toMatchObject({
      controllerName: 'foresail.dev/gateway-controller',
      parentRef: { name: 'front' },
      conditions: [
        { type: 'Accepted', status: 'True' },
        { type: 'ResolvedRefs', status: 'True' },
      ],
    });
    await until(
      'the gateway is told',
      () => conditionsOf('Gateway', 'front', gatewayApi).Programmed?.status === 'True',
    );
    expect(server.get(gatewayApi, 'Gateway', 'default', 'front')?.status).toMatchObject({
      listeners: [{ name: 'http', attachedRoutes: 1 }],
    });
    expect(server.get(gatewayApi, 'GatewayClass', undefined, 'foresail')?.status).toMatchObject({
      conditions: [{ type: 'Accepted', status: 'True' }],
    });
  });

  it('says Served once the edges tell that they serve it', async () => {
    let version = 0;
    const edge = createServer((request, response) => {
      response.statusCode = request.headers.authorization === 'Bearer secret' ? 200 : 401;
      response.end(JSON.stringify({ version }));
    });
    await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve));
    const { port } = edge.address() as AddressInfo;
    const edges = { edges: [`http://127.0.0.1:${port}/_foresail`], token: 'secret', intervalMs: 20 };
    await start('one', store, { edges });
    await server.create(objects.virtualService('shop', 'shop.example.com', 'app'));
    await until('it is on its way', () => conditionsOf('VirtualService', 'shop').Served?.status === 'False');
    version = (await root())?.version ?? 0;
    await until('it is served', () => conditionsOf('VirtualService', 'shop').Served?.status === 'True');
    edge.close();
    edge.closeAllConnections();
  });

  it('goes on with another replica when one dies: nothing is lost, and no version goes backwards', async () => {
    const one = await start('one', store);
    const two = await start('two', store);
    expect([one.leader.isLeader, two.leader.isLeader]).toEqual([true, false]);
    const versions: number[] = [];
    const look = setInterval(async () => versions.push((await root())?.version ?? 0), 5);
    for (let i = 0; i < 5; i++) await server.create(objects.virtualService(`a${i}`, `a${i}.example.com`, 'app'));
    await until('all are served', async () => (await servedHosts()).length === 5);
    await one.stop();
    running.delete(one);
    await server.create(objects.virtualService('b', 'b.example.com', 'app'));
    await until('the other goes on', async () => (await servedHosts()).includes('b.example.com'));
    clearInterval(look);
    expect(two.leader.isLeader).toBe(true);
    expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    await until('it tells', () => conditionsOf('VirtualService', 'b').Programmed?.status === 'True');
    // Both answer for one CA.
    expect((await fetch(`${two.status.url}/api/v1/ca`)).status).toBe(200);
  });

  it('keeps what works while the API server is away', async () => {
    await server.create(objects.virtualService('shop', 'shop.example.com', 'app'));
    const daemon = await start('one', store);
    await until('the host is served', async () => (await servedHosts()).includes('shop.example.com'));
    const { version } = (await root()) ?? {};
    await server.stop();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await root())?.version).toBe(version);
    expect((await fetch(`${daemon.status.url}/healthz`)).status).toBe(200);
    await daemon.stop();
    running.delete(daemon);
    server = await ApiServer.start();
  });
});
