import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { encodeFailure, parseQuery, TYPE_A } from '../../src/agent/dns/dns-message.ts';
import { DnsServer } from '../../src/agent/dns/dns-server.ts';
import { NameLookup } from '../../src/agent/dns/name-lookup.ts';
import { NameTableFollower } from '../../src/agent/dns/name-table-follower.ts';
import { framed, UpstreamServers } from '../../src/agent/dns/upstream-servers.ts';
import { CaClient } from '../../src/agent/identity/ca-client.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import { NO_LOG } from '../../src/ca/log.ts';
import { compileMesh } from '../../src/control/compile.ts';
import { startProxyServer } from '../../src/control/daemon/proxy-server.ts';
import { decodeNameTable, encodeNameTable, NAME_TABLE, type NamedHost } from '../../src/xds/name-table.ts';
import { resourceOf } from '../../src/xds/resource.ts';
import { MemoryStore } from '../ca/memory-store.ts';
import { freePorts, until } from './machine.ts';

const kubernetes = (name: string, namespace: string, ...addresses: string[]): [string, NamedHost] => [
  `${name}.${namespace}.svc.cluster.local`,
  { addresses, registry: 'Kubernetes', shortName: name, namespace },
];
const external = (host: string, ...addresses: string[]): [string, NamedHost] => [
  host,
  { addresses, registry: 'External' },
];

const MESH = new Map([
  kubernetes('web', 'shop', '10.96.0.1', 'fd00::1'),
  kubernetes('bank', 'money', '10.96.0.2'),
  kubernetes('many', 'shop', ...Array.from({ length: 100 }, (_, i) => `10.97.0.${i + 1}`)),
  external('api.example.com', '240.240.0.1'),
  external('*.wild.example.com', '240.240.0.2'),
]);
const SCOPE = { namespace: 'shop', domain: 'cluster.local' };

