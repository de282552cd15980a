import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { Telemetry } from '../../src/control/telemetry/telemetry.ts';
import { TelemetryServer } from '../../src/control/telemetry/telemetry-server.ts';
import { encodeProxy } from '../../src/xds/roles.ts';
import { freePorts } from '../agent/machine.ts';
import { send } from '../edge/support/client.ts';
import { startEdge, type TestEdge } from '../edge/support/edge.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { EchoApp } from './support/echo-app.ts';
import { meshOf, Proxies, workloadOf } from './support/proxies.ts';

const POD = '127.0.11.1';

interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind: string;
  readonly tags: Readonly<Record<string, string>>;
}

describeWithEnvoy('what Envoys tell of a request', (test) => {
  const folder = mkdtempSync(join(tmpdir(), 'foresail-envoy-logs-'));
  const zipkinSpans: ZipkinSpan[] = [];
  const telemetry = new Telemetry();
  let proxies: Proxies;
  let app: EchoApp;
  let zipkin: Server;
  let receiver: TelemetryServer;
  let edge: TestEdge;
  let [http, podHttp] = [0, 0];

  beforeAll(async () => {
    [proxies, app] = await Promise.all([Proxies.start(), EchoApp.start()]);
    [http = 0, podHttp = 0] = await freePorts(2);
    zipkin = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      zipkinSpans.push(...(JSON.parse(Buffer.concat(chunks).toString()) as ZipkinSpan[]));
      response.writeHead(202).end();
    }).listen(0, '127.0.0.1');
    await once(zipkin, 'listening');
    const mesh = meshOf(yaml((zipkin.address() as AddressInfo).port));
    const sidecar = allResources(
      encodeProxy(
        mesh,
        { type: 'sidecar', workload: workloadOf(mesh, 'app') },
        {
          capture: {
            mode: 'NONE',
            bind: (port) => ({ address: POD, port }),
            app: () => ({ address: '127.0.0.1', port: app.port }),
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
    receiver = new TelemetryServer({ telemetry, host: '127.0.0.1', port: 0, pushToken: undefined });
    edge = await startEdge({
      OTLP_ENDPOINT: await receiver.start(),
      TELEMETRY_INTERVAL_MS: '100',
      TELEMETRY_RECENT: '100',
      GATEWAY_PORT: String(http),
      FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url: `http://127.0.0.1:${http}` } } }),
    });
    await edge.publish(mesh.edge, 1);
  }, 60_000);

  afterAll(async () => {
    await edge?.stop();
    await receiver?.stop();
    zipkin?.close();
    app?.stop();
    await proxies?.end();
    rmSync(folder, { recursive: true });
  });

  function yaml(zipkinPort: number): string {
    const pod = (name: string, namespace: string, labels: string, address: string, port: number): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: ${namespace}, labels: { ${labels} } }
spec:
  serviceAccountName: ${name}
  containers: [{ name: app, ports: [{ containerPort: ${port} }] }, { name: istio-proxy }]
status: { phase: Running, podIP: ${address} }
---`;
    const log = (name: string, logFormat: object): string =>
      `  - { name: ${name}, envoyFileAccessLog: { path: ${folder}/${name}.log, logFormat: ${JSON.stringify(logFormat)} } }`;
    return `${pod('app', 'default', 'app: app, version: v1', POD, podHttp)}
${pod('gateway', 'istio-system', 'istio: ingressgateway', '127.0.0.1', http)}
apiVersion: v1
kind: Service
metadata: { name: app, namespace: default }
spec: { selector: { app: app }, ports: [{ name: http, port: 80, targetPort: ${podHttp} }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: zipkin, namespace: istio-system }
spec:
  hosts: [zipkin.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: ${zipkinPort}, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1 }]
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: ${http}, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web, namespace: default }
spec:
  hosts: ["*"]
  gateways: [istio-system/gw]
  http: [{ name: web, route: [{ destination: { host: app, port: { number: 80 } } }] }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data:
  mesh: |
    extensionProviders:
  ${[
    `  - { name: zipkin, zipkin: { service: zipkin.test, port: ${zipkinPort} } }`,
    log('text', { text: '%REQ(X-REQUEST-ID)% %RESPONSE_CODE% %FORESAIL_ORIGIN%' }),
    log('json', { labels: { id: '%REQ(X-REQUEST-ID)%', code: '%RESPONSE_CODE%', from: '%DOWNSTREAM_PEER_URI_SAN%' } }),
  ].join('\n  ')}
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: mesh, namespace: istio-system }
spec:
  tracing: [{ providers: [{ name: zipkin }], randomSamplingPercentage: 100 }]
  accessLogging:
    - { match: { mode: CLIENT }, providers: [{ name: text }], filter: { expression: 'request.path.startsWith("/logged")' } }
    - { match: { mode: SERVER }, providers: [{ name: json }], filter: { expression: 'response.code < 500' } }
