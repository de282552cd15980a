import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair } from 'jose';
import { afterAll, beforeAll, expect } from 'vitest';
import { PassIssuer } from '../../src/edge/edge-pass.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { encodeProxy } from '../../src/xds/roles.ts';
import { freePorts } from '../agent/machine.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { call, statusOf } from './support/client.ts';
import { EchoApp } from './support/echo-app.ts';
import { meshOf, Proxies, workloadOf } from './support/proxies.ts';

const POD = '127.0.11.1';
const OUTSIDE = '127.0.11.9';

describeWithEnvoy('the roles of one mesh', (test) => {
  let proxies: Proxies;
  let app: EchoApp;
  let outside: Server;
  let mesh: Mesh;
  let pass: (dst: string) => Promise<Record<string, string>>;
  let [entrance, web, egress, outsidePort, called] = [0, 0, 0, 0, 0];

  beforeAll(async () => {
    [proxies, app] = await Promise.all([Proxies.start(), EchoApp.start()]);
    [entrance = 0, web = 0, egress = 0, called = 0] = await freePorts(4);
    outside = createServer((request, response) => response.end(`outside for ${request.headers.host}`));
    outside.listen(0, OUTSIDE);
    await once(outside, 'listening');
    outsidePort = (outside.address() as AddressInfo).port;
    mesh = meshOf(yaml());
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const key = JSON.stringify(await exportJWK(privateKey));
    const signer = new PassIssuer({ key, issuer: 'foresail-edge', audience: 'mesh', nowMs: Date.now });
    pass = async (dst) => {
      const claims = { dst, auth: 'shop.test', ip: '203.0.113.9', sub: undefined, retry: undefined, timeoutMs: 0 };
      return { 'x-foresail-pass': await signer.issue(claims, { waitUntil: () => {} }) };
    };
    const keys = [{ ...(await exportJWK(publicKey)), alg: 'ES256' }];
    const uncaptured = {
      mode: 'NONE',
      bind: (port: number) => ({ address: POD, port }),
      app: () => ({ address: '127.0.0.1', port: app.port }),
    } as const;
    const start = async (name: string, type: 'sidecar' | 'router'): Promise<void> => {
      const resources = allResources(
        encodeProxy(
          mesh,
          { type, workload: workloadOf(mesh, name) },
          {
            capture: uncaptured,
            outbound: {
              mode: 'NONE',
              bind: ({ host }) => (host === 'api.outside.test' ? { address: '127.0.0.1', port: called } : undefined),
            },
            clusterGateway: { bind: { address: '127.0.0.1', port: entrance }, audience: 'mesh', keys },
            gatewayBind: (port) => ({ address: '127.0.0.1', port }),
          },
        ),
      );
      expect(await proxies.load(name, resources)).toEqual([]);
    };
    await start('web', 'sidecar');
    await start('entrance', 'router');
    await start('egress', 'router');
  }, 60_000);

  afterAll(async () => {
    app?.stop();
    outside?.close();
    await proxies?.end();
  });

  function yaml(): string {
    const pod = (name: string, address: string, labels: string, ports = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default, labels: { ${labels} } }
spec:
  serviceAccountName: ${name}
  containers: [{ name: app, ports: [${ports}] }, { name: istio-proxy }]
status: { phase: Running, podIP: ${address} }
---`;
    return [
      pod('web', POD, 'app: web', `{ containerPort: ${web} }`),
      pod('entrance', '127.0.0.1', 'foresail.dev/cluster-gateway: "true"'),
      pod('egress', '127.0.0.1', 'istio: egressgateway', `{ containerPort: ${egress} }`),
      `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: default }
spec: { selector: { app: web }, ports: [{ name: http, port: 80, targetPort: ${web} }] }
---
apiVersion: v1
kind: Service
metadata: { name: egress, namespace: default }
spec: { selector: { istio: egressgateway }, ports: [{ name: https, port: 443, targetPort: ${egress} }] }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: only-the-entrance, namespace: default }
spec:
  selector: { matchLabels: { app: web } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/default/sa/entrance], remoteIpBlocks: [203.0.113.0/24] } }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: outside, namespace: default }
spec:
  hosts: [api.outside.test]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: STATIC
  endpoints: [{ address: ${OUTSIDE}, ports: { http: ${outsidePort} } }]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: egress, namespace: default }
spec:
  selector: { istio: egressgateway }
  servers:
    - { port: { number: 443, name: https, protocol: HTTPS }, hosts: [api.outside.test], tls: { mode: ISTIO_MUTUAL } }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: egress, namespace: default }
spec:
  host: egress.default.svc.cluster.local
  subsets:
    - name: outside
      trafficPolicy:
        portLevelSettings:
          - { port: { number: 443 }, tls: { mode: ISTIO_MUTUAL, sni: api.outside.test } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: outside-through-egress, namespace: default }
spec:
  hosts: [api.outside.test]
  gateways: [default/egress, mesh]
  http:
    - match: [{ gateways: [mesh], port: 80 }]
      route: [{ destination: { host: egress.default.svc.cluster.local, subset: outside, port: { number: 443 } } }]
    - match: [{ gateways: [default/egress], port: 443 }]
      route: [{ destination: { host: api.outside.test, port: { number: 80 } } }]
`,
    ].join('\n');
  }

  test('from the edge a request goes through the entrance to a sidecar that trusts only that', async () => {
    const answer = await call({
      port: entrance,
      path: '/cart',
      headers: { ...(await pass('outbound|80||web.default.svc.cluster.local')), 'x-forwarded-for': '203.0.113.9' },
    });
    expect(answer).toMatchObject({ status: 200 });
    const headers = answer === 'refused' ? {} : (answer.echoed?.headers ?? {});
    expect(headers).toMatchObject({ host: 'shop.test', 'x-forwarded-for': '203.0.113.9' });
    expect(headers['x-forwarded-client-cert']).toContain('URI=spiffe://cluster.local/ns/default/sa/entrance');
    const elsewhere = { ...(await pass('outbound|80||web.default.svc.cluster.local')), 'x-forwarded-for': '192.0.2.1' };
    expect(await statusOf({ port: entrance, headers: elsewhere }), 'the sidecar sees the client').toBe(403);
  });

  test('the entrance leads to no host that the mesh does not know', async () => {
    const headers = await pass('outbound|80||nobody.default.svc.cluster.local');
    expect(await statusOf({ port: entrance, headers })).toBe(503);
  });

  test('Istio’s egress sample: a workload calls the outside through the egress gateway, with mutual TLS up to it', async () => {
    const answer = await call({ port: called, headers: { host: 'api.outside.test' } });
    expect(answer).toMatchObject({ status: 200, body: 'outside for api.outside.test' });
    const stats = await proxies.stats('egress', 'ssl.handshake');
    expect(Object.values(stats).reduce((sum, value) => sum + value, 0)).toBeGreaterThan(0);
  });
});
