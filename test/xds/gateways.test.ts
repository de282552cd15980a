import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { encodeProxy } from '../../src/xds/roles.ts';
import { freePorts } from '../agent/machine.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import type { Credentials } from '../support/workload-credentials.ts';
import { allResources } from './support/all-resources.ts';
import { call, statusOf, talk } from './support/client.ts';
import { EchoApp, EchoTcp } from './support/echo-app.ts';
import { meshOf, Proxies, workloadOf } from './support/proxies.ts';

/** The pod's address: its sidecar listens there, the applications elsewhere. */
const POD = '127.0.10.1';
const WORDS = 'some bytes that come back';

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function pod(name: string, namespace: string, account: string, address: string, labels: string, ports: string): string {
  return `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} } }
spec:
  serviceAccountName: ${account}
  containers: [{ name: app, ports: [${ports}] }, { name: istio-proxy }]
status: { phase: Running, podIP: ${address} }
---`;
}

describeWithEnvoy('gateways as real Envoys', (test) => {
  let proxies: Proxies;
  let app: EchoApp;
  let raw: EchoTcp;
  let inner: TlsServer;
  let gateway: Credentials;
  let client: Credentials;
  let [http, https, tcp, tls, pass] = [0, 0, 0, 0, 0];
  let [podHttp, podTcp, podTls] = [0, 0, 0];

  beforeAll(async () => {
    [proxies, app, raw] = await Promise.all([Proxies.start(), EchoApp.start(), EchoTcp.start()]);
    [gateway, client] = await Promise.all([
      proxies.serverCredentials('web.test'),
      proxies.credentials({ namespace: 'outside', serviceAccount: 'client' }),
    ]);
    const { key, cert } = await proxies.serverCredentials('pass.test');
    inner = createTlsServer({ key, cert }, (socket) => socket.on('error', () => {}).pipe(socket));
    inner.listen(0, '127.0.0.1');
    await once(inner, 'listening');
    [http = 0, https = 0, tcp = 0, tls = 0, pass = 0, podHttp = 0, podTcp = 0, podTls = 0] = await freePorts(8);
    const mesh = meshOf(yaml());
    const apps = new Map([
      [podHttp, app.port],
      [podTcp, raw.port],
      [podTls, (inner.address() as AddressInfo).port],
    ]);
    const sidecar = allResources(
      encodeProxy(
        mesh,
        { type: 'sidecar', workload: workloadOf(mesh, 'app') },
        {
          capture: {
            mode: 'NONE',
            bind: (port) => ({ address: POD, port }),
            app: (port) => ({ address: '127.0.0.1', port: apps.get(port) ?? 0 }),
          },
        },
      ),
    );
    const router = allResources(
      encodeProxy(
        mesh,
        { type: 'router', workload: workloadOf(mesh, 'gateway', 'istio-system') },
        { capture: { mode: 'REDIRECT', address: '0.0.0.0' }, gatewayBind: (port) => ({ address: '127.0.0.1', port }) },
      ),
    );
    expect(await proxies.load('app', sidecar)).toEqual([]);
    expect(await proxies.load('gateway', router)).toEqual([]);
  }, 60_000);

  afterAll(async () => {
    app?.stop();
    raw?.stop();
    inner?.close();
    await proxies?.end();
  });

  function yaml(): string {
    const secret = (name: string, data: Readonly<Record<string, string>>): string => `
apiVersion: v1
kind: Secret
metadata: { name: ${name}, namespace: istio-system }
data: { ${Object.entries(data)
      .map(([key, value]) => `${key}: ${base64(value)}`)
      .join(', ')} }
---`;
    const servers = `
    - { port: { number: ${http}, name: http, protocol: HTTP }, hosts: [redirect.test], tls: { httpsRedirect: true } }
    - { port: { number: ${http}, name: plain, protocol: HTTP }, hosts: [plain.test] }
    - { port: { number: ${https}, name: https, protocol: HTTPS }, hosts: [web.test, redirect.test], tls: { mode: SIMPLE, credentialName: web } }
    - { port: { number: ${https}, name: mutual, protocol: HTTPS }, hosts: [mutual.test], tls: { mode: MUTUAL, credentialName: both } }
    - { port: { number: ${https}, name: modern, protocol: HTTPS }, hosts: [modern.test], tls: { mode: SIMPLE, credentialName: web, minProtocolVersion: TLSV1_3 } }
    - { port: { number: ${https}, name: missing, protocol: HTTPS }, hosts: [missing.test], tls: { mode: SIMPLE, credentialName: nobody } }
    - { port: { number: ${https}, name: pass, protocol: TLS }, hosts: [pass.test], tls: { mode: PASSTHROUGH } }
    - { port: { number: ${tcp}, name: tcp, protocol: TCP }, hosts: ["*"] }
    - { port: { number: ${tls}, name: tls, protocol: TLS }, hosts: [ended.test], tls: { mode: SIMPLE, credentialName: web } }
    - { port: { number: ${pass}, name: east-west, protocol: TLS }, hosts: ["*.default.svc.cluster.local"], tls: { mode: AUTO_PASSTHROUGH } }`;
    const destination = (port: number): string => `destination: { host: app, port: { number: ${port} } }`;
    return [
      pod(
        'app-0',
        'default',
        'app',
        POD,
        'app: app',
        [podHttp, podTcp, podTls].map((port) => `{ containerPort: ${port} }`).join(),
      ).replace('name: app-0', 'name: app'),
      pod('gateway', 'istio-system', 'gateway', '127.0.0.1', 'istio: ingressgateway', ''),
      `
apiVersion: v1
kind: Service
metadata: { name: app, namespace: default }
spec:
  selector: { app: app }
  ports:
    - { name: http, port: 80, targetPort: ${podHttp} }
    - { name: tcp, port: 9000, targetPort: ${podTcp} }
    - { name: tls, port: 443, targetPort: ${podTls} }
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers:${servers}
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: default }
spec:
  hosts: [web.test, plain.test, mutual.test, modern.test, missing.test, redirect.test]
  gateways: [istio-system/gw]
  http: [{ route: [{ ${destination(80)} }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: tcp, namespace: default }
spec:
  hosts: ["*"]
  gateways: [istio-system/gw]
  tcp:
    - { match: [{ port: ${tcp} }], route: [{ ${destination(9000)} }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ended, namespace: default }
spec:
  hosts: [ended.test]
  gateways: [istio-system/gw]
  tcp:
    - { match: [{ port: ${tls} }], route: [{ ${destination(9000)} }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: pass, namespace: default }
spec:
  hosts: [pass.test]
  gateways: [istio-system/gw]
  tls:
    - { match: [{ port: ${https}, sniHosts: [pass.test] }], route: [{ ${destination(443)} }] }
---`,
      secret('web', { 'tls.crt': gateway.cert, 'tls.key': gateway.key }),
      secret('both', { 'tls.crt': gateway.cert, 'tls.key': gateway.key, 'ca.crt': gateway.ca }),
    ].join('\n');
  }

  describe('HTTP', () => {
    test('goes on to the sidecar with mutual TLS, which STRICT asks for', async () => {
      const answer = await call({ port: http, headers: { host: 'plain.test' } });
      expect(answer).toMatchObject({ status: 200 });
      const xfcc = answer === 'refused' ? '' : answer.echoed?.headers['x-forwarded-client-cert'];
      expect(xfcc).toContain('URI=spiffe://cluster.local/ns/default/sa/gateway');
    });

    test('is redirected where the server says so', async () => {
      const answer = await call({ port: http, path: '/x', headers: { host: 'redirect.test' } });
      expect(answer).toMatchObject({ status: 301, headers: { location: 'https://redirect.test/x' } });
    });
  });

  describe('TLS that ends at the gateway', () => {
    const anonymous = (): { ca: string } => ({ ca: gateway.ca });

    test('takes its certificate from a Secret', async () => {
      const own = { tls: anonymous(), servername: 'web.test', alpn: ['http/1.1'], headers: { host: 'web.test' } };
      expect(await statusOf({ port: https, ...own })).toBe(200);
    });

    test('asks for a client certificate in mode MUTUAL', async () => {
      const own = { servername: 'mutual.test', alpn: ['http/1.1'], headers: { host: 'mutual.test' } };
      expect(await statusOf({ port: https, tls: anonymous(), ...own })).toBe('refused');
      expect(await statusOf({ port: https, tls: client, ...own })).toBe(200);
    });

    test('keeps to the versions that the server allows', async () => {
      const own = { servername: 'modern.test', alpn: ['http/1.1'], headers: { host: 'modern.test' } };
      expect(await statusOf({ port: https, tls: anonymous(), ...own }), 'TLS 1.2').toBe('refused');
      expect(await statusOf({ port: https, tls: { ...anonymous(), maxVersion: 'TLSv1.3' }, ...own })).toBe(200);
    });

    test('harms nobody else where its Secret is missing', async () => {
      const own = { servername: 'missing.test', alpn: ['http/1.1'], headers: { host: 'missing.test' } };
      expect(await statusOf({ port: https, tls: anonymous(), ...own })).toBe('refused');
    });

    test('may hold TCP inside', async () => {
      expect(await talk({ port: tls, tls: anonymous(), servername: 'ended.test', alpn: [] }, WORDS)).toBe(WORDS);
      expect(await talk({ port: tls, tls: anonymous(), servername: 'other.test', alpn: [] }, WORDS)).toBe('refused');
    });
  });

  test('TCP passes by its port', async () => {
    expect(await talk({ port: tcp }, WORDS)).toBe(WORDS);
  });

  test('TLS passes closed by its server name, beside servers that end it', async () => {
    const own = { tls: { ca: gateway.ca }, servername: 'pass.test', alpn: [] };
    expect(await talk({ port: https, ...own }, WORDS)).toBe(WORDS);
  });

  test('between clusters mesh TLS passes by the name of the cluster, to the sidecar itself', async () => {
    const inside = await proxies.credentials({ namespace: 'remote', serviceAccount: 'caller' });
    const own = { tls: inside, headers: { host: 'app.default' } };
    const known = 'outbound_.80_._.app.default.svc.cluster.local';
    const answer = await call({ port: pass, servername: known, ...own });
    const xfcc = answer === 'refused' ? '' : String(answer.echoed?.headers['x-forwarded-client-cert']);
    expect(xfcc).toContain('URI=spiffe://cluster.local/ns/remote/sa/caller');
    expect(await statusOf({ port: pass, servername: 'outbound_.80_._.other.evil', ...own })).toBe('refused');
  });
});
