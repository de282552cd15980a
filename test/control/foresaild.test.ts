import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Agent, startAgent } from '../../src/agent/agent.ts';
import type { AgentOptions } from '../../src/agent/agent-options.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import { NO_LOG } from '../../src/ca/log.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import { LinkKeys } from '../../src/control/link/link-keys.ts';
import { PassIssuer } from '../../src/edge/edge-pass.ts';
import { LISTENER } from '../../src/xds/resource.ts';
import { freePorts, statusOf, until } from '../agent/machine.ts';
import { runForesail, startForesail } from '../cli/run-foresail.ts';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { type Credentials, workloadCredentials } from '../support/workload-credentials.ts';
import { AdsClient } from '../xds/ads-client.ts';
import { type Call, statusOf as callStatus } from '../xds/support/client.ts';

const POLL = { timeout: 120_000, interval: 200 };

interface Ready {
  readonly status: string;
  readonly grpcPort: number;
}

const YAML = (address: string, port: number, mode: string) => `
apiVersion: v1
kind: Pod
metadata: { name: web-0, namespace: shop, labels: { app: web } }
spec: { serviceAccountName: web, containers: [{ name: web, image: web }] }
status: { podIP: ${address} }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: ${port} }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: shop }
spec: { mtls: { mode: ${mode} } }
`;

const GATEWAY = (serviceAccount: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: entrance, namespace: shop }
spec:
  selector: { matchLabels: { app: entrance } }
  template:
    metadata: { labels: { app: entrance, foresail.dev/cluster-gateway: "true" } }
    spec: { serviceAccountName: ${serviceAccount}, containers: [{ name: envoy, image: envoy }] }
`;

/** A control plane as a user starts it. */
class Daemon {
  readonly folder = mkdtempSync(join(tmpdir(), 'foresaild-'));
  readonly #child;
  readonly ready: Promise<Ready>;
  stderr = '';

  constructor(yaml: string, args: readonly string[] = []) {
    mkdirSync(join(this.folder, 'mesh'));
    this.write(yaml);
    const places = ['--ca-dir', join(this.folder, 'ca'), '--listen', '127.0.0.1:0', '--http-port', '0'];
    this.#child = startForesail(['control', join(this.folder, 'mesh'), '-o', 'json', ...places, ...args]);
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.ready = new Promise((resolve, reject) => {
      if (this.#child.stdout === null) return;
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        const value: Ready & { ready?: boolean } = JSON.parse(line);
        if (value.ready === true) resolve(value);
      });
      this.#child.on('exit', () => reject(new Error(this.stderr)));
    });
  }

  write(yaml: string): void {
    writeFileSync(join(this.folder, 'mesh', 'shop.yaml'), yaml);
  }

  async get(path: string): Promise<unknown> {
    return (await fetch(`${(await this.ready).status}${path}`)).json();
  }

  async end(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.#child.on('exit', resolve));
    this.#child.kill('SIGTERM');
    const code = await ended;
    rmSync(this.folder, { recursive: true, force: true });
    return code;
  }
}

describe('foresail control', () => {
  it('is healthy, tells what it knows, and ends when it is asked to', async () => {
    const daemon = new Daemon(YAML('10.0.0.1', 8080, 'STRICT'));
    const { status } = await daemon.ready;
    expect(await statusOf(`${status}/healthz`)).toBe(200);
    expect(await statusOf(`${status}/readyz`)).toBe(200);
    expect(await statusOf(`${status}/other`)).toBe(404);
    expect(await daemon.get('/api/v1/status')).toMatchObject({ version: 1, proxies: 0 });
    expect(await daemon.get('/api/v1/ca')).toMatchObject({ trustDomain: 'cluster.local' });
    daemon.write(
      'kind: VirtualService\napiVersion: networking.istio.io/v1\nmetadata: { name: x }\nspec: { hosts: [a], http: [{ mtch: [] }] }',
    );
    await expect.poll(() => daemon.get('/api/v1/findings'), { timeout: 10_000 }).toMatchObject([{ code: 'IST0106' }]);
    expect(await daemon.end()).toBe(0);
  });

  it('says which address is taken', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    const folder = mkdtempSync(join(tmpdir(), 'foresaild-'));
    await new Promise((resolve) => server.on('listening', resolve));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const places = ['--ca-dir', join(folder, 'ca'), '--listen', '127.0.0.1:0', '--http-port', String(port)];
    const { code, stderr } = await runForesail(['control', folder, ...places]);
    server.close();
    rmSync(folder, { recursive: true, force: true });
    expect(code).toBe(2);
    expect(stderr).toContain(`127.0.0.1:${port} is taken`);
  });
});

describe('a cluster gateway under foresail control', () => {
  it('trusts the keys of the link as they are now, if it is written down as one', async () => {
    const linkFolder = mkdtempSync(join(tmpdir(), 'foresail-link-'));
    const keys = new LinkKeys(new FolderCaStore(linkFolder));
    const first = await keys.create('shop-mesh');
    const daemon = new Daemon(GATEWAY('entrance'), ['--link-dir', linkFolder]);
    const { grpcPort } = await daemon.ready;
    const store = new FolderCaStore(join(daemon.folder, 'ca'));
    const channel = credentials.createSsl(Buffer.from((await MeshCa.open({ store })).bundle.pem));
    const tokens = await LocalTokenIssuer.open(store);
    const connect = async (serviceAccount: string) => {
      const token = await tokens.mint({ namespace: 'shop', serviceAccount });
      const client = AdsClient.delta(grpcPort, { token, channel });
      const labels = { app: 'entrance', 'foresail.dev/cluster-gateway': 'true', 'pod-template-hash': 'x1' };
      const id = `router~10.0.0.9~entrance-x1-${serviceAccount}.shop~shop.svc.cluster.local`;
      client.send({ node: { id, metadata: { LABELS: labels } }, typeUrl: LISTENER });
      return client;
    };
    const client = await connect('entrance');
    const { resources, nonce } = await client.next();
    const text = Buffer.from(resources[0]?.resource?.value ?? '').toString('latin1');
    expect(text).toContain(first.active);
    expect(text).toContain('shop-mesh');
    client.send({ typeUrl: LISTENER, responseNonce: nonce });
    const { active } = await keys.rotate();
    const after = await client.next(30_000);
    expect(Buffer.from(after.resources[0]?.resource?.value ?? '').toString('latin1')).toContain(active);
    const stranger = await connect('stranger');
    expect((await stranger.next()).resources).toEqual([]);
    client.close();
    stranger.close();
    await daemon.end();
    rmSync(linkFolder, { recursive: true, force: true });
  }, 60_000);
});

const OUTSIDE = (address: string, port: number) => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: outside, namespace: shop }
spec:
  hosts: [outside.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: ${address}, ports: { http: ${port} } }]
`;