describe('the DNS proxy of an agent', () => {
  let server: DnsServer;
  let outside: DnsServer;
  let port = 0;
  const resolver = new Resolver({ timeout: 3_000, tries: 2 });

  beforeAll(async () => {
    const [own = 0, other = 0] = await freePorts(2);
    port = own;
    outside = new DnsServer({ port: other, addresses: ['127.0.0.1'], upstream: new UpstreamServers([]) });
    outside.lookup = new NameLookup(new Map([external('outside.example', '192.0.2.9')]), SCOPE);
    const dead = { address: '127.0.0.1', port: 1 };
    const upstream = new UpstreamServers([dead, { address: '127.0.0.1', port: other }], 500);
    server = new DnsServer({ port, addresses: ['127.0.0.1', '::1'], upstream });
    server.lookup = new NameLookup(MESH, SCOPE);
    await Promise.all([outside.start(), server.start()]);
    resolver.setServers([`127.0.0.1:${port}`]);
  });

  afterAll(() => {
    server.stop();
    outside.stop();
  });

  it.each([
    ['web.shop.svc.cluster.local', '10.96.0.1'],
    ['WEB.shop.svc.Cluster.Local', '10.96.0.1'],
    ['web', '10.96.0.1'],
    ['web.shop', '10.96.0.1'],
    ['bank.money.svc', '10.96.0.2'],
    ['api.example.com', '240.240.0.1'],
    ['deep.down.wild.example.com', '240.240.0.2'],
  ])('answers for %s', async (name, address) => {
    expect(await resolver.resolve4(name)).toEqual([address]);
  });

  it('answers by family, and with nothing where a host has no address of the one that is asked for', async () => {
    expect(await resolver.resolve6('web')).toEqual(['fd00::1']);
    await expect(resolver.resolve6('bank.money')).rejects.toMatchObject({ code: 'ENODATA' });
  });

  it('knows what a search list makes of an outside host of the mesh', async () => {
    const names = ['api.example.com.shop.svc.cluster.local', 'api.example.com.svc.cluster.local'];
    for (const name of names) expect(await resolver.resolve4(name)).toEqual(['240.240.0.1']);
  });

  it('does not give out short names of other namespaces', async () => {
    await expect(resolver.resolve4('bank')).rejects.toThrow();
  });

  it('tells a client of UDP to come over TCP for what does not fit', async () => {
    expect(await resolver.resolve4('many')).toHaveLength(100);
  });

  it('begins each answer with another address', async () => {
    const firsts = new Set<string | undefined>();
    for (let i = 0; i < 5; i++) firsts.add((await resolver.resolve4('many'))[0]);
    expect(firsts.size).toBe(5);
  });

  it('hands everything else to the servers of resolv.conf, past one that is dead', async () => {
    expect(await resolver.resolve4('outside.example')).toEqual(['192.0.2.9']);
    expect(await askOverTcp(port, question('outside.example'))).toContain(
      Buffer.from([192, 0, 2, 9]).toString('latin1'),
    );
  });

  it('says that it failed when nobody answers', async () => {
    await expect(resolver.resolve4('nowhere.example')).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  it('listens on IPv6 too', async () => {
    const overIpv6 = new Resolver({ timeout: 3_000 });
    overIpv6.setServers([`[::1]:${port}`]);
    expect(await overIpv6.resolve4('web')).toEqual(['10.96.0.1']);
  });

  it('is not brought down by what is no DNS', async () => {
    const socket = createSocket('udp4');
    for (let length = 0; length < 64; length++) {
      socket.send(Buffer.from(Array.from({ length }, (_, i) => (i * 37 + length * 11) % 256)), port, '127.0.0.1');
    }
    const tcp = connect(port, '127.0.0.1');
    tcp.write(Buffer.from([0xff, 0xff, 1, 2, 3]));
    expect(await resolver.resolve4('web')).toEqual(['10.96.0.1']);
    tcp.destroy();
    socket.close();
  });
});

describe('a DNS message', () => {
  it.each([
    ['is empty', Buffer.alloc(0)],
    ['ends in its name', question('web').subarray(0, 14)],
    [
      'has a pointer for a name',
      Buffer.concat([question('web').subarray(0, 12), Buffer.from([0xc0, 0x0c, 0, 1, 0, 1])]),
    ],
    ['is an answer', withFlags(question('web'), 0x8000)],
    ['is an update', withFlags(question('web'), 0x2800)],
    ['has a name without an end', Buffer.concat([question('web').subarray(0, 12), Buffer.alloc(600, 1)])],
  ])('that %s is not taken for a question', (_, message) => {
    expect(parseQuery(message)).toBeUndefined();
  });

  it('keeps the spelling of the question in its answer', () => {
    const query = parseQuery(question('WeB'));
    expect(query).toMatchObject({ name: 'web', type: TYPE_A });
    if (query !== undefined) expect(encodeFailure(query, 2).includes(Buffer.from('WeB'))).toBe(true);
  });
});

describe('the name table', () => {
  it('comes out as it went in', () => {
    expect(decodeNameTable(encodeNameTable(MESH))).toEqual(MESH);
  });
});

describe('an agent that follows the name table', () => {
  const folder = mkdtempSync(join(tmpdir(), 'foresail-names-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('has it from the control plane, and every change', async () => {
    const store = new MemoryStore();
    const ca = await MeshCa.init({ store, trustDomain: 'cluster.local' });
    const tokens = await LocalTokenIssuer.open(store);
    let names = new Map([external('one.example', '192.0.2.1')]);
    const { configs, port, stop } = await startProxyServer({
      ca,
      tokens,
      address: '127.0.0.1:0',
      names: ['localhost'],
      debounce: { quietMs: 10, maxMs: 100 },
      encoder: {
        keyOf: () => '',
        encode: () => ({ shared: [], own: [resourceOf(NAME_TABLE, 'names', encodeNameTable(names), undefined)] }),
      },
    });
    const { mesh } = compileMesh([]);
    configs.setMesh(mesh);
    writeFileSync(join(folder, 'token'), await tokens.mint({ namespace: 'shop', serviceAccount: 'web' }));
    writeFileSync(join(folder, 'roots.pem'), ca.bundle.pem);
    const client = new CaClient({
      address: `localhost:${port}`,
      rootsFile: join(folder, 'roots.pem'),
      tokenFile: join(folder, 'token'),
      proxyId: '',
      timeoutMs: 5_000,
    });
    let hosts: string[] = [];
    const follower = new NameTableFollower({
      open: () => client.followNameTable(''),
      nodeId: 'sidecar~10.0.0.1~web-0.shop~shop.svc.cluster.local',
      onTable: (table) => {
        hosts = [...table.keys()];
      },
      log: NO_LOG,
    });
    follower.start();
    await until('the names are there', () => hosts.length === 1);
    names = new Map([...names, external('two.example', '192.0.2.2')]);
    configs.setMesh({ ...mesh });
    await until('the change is there', () => hosts.length === 2);
    await expect.poll(() => configs.statuses[0]?.state).toBe('synced');
    follower.stop();
    client.close();
    await stop();
  });
});

function question(name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]);
  return Buffer.concat([
    Buffer.from([0x12, 0x34, 0x01, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
    ...labels,
    Buffer.from([0, 0, TYPE_A, 0, 1]),
  ]);
}

function withFlags(message: Buffer, flags: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(flags, 2);
  return copy;
}

async function askOverTcp(port: number, message: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(framed(message));
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString('latin1');
}
