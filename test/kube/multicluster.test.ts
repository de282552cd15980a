import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Compiler } from '../../src/control/compiler.ts';
import { MulticlusterSource } from '../../src/control/multicluster/multicluster-source.ts';
import type { SourceState } from '../../src/control/sources/source.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { resolveOutbound } from '../../src/mesh/outbound/resolve.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { clientOf, READING, until } from './harness.ts';
import { installMeshCrds } from './mesh-crds.ts';
import { objects } from './mesh-objects.ts';

const servers: ApiServer[] = [];
let own: ApiServer;
let source: MulticlusterSource;
let compiler: Compiler;

async function startServer(): Promise<ApiServer> {
  const server = await ApiServer.start({ tls: true });
  servers.push(server);
  await installMeshCrds(server);
  await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } });
  return server;
}

function open(options: { remotePatienceMs?: number } = {}): MulticlusterSource {
  return new MulticlusterSource({
    client: clientOf(own),
    clusterId: 'home',
    rootNamespace: 'istio-system',
    ...READING,
    ...options,
  });
}

beforeEach(async () => {
  own = await startServer();
  await own.create(objects.gateway());
  await own.create(objects.virtualService('shop', 'shop.example.com', 'app'));
  await own.create(objects.service('app'));
  await own.create(objects.slice('app-1', 'app', ['10.0.0.1']));
  compiler = new Compiler({ clusterId: 'home' });
  source = open();
});

afterEach(async () => {
  await source.stop();
  for (const server of servers.splice(0)) await server.stop();
});

function remoteSecret(name: string, clusters: Readonly<Record<string, string>>): Fields {
  const data = Object.fromEntries(
    Object.entries(clusters).map(([cluster, text]) => [cluster, Buffer.from(text).toString('base64')]),
  );
  const metadata = { name, namespace: 'istio-system', labels: { 'istio/multiCluster': 'true' } };
  return { apiVersion: 'v1', kind: 'Secret', metadata, data };
}

async function meshNow(): Promise<Mesh> {
  const { resources, remotes } = await source.read();
  return (await compiler.compile(resources, remotes)).mesh;
}

async function addressesOf(host: string): Promise<string[]> {
  const { registry } = await meshNow();
  const service = registry.services.find((candidate) => candidate.host === host);
  return service?.endpoints.map(({ address, clusterId }) => `${clusterId || 'home'} ${address}`).sort() ?? [];
}

const APP = 'app.default.svc.cluster.local';
const codes = ({ findings }: SourceState): string[] => findings.map(({ code, message }) => `${code} ${message}`);

