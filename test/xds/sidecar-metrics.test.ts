import { connect } from 'node:net';
import { afterAll, beforeAll, expect } from 'vitest';
import { PEER_HEADER, peerText } from '../../src/engine/telemetry/peer-text.ts';
import { UNKNOWN_WORKLOAD } from '../../src/engine/telemetry/workload-labels.ts';
import { encodeProxy } from '../../src/xds/roles.ts';
import { freePorts } from '../agent/machine.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { type Call, call, talk } from './support/client.ts';
import { EchoApp, EchoTcp } from './support/echo-app.ts';
import { meshOf, Proxies, workloadOf } from './support/proxies.ts';

const POD = '127.0.0.1';
const CALLER = '127.0.12.2';

describeWithEnvoy('what two sidecars count of a call between them', (test) => {
  let proxies: Proxies;
  let app: EchoApp;
  let bytes: EchoTcp;
  let podHttp = 0;
  const portOf = new Map<string, number>();

  beforeAll(async () => {
    [proxies, app, bytes] = await Promise.all([Proxies.start(), EchoApp.start(), EchoTcp.start()]);
    const [http = 0, tcp = 0, ...called] = await freePorts(6);
    podHttp = http;
    const mesh = meshOf(yaml(http, tcp, app.port));
    const callee = allResources(
      encodeProxy(
        mesh,
        { type: 'sidecar', workload: workloadOf(mesh, 'app') },
        {
          capture: {
            mode: 'NONE',
            bind: (port) => ({ address: POD, port }),
            app: (port) => ({ address: '127.0.0.1', port: port === tcp ? bytes.port : app.port }),
          },
        },
      ),
    );
    const caller = allResources(
      encodeProxy(
        mesh,
        { type: 'sidecar', workload: workloadOf(mesh, 'caller') },
        {
          capture: {
            mode: 'NONE',
            bind: (port) => ({ address: CALLER, port }),
            app: () => ({ address: '127.0.0.1', port: 9 }),
          },
          outbound: {
            mode: 'NONE',
            bind: ({ host, port }) => {
              const key = `${host}:${port}`;
              const bound = portOf.get(key) ?? called.shift() ?? 0;
              portOf.set(key, bound);
              return { address: '127.0.0.1', port: bound };
            },
          },
        },
      ),
    );
    expect(await proxies.load('app', callee)).toEqual([]);
    expect(await proxies.load('caller', caller)).toEqual([]);
  }, 120_000);

  afterAll(async () => {
    app?.stop();
    bytes?.stop();
    await proxies?.end();
  }, 60_000);

  const APP = 'app.default.svc.cluster.local';

  /** Through the caller's sidecar. */
  async function ask(service: string, options: Partial<Call> = {}) {
    const [host = ''] = service.split(':');
    const answer = await call({ port: portOf.get(service) ?? 0, ...options, headers: { host, ...options.headers } });
    if (answer === 'refused') throw new Error(`${service} refuses`);
    return answer;
  }

  async function linesOf(proxy: string, metric: string): Promise<string[]> {
    return (await proxies.metrics(proxy)).split('\n').filter((line) => line.startsWith(`${metric}{`));
  }

  test('the callee knows the workload that calls, and its application hears nothing of that', async () => {
    const answer = await ask(`${APP}:80`, { headers: { [PEER_HEADER]: 'forged by the application' } });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.echoed?.headers ?? {})).not.toContain(PEER_HEADER);
    await expect.poll(() => linesOf('app', 'istio_requests_total'), { timeout: 30_000 }).toHaveLength(1);
    const [line = ''] = await linesOf('app', 'istio_requests_total');
    for (const label of [
      'reporter="destination"',
      'source_workload="caller"',
      'source_app="caller"',
      'source_version="v7"',
      'source_canonical_service="caller"',
      'source_principal="spiffe://cluster.local/ns/default/sa/caller"',
      'connection_security_policy="mutual_tls"',
    ]) {
      expect(line).toContain(label);
    }
  }, 120_000);

  test('nobody outside of the mesh hears who calls', async () => {
    const { echoed } = await ask('outside.test:80');
    expect(echoed?.headers.host).toBe('outside.test');
    expect(Object.keys(echoed?.headers ?? {})).not.toContain(PEER_HEADER);
  }, 60_000);

  test('a caller that says it is somebody else than its certificate says is not believed', async () => {
    const claimed = { ...UNKNOWN_WORKLOAD, workload: 'king', namespace: 'default' };
    const principal = 'spiffe://cluster.local/ns/default/sa/king';
    const tls = await proxies.credentials({ namespace: 'default', serviceAccount: 'liar' });
    const headers = { host: APP, [PEER_HEADER]: peerText({ ...claimed, principal }) };
    const plain = { port: podHttp, headers };
    expect(await call({ ...plain, tls })).toMatchObject({ status: 200 });
    expect(await call(plain)).toMatchObject({ status: 200 });
    const strangers = async (): Promise<string[]> =>
      (await linesOf('app', 'istio_requests_total')).filter((line) => line.includes('source_workload="unknown"'));
    await expect.poll(strangers, { timeout: 30_000 }).toHaveLength(2);
    expect((await linesOf('app', 'istio_requests_total')).join('\n')).not.toContain('king');
  }, 60_000);

  test('Telemetry takes labels off, adds them, and switches metrics off', async () => {
    await ask(`${APP}:80`, {
      path: '/tagged?token=s3cr3t',
      headers: { 'x-tenant': 'blue', authorization: 'Bearer s3cr3t' },
    });
    const blue = async (): Promise<string[]> =>
      (await linesOf('caller', 'istio_requests_total')).filter((line) => line.includes('tenant="blue"'));
    await expect.poll(blue, { timeout: 30_000 }).toHaveLength(1);
    const [line = ''] = await blue();
    expect(line).toContain('way="GET /tagged"');
    expect(line).toContain('auth="(hidden)"');
    expect(line).not.toContain('response_flags');
    const [duration = ''] = await linesOf('caller', 'istio_request_duration_milliseconds_count');
    expect(duration).toContain('response_flags="-"');
    expect(duration).not.toContain('tenant');
    expect(await linesOf('caller', 'istio_response_bytes_count')).toEqual([]);
    expect((await proxies.metrics('caller')).includes('s3cr3t')).toBe(false);
  }, 60_000);

  test('a connection counts as opened while it is open, and as closed with its bytes', async () => {
    const socket = { port: portOf.get(`${APP}:9000`) ?? 0 };
    expect(await talk(socket, 'hello')).toBe('hello');
    const total = async (proxy: string, metric: string): Promise<number> =>
      (await linesOf(proxy, metric)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    for (const proxy of ['caller', 'app']) {
      await expect.poll(() => total(proxy, 'istio_tcp_connections_closed_total'), { timeout: 30_000 }).toBe(1);
      expect(await total(proxy, 'istio_tcp_connections_opened_total')).toBe(1);
      expect(await total(proxy, 'istio_tcp_received_bytes_total')).toBe(5);
    }
    const open = connect(socket.port, '127.0.0.1');
    open.write('and stays');
    await expect.poll(() => total('caller', 'istio_tcp_connections_opened_total'), { timeout: 30_000 }).toBe(2);
    expect(await total('caller', 'istio_tcp_connections_closed_total')).toBe(1);
    open.destroy();
    await expect.poll(() => total('caller', 'istio_tcp_connections_closed_total'), { timeout: 30_000 }).toBe(2);
    expect(await total('caller', 'istio_tcp_connections_opened_total')).toBe(2);
  }, 120_000);
});