/** What an agent beside a proxy of the daemon is told, but for what the proxy is. */
async function agentOptions(
  daemon: Daemon,
  own: Pick<AgentOptions, 'type' | 'pod' | 'serviceAccount' | 'ip' | 'metadata'>,
  [admin = 0, status = 0, readiness = 0, prometheus = 0]: readonly number[],
): Promise<AgentOptions> {
  const { grpcPort } = await daemon.ready;
  const store = new FolderCaStore(join(daemon.folder, 'ca'));
  const rootsFile = join(daemon.folder, 'roots.pem');
  writeFileSync(rootsFile, (await MeshCa.open({ store })).bundle.pem);
  const tokenFile = join(daemon.folder, 'token');
  const token = { namespace: 'shop', serviceAccount: own.serviceAccount };
  writeFileSync(tokenFile, await (await LocalTokenIssuer.open(store)).mint(token));
  return {
    ...own,
    namespace: 'shop',
    domain: 'cluster.local',
    cluster: `${own.serviceAccount}.shop`,
    caAddress: `localhost:${grpcPort}`,
    caRootsFile: rootsFile,
    tokenFile,
    certificateTtlS: 0,
    controlPlane: { host: '127.0.0.1', port: grpcPort, tlsServerName: 'localhost' },
    envoyBinary: ENVOY,
    concurrency: 1,
    logLevel: 'error',
    ports: { admin, status, readiness, prometheus },
    bindAddress: '127.0.0.1',
    folder: join(daemon.folder, 'agent'),
    probes: '{}',
    probeHost: '127.0.0.1',
    drainMs: 500,
    minDrainMs: 0,
  };
}