describe('a mesh of several clusters', () => {
  it('is one service with the endpoints of all of them; configuration counts only from its own', async () => {
    const east = await startServer();
    await east.create(objects.service('app'));
    await east.create(objects.service('only-east'));
    await east.create(objects.slice('app-1', 'app', ['10.1.0.1']));
    await east.create(objects.slice('only-east-1', 'only-east', ['10.1.0.2']));
    await east.create(objects.virtualService('theirs', 'theirs.example.com', 'app'));
    await own.create(remoteSecret('istio-remote-secret-east', { east: east.kubeconfig() }));
    expect(await addressesOf(APP)).toEqual(['east 10.1.0.1', 'home 10.0.0.1']);
    expect(await addressesOf('only-east.default.svc.cluster.local')).toEqual(['east 10.1.0.2']);
    const { edge } = await meshNow();
    expect([...edge.domains.keys()]).toEqual(['shop.example.com']);
    expect(edge.clusters.get(`outbound|80||${APP}`)?.upstream).toEqual({ kind: 'link', clusters: ['home', 'east'] });
    expect(source.remoteClusters).toEqual([
      { name: 'east', secret: 'istio-system/istio-remote-secret-east', status: 'synced' },
    ]);

    await own.put(objects.slice('app-1', 'app', []));
    await until('only east is left', async () => (await addressesOf(APP)).join() === 'east 10.1.0.1');
    const upstream = (await meshNow()).edge.clusters.get(`outbound|80||${APP}`)?.upstream;
    expect(upstream).toEqual({ kind: 'link', clusters: ['east'] });
  });

  it('follows what changes in a remote cluster, and forgets it with its Secret', async () => {
    const east = await startServer();
    await east.create(objects.service('app'));
    await own.create(remoteSecret('east', { east: east.kubeconfig() }));
    await source.read();
    let changes = 0;
    source.watch(() => {
      changes += 1;
    });
    await east.create(objects.slice('app-1', 'app', ['10.1.0.1']));
    await until('it is noticed', () => changes > 0);
    expect(await addressesOf(APP)).toEqual(['east 10.1.0.1', 'home 10.0.0.1']);
    await own.remove('v1', 'Secret', 'istio-system', 'east');
    await until('it is forgotten', async () => (await addressesOf(APP)).join() === 'home 10.0.0.1');
    expect(source.remoteClusters).toEqual([]);
  });

  it('keeps what it knows of a cluster that is down, and waits for none that was never there', async () => {
    const east = await startServer();
    await east.create(objects.service('app'));
    await east.create(objects.slice('app-1', 'app', ['10.1.0.1']));
    const gone = await startServer();
    const kubeconfig = gone.kubeconfig();
    await gone.stop();
    servers.splice(servers.indexOf(gone), 1);
    await own.create(remoteSecret('all', { east: east.kubeconfig(), gone: kubeconfig }));
    source = open({ remotePatienceMs: 500 });
    expect(await addressesOf(APP)).toEqual(['east 10.1.0.1', 'home 10.0.0.1']);
    expect(source.remoteClusters.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'east synced',
      'gone timeout',
    ]);
    await east.stop();
    servers.splice(servers.indexOf(east), 1);
    await own.put(objects.slice('app-1', 'app', ['10.0.0.2']));
    await until('its own goes on', async () => (await addressesOf(APP)).includes('home 10.0.0.2'));
    expect(await addressesOf(APP)).toEqual(['east 10.1.0.1', 'home 10.0.0.2']);
  });

  it('changes over to a rotated kubeconfig without a moment of nothing; a broken one changes nothing', async () => {
    const [first, second] = [await startServer(), await startServer()];
    for (const [server, address] of [
      [first, '10.1.0.1'],
      [second, '10.2.0.1'],
    ] as const) {
      await server.create(objects.service('app'));
      await server.create(objects.slice('app-1', 'app', [address]));
    }
    await own.create(remoteSecret('east', { east: first.kubeconfig() }));
    expect(await addressesOf(APP)).toContain('east 10.1.0.1');
    const broken = `${first.kubeconfig()}: [`;
    await own.put(remoteSecret('east', { east: broken }));
    await until('it is told', async () => codes(await source.read()).length > 0);
    const [told = ''] = codes(await source.read());
    expect(told).toContain('FS0304 Cluster east of Secret istio-system/east');
    expect(told).not.toContain(first.authentication.adminToken);
    expect(await addressesOf(APP)).toContain('east 10.1.0.1');
    const seen: string[][] = [];
    await own.put(remoteSecret('east', { east: second.kubeconfig() }));
    await until('the other is read', async () => {
      seen.push(await addressesOf(APP));
      return seen.at(-1)?.includes('east 10.2.0.1') === true;
    });
    expect(seen.every((addresses) => addresses.length === 2)).toBe(true);
    expect(codes(await source.read())).toEqual([]);
  });

  it('refuses kubeconfigs that would run, read or trust what they please, and says which Secret', async () => {
    const cluster = { server: 'https://127.0.0.1:1' };
    const config = (user: object, more: object = {}): string =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'c',
        clusters: [{ name: 'c', cluster: { ...cluster, ...more } }],
        users: [{ name: 'c', user }],
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
      });
    const texts = {
      exec: config({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'touch', args: ['/tmp/x'] } }),
      provider: config({ 'auth-provider': { name: 'gcp' } }),
      key: config({ 'client-key': '/etc/passwd', 'client-certificate': '/etc/passwd' }),
      token: config({ tokenFile: '/etc/passwd' }),
      ca: config({ token: 's3cret' }, { 'certificate-authority': '/etc/passwd' }),
      insecure: config({ token: 's3cret' }, { 'insecure-skip-tls-verify': true }),
      none: '{}',
      home: config({ token: 's3cret' }),
    };
    await own.create(remoteSecret('bad', texts));
    const told = codes(await source.read());
    expect(told).toHaveLength(Object.keys(texts).length);
    expect(told.every((text) => text.startsWith('FS0304') && text.includes('istio-system/bad'))).toBe(true);
    expect(told.join()).not.toContain('s3cret');
    expect(await addressesOf(APP)).toEqual(['home 10.0.0.1']);
  });
});