function yaml(http: number, tcp: number, outside: number): string {
  const pod = (name: string, labels: string, address: string): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default, labels: { ${labels} } }
spec:
  serviceAccountName: ${name}
  containers: [{ name: app, ports: [{ containerPort: ${http} }, { containerPort: ${tcp} }] }, { name: istio-proxy }]
status: { phase: Running, podIP: ${address} }
---`;
  return `${pod('app', 'app: app, version: v1', POD)}
${pod('caller', 'app: caller, version: v7', CALLER)}
apiVersion: v1
kind: Service
metadata: { name: app, namespace: default }
spec:
  selector: { app: app }
  ports: [{ name: http, port: 80, targetPort: ${http} }, { name: tcp, port: 9000, targetPort: ${tcp} }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: outside, namespace: default }
spec:
  hosts: [outside.test]
  location: MESH_EXTERNAL
  resolution: STATIC
  ports: [{ number: 80, name: http, protocol: HTTP }]
  endpoints: [{ address: 127.0.0.1, ports: { http: ${outside} } }]
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: mesh, namespace: istio-system }
spec:
  metrics:
    - providers: [{ name: prometheus }]
      overrides:
        - match: { metric: REQUEST_COUNT, mode: CLIENT }
          tagOverrides:
            response_flags: { operation: REMOVE }
            tenant: { value: "request.headers['x-tenant']" }
            auth: { value: "request.headers['authorization']" }
            way: { value: "request.method + ' ' + request.url_path" }
        - { match: { metric: RESPONSE_SIZE, mode: CLIENT }, disabled: true }
---
`;
}