describeWithEnvoy('a cluster gateway of a link with a client certificate', (test) => {
  test('serves the edge with its certificate and a pass, and nobody else, as the link is at the moment', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'foresail-link-'));
    const place = join(folder, 'link');
    const [port = 0, appPort = 0, ...ports] = await freePorts(6);
    const address = '127.83.8.1';
    const app = createServer((_, response) => response.end('served')).listen(appPort, address);
    const newCa = async (name: string): Promise<MeshCa> =>
      await MeshCa.init({ store: new FolderCaStore(join(folder, name)), trustDomain: 'cluster.local' });
    const linkWith = async (ca: string): Promise<Pick<Credentials, 'cert' | 'key'>> => {
      const args = ['--mesh', 'shop', '--mtls', 'EDGE', '--ca-dir', join(folder, ca), '--dir', place];
      expect(await runForesail(['link', ...args])).toMatchObject({ code: 0 });
      const read = (file: string): string => readFileSync(join(place, file), 'utf8');
      return { cert: read('edge-client.pem'), key: read('edge-client-key.pem') };
    };
    const first = await newCa('first');
    await newCa('second');
    const edge = await linkWith('first');
    const yaml = `${OUTSIDE(address, appPort)}---${GATEWAY('entrance')}`;
    const daemon = new Daemon(yaml, ['--link-dir', place, '--gateway-listen', `127.0.0.1:${port}`]);
    const labels = { app: 'entrance', 'foresail.dev/cluster-gateway': 'true', 'pod-template-hash': 'x1' };
    await daemon.ready;
    const own = { type: 'router', pod: 'entrance-x1-a', serviceAccount: 'entrance', ip: '127.0.0.1' } as const;
    const agent = await startAgent(await agentOptions(daemon, { ...own, metadata: { LABELS: labels } }, ports), NO_LOG);
    try {
      const meshCa = await MeshCa.open({ store: new FolderCaStore(join(daemon.folder, 'ca')) });
      const ca = meshCa.bundle.pem;
      const [name = ''] = readdirSync(place).filter((file) => file.endsWith('.jwk'));
      const passKey = readFileSync(join(place, name), 'utf8');
      const issuer = new PassIssuer({ key: passKey, issuer: 'foresail-edge', audience: 'shop', nowMs: Date.now });
      const dst = 'outbound|80||outside.test';
      const claims = { dst, auth: 'outside.test', ip: '192.0.2.1', sub: undefined, retry: undefined, timeoutMs: 0 };
      const passed = async (tls?: Call['tls']): Promise<number | string> => {
        const headers = { 'x-foresail-pass': await issuer.issue(claims, { waitUntil: () => {} }) };
        return await callStatus({ port, alpn: ['http/1.1'], headers, ...(tls === undefined ? {} : { tls }) });
      };
      await expect.poll(() => passed({ ...edge, ca }), POLL).toBe(200);
      expect(await callStatus({ port, alpn: ['http/1.1'], tls: { ...edge, ca } }), 'without a pass').toBe(401);
      expect(await passed(), 'in plaintext').toBe('refused');
      expect(await passed({ ca }), 'without a certificate').toBe('refused');
      const edgeIdentity = { namespace: 'istio-system', serviceAccount: 'foresail-edge' };
      expect(await passed(await workloadCredentials(meshCa, edgeIdentity)), 'of another CA').toBe('refused');
      const neighbour = await workloadCredentials(first, { namespace: 'shop', serviceAccount: 'web' });
      expect(await passed({ ...neighbour, ca }), 'of somebody else').toBe('refused');

      rmSync(join(place, 'edge-client.pem'));
      const renewed = await linkWith('second');
      await expect.poll(() => passed({ ...renewed, ca }), POLL).toBe(200);
      expect(await passed({ ...edge, ca }), 'until the new one is uploaded').toBe(200);
      expect(await runForesail(['link', 'drop-old', '--dir', place])).toMatchObject({ code: 0 });
      await expect.poll(() => passed({ ...edge, ca }), POLL).toBe('refused');
      expect(await passed({ ...renewed, ca })).toBe(200);
    } finally {
      await agent.stop();
      await daemon.end();
      app.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});