describe('networks', () => {
  const client = {
    namespace: 'default',
    labels: {},
    serviceAccount: 'x',
    network: 'near',
    locality: '',
    address: undefined,
    interception: 'REDIRECT',
  } as const;
  const labelled = (network: string): Fields => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'istio-system', labels: { 'topology.istio.io/network': network } },
  });
  const sidecar = { app: 'app', 'security.istio.io/tlsMode': 'istio' };

  it('reaches the endpoints of another network by its east-west gateways, with the sum of their weights', async () => {
    const east = await startServer();
    await own.put(labelled('near'));
    await east.put(labelled('far'));
    await east.create(objects.service('app'));
    await east.create({
      ...objects.slice('app-1', 'app', []),
      endpoints: ['a', 'b', 'plain'].map((name, i) => ({
        addresses: [`10.0.0.${i + 1}`],
        targetRef: { kind: 'Pod', name },
      })),
    });
    for (const [i, name] of ['a', 'b', 'plain'].entries()) {
      const pod = objects.pod(name, name === 'plain' ? { app: 'app' } : sidecar, `10.0.0.${i + 1}`);
      await east.create(pod);
      // As the kubelet does: who creates an object says nothing of its status.
      await east.put(pod);
    }
    const gateway = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'eastwest', namespace: 'istio-system', labels: { 'topology.istio.io/network': 'far' } },
      spec: { type: 'LoadBalancer', ports: [{ name: 'tls', port: 15443 }] },
      status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }] } },
    };
    await east.create(gateway);
    await east.put(gateway);
    await own.create(remoteSecret('east', { east: east.kubeconfig() }));
    const groups = (await endpointsFor(client)).map(({ address, port, weight }) => `${address}:${port} ${weight}`);
    expect(groups).toEqual(['10.0.0.1:8080 2', '192.0.2.1:15443 2', '192.0.2.2:15443 2']);
    // A client of the other network has it the other way; what has no gateway is near.
    const other = (await endpointsFor({ ...client, network: 'far' })).map(({ address }) => address);
    expect(other).toEqual(['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect((await endpointsFor({ ...client, network: '' })).map(({ address }) => address)).toHaveLength(4);
  });

  it('takes networks and gateways from meshNetworks too', async () => {
    await own.create({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'istio', namespace: 'istio-system' },
      data: {
        meshNetworks: `networks:
  near: { endpoints: [{ fromRegistry: home }] }
  far: { endpoints: [{ fromRegistry: east }], gateways: [{ address: 192.0.2.9, port: 443 }] }`,
      },
    });
    const east = await startServer();
    await east.create(objects.service('app'));
    await east.create({
      ...objects.slice('app-1', 'app', []),
      endpoints: [{ addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', name: 'a' } }],
    });
    await east.create(objects.pod('a', sidecar, '10.0.0.1'));
    await own.create(remoteSecret('east', { east: east.kubeconfig() }));
    const found = (await endpointsFor(client)).map(({ address, port }) => `${address}:${port}`);
    expect(found).toEqual(['10.0.0.1:8080', '192.0.2.9:443']);
  });

  async function endpointsFor(who: Parameters<typeof resolveOutbound>[1]) {
    const cluster = resolveOutbound(await meshNow(), who).clusters.get(`outbound|80||${APP}`);
    return cluster?.endpoints.flatMap(({ endpoints }) => endpoints) ?? [];
  }
});
