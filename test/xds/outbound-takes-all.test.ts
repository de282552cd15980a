import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import type { ProxyClient } from '../../src/mesh/outbound/model.ts';
import { resolveOutbound } from '../../src/mesh/outbound/resolve.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { encodeOutbound } from '../../src/xds/outbound/outbound.ts';
import type { XdsResource } from '../../src/xds/resource.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { Proxies } from './support/proxies.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Folders with YAML, and each golden case by itself. */
function folders(path: string): string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  const own = entries.some(({ name }) => /\.ya?ml$/.test(name)) ? [path] : [];
  return [...own, ...entries.filter((entry) => entry.isDirectory()).flatMap(({ name }) => folders(join(path, name)))];
}

function meshOf(folder: string): Mesh {
  const files = readdirSync(join(ROOT, folder)).filter((name) => /\.ya?ml$/.test(name) && name !== 'requests.yaml');
  const resources = files.flatMap((file) => {
    const text = readFileSync(join(ROOT, folder, file), 'utf8').replaceAll(/\$\{CASE_JWKS\}/g, '{"keys":[]}');
    return parseYaml(text, { file }).resources;
  });
  return compileMesh(resources).mesh;
}

function clientsOf(mesh: Mesh): ProxyClient[] {
  const namespaces = new Set(['default', ...mesh.registry.services.map(({ namespace }) => namespace)]);
  return [...namespaces].map((namespace) => ({
    namespace,
    labels: { app: 'client' },
    serviceAccount: 'client',
    network: '',
    locality: 'eu/a/1',
    address: undefined,
    dnsCapture: true,
  }));
}

/** As if each had a socket of its own, and no fixed port could be taken twice. */
function captured(mesh: Mesh, client: ProxyClient): XdsResource[] {
  return allResources(
    encodeOutbound(resolveOutbound(mesh, client), { capture: { mode: 'REDIRECT', address: '0.0.0.0' } }),
  );
}

function called(mesh: Mesh, client: ProxyClient): XdsResource[] {
  let next = 0;
  return allResources(
    encodeOutbound(resolveOutbound(mesh, { ...client, interception: 'NONE' }), {
      capture: {
        mode: 'NONE',
        bind: () => {
          next += 1;
          return { address: `127.9.${Math.floor(next / 250)}.${(next % 250) + 1}`, port: 18_080 };
        },
      },
    }),
  );
}

function entry(name: string, fields: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${name}, namespace: default }
spec: { ${fields} }
---
`;
}

function service(name: string, fields: string): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name}, namespace: default }
spec: { ${fields} }
---
`;
}

/** Ports, addresses and names that several want, and everything that is wild. */
const COLLISIONS = [
  service('a', 'clusterIP: 10.96.0.1, ports: [{ name: http, port: 80 }, { name: tcp-x, port: 9000 }]'),
  service('b', 'clusterIP: 10.96.0.1, ports: [{ name: http, port: 80 }, { name: tcp-x, port: 9000 }]'),
  service('c', 'clusterIPs: [10.96.0.3, "fd00::3"], ports: [{ name: tcp, port: 80 }, { name: any, port: 7000 }]'),
  service(
    'd',
    'clusterIP: None, ports: [{ name: tcp, port: 80 }, { name: x, port: 9000 }, { name: udp-y, port: 53, protocol: UDP }]',
  ),
  service('e', 'ports: [{ name: x, port: 9000 }]'),
  service('f', 'type: ExternalName, externalName: f.example.com, ports: [{ name: https, port: 443 }]'),
  entry(
    'wild',
    'hosts: ["*.example.com"], ports: [{ number: 443, name: tls, protocol: TLS }, { number: 80, name: http, protocol: HTTP }]',
  ),
  entry('wilder', 'hosts: ["*.com"], ports: [{ number: 443, name: tls, protocol: TLS }], resolution: NONE'),
  entry(
    'names',
    'hosts: [x.example.com, y.example.com], ports: [{ number: 443, name: https, protocol: HTTPS }], resolution: DNS',
  ),
  entry(
    'names-again',
    'hosts: [x.example.com], ports: [{ number: 443, name: https, protocol: HTTPS }], resolution: DNS',
  ),
  entry(
    'block',
    'hosts: [block.local], addresses: [192.0.2.0/24], ports: [{ number: 9000, name: tcp, protocol: TCP }]',
  ),
  entry(
    'block-2',
    'hosts: [block2.local], addresses: [192.0.2.0/24, 192.0.2.0/25], ports: [{ number: 9000, name: tcp, protocol: TCP }]',
  ),
  entry(
    'looked-up',
    'hosts: ["*.looked.up"], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DYNAMIC_DNS',
  ),
  entry(
    'one',
    'hosts: [one.at.a.time], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: DNS_ROUND_ROBIN',
  ),
  entry(
    'socket',
    'hosts: [socket.local], ports: [{ number: 80, name: http, protocol: HTTP }], resolution: STATIC, endpoints: [{ address: "unix:///var/run/x.sock" }]',
  ),
  `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: files, namespace: default }
spec:
  host: x.example.com
  trafficPolicy:
    tls: { mode: MUTUAL, clientCertificate: /none/cert.pem, privateKey: /none/key.pem, caCertificates: /none/ca.pem, sni: x.example.com }
    proxyProtocol: { version: V2 }
  subsets: [{ name: nobody, labels: { version: none } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: simple, namespace: default }
spec:
  host: "*.looked.up"
  trafficPolicy: { tls: { mode: SIMPLE } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: caller, namespace: default }
spec:
  host: a
  trafficPolicy:
    loadBalancer: { simple: PASSTHROUGH }
    portLevelSettings: [{ port: { number: 9000 }, loadBalancer: { consistentHash: { useSourceIp: true, maglev: { tableSize: 101 } } } }]
---
`,
].join('');

describeWithEnvoy('a real Envoy takes the outbound half of', (test) => {
  test('a mesh in which much collides', async () => {
    const { mesh } = compileMesh(parseYaml(COLLISIONS, { file: 'collisions.yaml' }).resources);
    expect(mesh.registry.services).toHaveLength(16);
    const proxies = await Proxies.start();
    try {
      for (const client of clientsOf(mesh)) {
        expect(await proxies.load('client', captured(mesh, client))).toEqual([]);
        expect(await proxies.load('client', called(mesh, client))).toEqual([]);
      }
    } finally {
      await proxies.end();
    }
  }, 120_000);

  for (const kind of ['test/cases', 'config/samples']) {
    test(`all of ${kind}`, async () => {
      const proxies = await Proxies.start();
      try {
        const told: string[] = [];
        for (const folder of folders(kind)) {
          const mesh = meshOf(folder);
          for (const client of clientsOf(mesh)) {
            for (const encode of [captured, called]) {
              const rejected = await proxies.load('client', encode(mesh, client));
              told.push(...rejected.map((why) => `${folder}: ${client.namespace} ${encode.name}: ${why}`));
            }
          }
        }
        expect(told).toEqual([]);
      } finally {
        await proxies.end();
      }
    }, 600_000);
  }
});
