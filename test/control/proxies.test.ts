import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import { recognise } from '../../src/ca/callers/recognise.ts';
import { compileMesh } from '../../src/control/compile.ts';
import { ProxyConfigs, type ProxyEncoder } from '../../src/control/proxies/proxy-configs.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { ClusterSchema } from '../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { CLUSTER, encoded, type XdsResource } from '../../src/xds/resource.ts';
import { MemoryStore } from '../ca/memory-store.ts';
import { AdsClient } from '../xds/ads-client.ts';

const PODS = `
apiVersion: v1
kind: Pod
metadata: { name: web-0, namespace: shop }
spec: { serviceAccountName: web, containers: [{ name: web, image: web }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop }
spec: { serviceAccountName: web, containers: [{ name: web, image: web }] }
---
apiVersion: v1
kind: Pod
metadata: { name: bank-0, namespace: shop }
spec: { serviceAccountName: bank, containers: [{ name: bank, image: bank }] }
`;

/** A cluster for everybody, and one that is the workload's own. */
class TestEncoder implements ProxyEncoder {
  encodings = 0;

  keyOf: ProxyEncoder['keyOf'] = (_, { identity }) => `${identity.namespace}/${identity.serviceAccount}`;

  encode: ProxyEncoder['encode'] = (mesh, { identity }) => {
    this.encodings += 1;
    const name = `private of ${identity.serviceAccount}`;
    const origin = { kind: 'Service', namespace: 'shop', name: 'web', file: 'shop.yaml', line: 7 };
    return { shared: [cluster('all', String(mesh.registry.services.length))], own: [cluster(name, '', origin)] };
  };
}

function cluster(name: string, altStatName: string, origin?: XdsResource['origin']): XdsResource {
  return encoded(ClusterSchema, name, create(ClusterSchema, { name, altStatName }), origin);
}

function meshOf(yaml: string) {
  return compileMesh(parseYaml(yaml, { file: 'shop.yaml' }).resources).mesh;
}

function service(name: string): string {
  return `---\napiVersion: v1\nkind: Service\nmetadata: { name: ${name}, namespace: shop }\nspec: { ports: [{ port: 80 }] }\n`;
}

const nodeId = (pod: string, namespace = 'shop') =>
  `sidecar~10.0.0.1~${pod}.${namespace}~${namespace}.svc.cluster.local`;

let encoder: TestEncoder;
let configs: ProxyConfigs;
let tokens: LocalTokenIssuer;
let port: number;
const clients: { close(): void }[] = [];

beforeEach(async () => {
  const store = new MemoryStore();
  const ca = await MeshCa.init({ store, trustDomain: 'cluster.local' });
  tokens = await LocalTokenIssuer.open(store);
  encoder = new TestEncoder();
  configs = new ProxyConfigs({
    encoder,
    recognise: (credentials) => recognise(credentials, { ca, tokens }),
    log: () => {},
    debounce: { quietMs: 20, maxMs: 1_000 },
  });
  configs.setMesh(meshOf(PODS));
  port = await configs.ads.listen('127.0.0.1:0');
});

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  configs.close();
});

async function connect(pod: string, serviceAccount: string, node: object = {}) {
  const token = await tokens.mint({ namespace: 'shop', serviceAccount });
  const client = AdsClient.delta(port, { token });
  clients.push(client);
  client.send({ node: { id: nodeId(pod), ...node }, typeUrl: CLUSTER });
  return client;
}

async function refusalOf(pod: string, serviceAccount: string, node: object = {}): Promise<string> {
  const client = await connect(pod, serviceAccount, node);
  await expect.poll(() => client.error, { timeout: 10_000 }).toBeDefined();
  expect(client.received).toEqual([]);
  return client.error?.message ?? '';
}