describeWithEnvoy('an Envoy with its agent under foresail control', (test) => {
  let daemon: Daemon;
  let agent: Agent;
  let app: Server;
  let url = '';
  let port = 0;
  let adminPort = 0;
  const address = '127.83.7.1';

  beforeAll(async () => {
    const [appPort = 0, admin = 0, status = 0, readiness = 0, prometheus = 0] = await freePorts(5);
    port = appPort;
    adminPort = admin;
    url = `http://${address}:${port}/`;
    app = createServer((request, response) => response.end(String(request.headers['x-forwarded-client-cert']))).listen(
      port,
      '127.0.0.1',
    );
    daemon = new Daemon(YAML(address, port, 'PERMISSIVE'));
    await daemon.ready;
    const own = { type: 'sidecar', pod: 'web-0', serviceAccount: 'web', ip: address } as const;
    const metadata = { INTERCEPTION_MODE: 'NONE' };
    const options = await agentOptions(daemon, { ...own, metadata }, [admin, status, readiness, prometheus]);
    agent = await startAgent(options, NO_LOG);
    await until('the sidecar answers', async () => (await statusOf(url)) === 200, 30_000);
  }, 60_000);

  afterAll(async () => {
    await agent?.stop();
    await daemon?.end();
    app?.close();
  });

  test('is told its configuration over mutual TLS, and is synced', async () => {
    await expect
      .poll(() => daemon.get('/api/v1/proxies'), { timeout: 10_000 })
      .toMatchObject([
        { pod: 'web-0', state: 'synced', identity: 'spiffe://cluster.local/ns/shop/sa/web', type: 'sidecar' },
      ]);
  });

  test('is shown by proxy-status, with the exit code of its state', async () => {
    const { status } = await daemon.ready;
    const all = await runForesail(['proxy-status', '--control-plane', status]);
    expect(all.stdout).toMatch(
      /^NAME +TYPE +STATE +CDS +LDS +EDS +RDS +SDS\nweb-0\.shop +sidecar +SYNCED +SYNCED +SYNCED /,
    );
    expect(all.code).toBe(0);
    const one = await runForesail(['proxy-status', 'web-0.shop', '--control-plane', status, '-o', 'json']);
    expect(JSON.parse(one.stdout)).toMatchObject({
      published: 1,
      edges: [],
      proxies: [{ pod: 'web-0', state: 'synced' }],
    });
    const none = await runForesail(['proxy-status', 'web-9', '--control-plane', status]);
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no proxy web-9 is known') });
  });

  test('is shown by proxy-config from its admin port, and from a dump', async () => {
    const rows = async (kind: string, envoy = `127.0.0.1:${adminPort}`): Promise<string> => {
      const { code, stdout, stderr } = await runForesail(['proxy-config', kind, '--envoy', envoy]);
      expect(stderr).toBe('');
      expect(code).toBe(0);
      return stdout;
    };
    expect(await rows('clusters')).toMatch(/^SERVICE FQDN +PORT +SUBSET +DIRECTION +TYPE +DESTINATION RULE\n/);
    expect(await rows('clusters')).toMatch(/- +inbound /);
    expect(await rows('listener')).toMatch(/Inline Route: |Cluster: inbound/);
    expect(await rows('route')).toContain('inbound|http|');
    expect(await rows('endpoint')).toContain(`127.0.0.1:${port}`);
    expect(await rows('secret')).toMatch(/default +Cert Chain +ACTIVE +true +[0-9a-f]+ +20/);
    expect(await rows('bootstrap')).toContain('web-0.shop');
    const file = join(daemon.folder, 'dump.json');
    writeFileSync(file, await (await fetch(`http://127.0.0.1:${adminPort}/config_dump?include_eds`)).text());
    expect(await rows('cluster', file)).toBe(await rows('cluster'));
    expect(await rows('secret', file)).not.toMatch(/PRIVATE/);
    const wrong = await runForesail(['proxy-config', 'policy', '--envoy', file]);
    expect(wrong).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no policy') });
  });

  test('goes by an edit of the YAML at once: STRICT refuses plaintext', async () => {
    expect(await statusOf(url)).toBe(200);
    daemon.write(YAML(address, port, 'STRICT'));
    await until('plaintext is refused', async () => (await statusOf(url)) === 0);
    daemon.write(YAML(address, port, 'PERMISSIVE'));
    await until('plaintext is taken', async () => (await statusOf(url)) === 200);
  });
});