---
`;
  }

  const logged = (name: string): string[] => {
    try {
      return readFileSync(join(folder, `${name}.log`), 'utf8')
        .trim()
        .split('\n')
        .filter(Boolean);
    } catch {
      return [];
    }
  };

  test('one trace holds the edge, the gateway and the sidecar, each under the one that called it', async () => {
    const { status } = await send(`${edge.url}/logged`);
    expect(status).toBe(200);
    const entry = (): string | undefined => telemetry.window.entries.list()[0]?.traceId;
    await expect.poll(entry, { timeout: 20_000 }).toBeDefined();
    const traceId = entry() ?? '';
    const ofTrace = (): ZipkinSpan[] => zipkinSpans.filter((span) => span.traceId === traceId);
    await expect.poll(() => ofTrace().length, { timeout: 60_000 }).toBeGreaterThanOrEqual(2);
    const call = telemetry.traces.spans(traceId).find(({ kind }) => kind === 3);
    const atGateway = ofTrace().find(({ parentId }) => parentId === call?.spanId);
    expect(atGateway?.tags).toMatchObject({ 'istio.namespace': 'istio-system', 'http.status_code': '200' });
    const inSidecar = ofTrace().find(({ parentId }) => parentId === atGateway?.id);
    expect(inSidecar?.tags).toMatchObject({ 'istio.canonical_service': 'app', 'istio.namespace': 'default' });
  }, 120_000);

  test('their logs go by Telemetry: provider, role, format and filter', async () => {
    await send(`${edge.url}/silent`);
    await send(`${edge.url}/logged/again`);
    await expect.poll(() => logged('json').length, { timeout: 20_000 }).toBe(3);
    await expect.poll(() => logged('text').length, { timeout: 20_000 }).toBe(2);
    for (const line of logged('text')) expect(line).toMatch(/^[\da-f-]{36} 200 -$/);
    for (const line of logged('json')) {
      const entry = JSON.parse(line);
      expect(entry).toMatchObject({ code: 200, from: 'spiffe://cluster.local/ns/default/sa/gateway' });
    }
  }, 60_000);

  test('their agents count what they tell, with both ends, beside Envoy’s own figures', async () => {
    await send(`${edge.url}/counted`);
    const linesOf = async (name: string): Promise<string[]> =>
      (await proxies.metrics(name)).split('\n').filter((line) => line.startsWith('istio_requests_total{'));
    await expect.poll(async () => (await linesOf('app')).length, { timeout: 30_000 }).toBe(1);
    const [inbound = ''] = await linesOf('app');
    for (const label of [
      'reporter="destination"',
      'source_principal="spiffe://cluster.local/ns/default/sa/gateway"',
      'source_workload_namespace="default"',
      'destination_workload="app"',
      'destination_version="v1"',
      'response_code="200"',
      'connection_security_policy="mutual_tls"',
    ]) {
      expect(inbound).toContain(label);
    }
    await expect.poll(async () => (await linesOf('gateway')).length, { timeout: 30_000 }).toBe(1);
    const [outbound = ''] = await linesOf('gateway');
    for (const label of [
      'reporter="source"',
      'destination_service="app.default.svc.cluster.local"',
      'destination_workload="app"',
      'destination_canonical_service="app"',
    ]) {
      expect(outbound).toContain(label);
    }
    expect(await proxies.metrics('app')).toMatch(/^istio_request_duration_milliseconds_count\{[^}]*\} \d+$/m);
  }, 60_000);
});
