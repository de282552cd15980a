import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { resolveOutbound } from '../../src/mesh/outbound/resolve.ts';
import { encodeOutbound } from '../../src/xds/outbound/outbound.ts';
import { until } from '../agent/machine.ts';
import { TwoNamespaces } from '../agent/namespaces.ts';
import { EnvoyOverAds } from '../support/envoy-over-ads.ts';
import { describeCaptured, ENVOY } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { meshOf } from './support/proxies.ts';

const PROXY_UID = 1337;

/** An HTTP server that says its name, and where it was called. */
const NAMED_SERVER = `
  const [, name, address, port] = process.argv;
  const server = require('node:http').createServer((request, response) => response.end(name + ' ' + request.url));
  server.listen(Number(port), address, () => console.log('ready'));
`;

function service(name: string, clusterIP: string, port: string, endpoint: string, targetPort: number): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { clusterIP: "${clusterIP}", ports: [{ ${port} }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, namespace: default, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [{ name: ${/name: ([\w-]+)/.exec(port)?.[1]}, port: ${targetPort} }]
endpoints: [{ addresses: [${endpoint}] }]
---
`;
}

/** There is no agent here that would have certificates. */
const PLAINTEXT = `
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    enableAutoMtls: false
---
`;

const MESH = [
  PLAINTEXT,
  service('web', '10.96.0.10', 'name: http, port: 80', '10.77.0.2', 8080),
  service('other', '10.96.0.13', 'name: http, port: 80', '10.77.0.3', 8080),
  service('raw', '10.96.0.11', 'name: tcp, port: 6379', '10.77.0.3', 7000),
  service('any', '10.96.0.12', 'name: own, port: 7777', '10.77.0.2', 8080),
  service('pods', 'None', 'name: http, port: 8080', '10.77.0.3', 8080),
].join('');

const REGISTRY_ONLY = `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: default }
spec:
  outboundTrafficPolicy: { mode: REGISTRY_ONLY }
  egress: [{ hosts: ["./web.default.svc.cluster.local", "./raw.default.svc.cluster.local"] }]
---
`;

describeCaptured('captured calls', (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'fs-captured-'));
  const servers: ChildProcess[] = [];
  let net: TwoNamespaces;
  let envoy: EnvoyOverAds;

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    net = new TwoNamespaces();
    net.run(net.pod, 'ip', ['route', 'add', 'default', 'via', '10.77.0.2']);
    const redirect = ['-m', 'owner', '!', '--uid-owner', String(PROXY_UID), '-j', 'REDIRECT', '--to-ports', '15001'];
    net.run(net.pod, 'iptables', ['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', ...redirect]);
    for (const [name, address] of [
      ['one', '10.77.0.2'],
      ['two', '10.77.0.3'],
    ] as const) {
      const args = ['netns', 'exec', net.world, process.execPath, '-e', NAMED_SERVER, name, address, '8080'];
      const server = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] });
      servers.push(server);
      await once(server.stdout, 'data');
    }
    await net.answer(net.world, [
      { port: 7000, word: 'raw', address: '10.77.0.3' },
      { port: 9999, word: 'unknown', address: '10.77.0.3' },
    ]);
    const prefix = ['ip', 'netns', 'exec', net.pod];
    const asProxy = ['setpriv', `--reuid=${PROXY_UID}`, `--regid=${PROXY_UID}`, '--clear-groups'];
    envoy = await EnvoyOverAds.start(ENVOY, { ads: join(folder, 'ads'), prefix: [...prefix, ...asProxy] });
  }, 120_000);

  afterAll(async () => {
    for (const server of servers) server.kill('SIGKILL');
    await envoy?.stop();
    net?.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function load(yaml: string): Promise<void> {
    const client = { namespace: 'default', labels: {}, serviceAccount: 'x', network: '', locality: '' };
    const outbound = resolveOutbound(meshOf(yaml), { ...client, address: '10.77.0.1' });
    const resources = allResources(encodeOutbound(outbound, { capture: { mode: 'REDIRECT', address: '0.0.0.0' } }));
    expect(await envoy.load(resources)).toEqual([]);
  }

  /** The body and the status of an HTTP call from the pod. */
  function get(url: string, host?: string): string {
    const script = `
      const request = require('node:http').get(process.argv[1], { headers: JSON.parse(process.argv[2]) }, (response) => {
        let text = String(response.statusCode);
        response.on('data', (chunk) => { text += ' ' + chunk; });
        response.on('end', () => console.log(text));
      });
      request.on('error', (error) => console.log(error.code));
    `;
    const headers = JSON.stringify(host === undefined ? {} : { host });
    return net.run(net.pod, process.execPath, ['-e', script, url, headers]).trim();
  }

  test('go where the address or the host says, by what is declared and by what is found out', async () => {
    await load(MESH);
    await until('the listener is open', () => get('http://10.96.0.10/') !== 'ECONNREFUSED', 60_000);
    expect(get('http://10.96.0.10/a')).toBe('200 one /a');
    expect(get('http://10.96.0.10/b', 'web')).toBe('200 one /b');
    // By name, whatever the address: the port's table decides.
    expect(get('http://10.96.0.10/c', 'other.default.svc:80')).toBe('200 two /c');
    expect(get('http://10.96.0.12:7777/d')).toBe('200 one /d');
    expect(get('http://10.77.0.3:8080/e', 'pods.default')).toBe('200 two /e');
    expect(net.ask(net.pod, '10.96.0.11', 6379)).toBe('raw');
    // Nobody knows these: they go where they were going.
    expect(net.ask(net.pod, '10.77.0.3', 9999)).toBe('unknown');
    expect(get('http://10.77.0.3:8080/f', 'nobody.example')).toBe('200 two /f');
  }, 120_000);

  test('go nowhere else where only the registry counts', async () => {
    await load(MESH + REGISTRY_ONLY);
    await until('the old listeners are gone', () => get('http://10.96.0.10/', 'other') === '502', 60_000);
    expect(get('http://10.96.0.10/a')).toBe('200 one /a');
    expect(net.ask(net.pod, '10.96.0.11', 6379)).toBe('raw');
    expect(get('http://10.96.0.10/b', 'other')).toBe('502');
    expect(net.ask(net.pod, '10.77.0.3', 9999)).toBe('');
  }, 120_000);
});