describe('a proxy', () => {
  it('gets what is its own', async () => {
    const names = (await (await connect('web-0', 'web')).next()).resources.map(({ name }) => name);
    expect(names).toEqual(['all', 'private of web']);
  });

  it('is refused without credentials', async () => {
    const client = AdsClient.delta(port);
    clients.push(client);
    client.send({ node: { id: nodeId('web-0') }, typeUrl: CLUSTER });
    await expect.poll(() => client.error?.message, { timeout: 10_000 }).toContain('UNAUTHENTICATED');
  });

  it('cannot be a pod of another service account', async () => {
    expect(await refusalOf('bank-0', 'web')).toContain('pod bank-0 is of service account bank');
  });

  it('cannot be of another namespace', async () => {
    expect(await refusalOf('web-0', 'web', { id: nodeId('web-0', 'other') })).toContain('namespace other');
  });

  it('cannot name another service account, of a pod that nobody knows either', async () => {
    const answer = await refusalOf('new-0', 'web', { metadata: { SERVICE_ACCOUNT: 'bank' } });
    expect(answer).toContain('service account bank');
  });

  it('has a node id that says what it is', async () => {
    expect(await refusalOf('web-0', 'web', { id: 'something' })).toContain('node id');
  });

  it('loses its stream when its pod turns out to be of another account', async () => {
    const client = await connect('late-0', 'web');
    client.send({ typeUrl: CLUSTER, responseNonce: (await client.next()).nonce });
    configs.setMesh(meshOf(PODS.replace('bank-0', 'late-0')));
    await expect.poll(() => client.error?.message, { timeout: 10_000 }).toContain('late-0 is of service account bank');
    expect(configs.statuses).toEqual([]);
  });
});

describe('a change of the mesh', () => {
  it('reaches everybody with what has changed, made once for those who are equal', async () => {
    const all = await Promise.all([connect('web-0', 'web'), connect('web-1', 'web'), connect('bank-0', 'bank')]);
    for (const client of all) client.send({ typeUrl: CLUSTER, responseNonce: (await client.next()).nonce });
    expect(encoder.encodings).toBe(2);
    configs.setMesh(meshOf(PODS + service('a')));
    for (const client of all) {
      expect((await client.next()).resources.map(({ name }) => name)).toEqual(['all']);
    }
    expect(encoder.encodings).toBe(4);
  });

  it('that comes with others is one push', async () => {
    const client = await connect('web-0', 'web');
    client.send({ typeUrl: CLUSTER, responseNonce: (await client.next()).nonce });
    for (const name of ['a', 'b', 'c']) configs.setMesh(meshOf(PODS + service(name) + service(`${name}x`)));
    const { nonce } = await client.next();
    client.send({ typeUrl: CLUSTER, responseNonce: nonce });
    expect(await client.isQuiet()).toBe(true);
    expect(encoder.encodings).toBe(2);
  });

  it('that cannot be encoded for a proxy leaves it what it has', async () => {
    const client = await connect('web-0', 'web');
    client.send({ typeUrl: CLUSTER, responseNonce: (await client.next()).nonce });
    const { encode } = encoder;
    encoder.encode = () => {
      throw new Error('a bug');
    };
    configs.setMesh(meshOf(PODS + service('a')));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(client.received).toEqual([]);
    encoder.encode = encode;
    configs.setMesh(meshOf(PODS + service('b')));
    expect((await client.next()).resources).toHaveLength(1);
  });
});

describe('what a proxy refuses', () => {
  it('is in its status, and a finding at the object until it takes it', async () => {
    const client = await connect('web-0', 'web');
    const { nonce } = await client.next();
    const message = 'private of web: no such thing';
    client.send({ typeUrl: CLUSTER, responseNonce: nonce, errorDetail: { code: 13, message } });
    await expect.poll(() => configs.statuses[0]?.state).toBe('refused');
    expect(configs.statuses).toMatchObject([
      {
        pod: 'web-0',
        namespace: 'shop',
        identity: 'spiffe://cluster.local/ns/shop/sa/web',
        types: [{ type: 'CDS', why: message, suspects: [{ resource: 'private of web', at: 'shop.yaml:7' }] }],
      },
    ]);
    expect(configs.findings).toMatchObject([{ code: 'FS0401', origin: { file: 'shop.yaml', line: 7 } }]);
    configs.setMesh(meshOf(PODS + service('a')));
    client.send({ typeUrl: CLUSTER, responseNonce: (await client.next()).nonce });
    await expect.poll(() => configs.statuses[0]?.state).toBe('synced');
    expect(configs.findings).toEqual([]);
  });
});
