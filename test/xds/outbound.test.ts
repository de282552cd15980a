import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect } from 'vitest';
import type { ProxyClient } from '../../src/mesh/outbound/model.ts';
import { resolveOutbound } from '../../src/mesh/outbound/resolve.ts';
import { encodeOutbound } from '../../src/xds/outbound/outbound.ts';
import { encodeProxy } from '../../src/xds/roles.ts';
import { freePorts, until } from '../agent/machine.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { allResources } from './support/all-resources.ts';
import { call, talk } from './support/client.ts';
import { EchoApp, EchoTcp } from './support/echo-app.ts';
import { NamedApp } from './support/named-app.ts';
import { meshOf, Proxies, workloadOf } from './support/proxies.ts';
import { GrpcApp } from './support/stream-apps.ts';
import { askByName, TlsApp, TlsEcho } from './support/tls-app.ts';

const CLIENT: ProxyClient = {
  namespace: 'default',
  labels: { app: 'client' },
  serviceAccount: 'client',
  network: '',
  locality: 'eu/a/1',
  address: undefined,
  interception: 'NONE',
};

interface Endpoint {
  readonly port: number;
  readonly version?: string;
  readonly locality?: string;
}

/** A service outside of the mesh, so that it is spoken to in plaintext. */
function entry(host: string, endpoints: readonly Endpoint[], protocol = 'HTTP', more = ''): string {
  const list = endpoints.map(
    ({ port, version = 'v1', locality = '' }) =>
      `    - { address: 127.0.0.1, ports: { own: ${port} }, labels: { version: ${version} }, locality: "${locality}" }`,
  );
  return `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.replaceAll('.', '-')}, namespace: default }
spec:
  hosts: [${host}]
  ports: [{ number: 80, name: own, protocol: ${protocol} }]
  resolution: STATIC
${more}  endpoints:
${list.join('\n')}
---
`;
}

function rule(host: string, policy: string, subsets = ''): string {
  return `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${host.replaceAll('.', '-')}, namespace: default }
spec:
  host: ${host}
  trafficPolicy: ${policy}
${subsets}
---
`;
}

const VERSIONS = `  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }`;

function routes(host: string, spec: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${host.replaceAll('.', '-')}, namespace: default }
spec:
  hosts: [${host}]
${spec}
---
`;
}

describeWithEnvoy("a real sidecar's calls", (test) => {
  let proxies: Proxies;
  let one: NamedApp;
  let two: NamedApp;
  let bytes: EchoTcp;
  let grpc: GrpcApp;
  let portOf = new Map<string, number>();

  beforeAll(async () => {
    [proxies, one, two, bytes, grpc] = await Promise.all([
      Proxies.start(),
      NamedApp.start('one'),
      NamedApp.start('two'),
      EchoTcp.start(),
      GrpcApp.start(),
    ]);
  }, 60_000);

  afterAll(async () => {
    for (const app of [one, two, bytes, grpc]) app?.stop();
    await proxies?.end();
  }, 60_000);

  beforeEach(() => {
    one.reset();
    two.reset();
  });

  /** Gives the client's Envoy this mesh; each port of each service gets a port of loopback. */
  async function load(yaml: string, client: Partial<ProxyClient> = {}): Promise<void> {
    const outbound = resolveOutbound(meshOf(yaml), { ...CLIENT, ...client });
    const free = await freePorts(outbound.servicePorts.length);
    portOf = new Map(outbound.servicePorts.map(({ host, port }, index) => [`${host}:${port}`, free[index] ?? 0]));
    const resources = allResources(
      encodeOutbound(outbound, {
        capture: {
          mode: 'NONE',
          bind: ({ host, port }) => ({ address: '127.0.0.1', port: portOf.get(`${host}:${port}`) ?? 0 }),
        },
      }),
    );
    expect(await proxies.load('client', resources)).toEqual([]);
  }

  function at(service: string): number {
    const port = portOf.get(service);
    if (port === undefined) throw new Error(`nothing is bound for ${service}`);
    return port;
  }

  /** `200 one`: the status and who has answered. */
  async function ask(service: string, headers: Record<string, string> = {}, path = '/'): Promise<string> {
    const answer = await call({ port: at(service), path, headers: { host: service, ...headers } });
    return answer === 'refused' ? answer : `${answer.status} ${answer.body}`.trim();
  }

  async function askOften(count: number, headers: (index: number) => Record<string, string>): Promise<string[]> {
    const answers: string[] = [];
    for (let i = 0; i < count; i++) answers.push(await ask('web.test:80', headers(i)));
    return answers;
  }

  function both(): Endpoint[] {
    return [
      { port: one.port, version: 'v1' },
      { port: two.port, version: 'v2' },
    ];
  }

  test('go to a subset by header, by weight else, and nowhere for what no route takes', async () => {
    await load(
      entry('web.test', both()) +
        rule('web.test', '{ loadBalancer: { simple: RANDOM } }', VERSIONS) +
        routes(
          'web.test',
          `  http:
    - match: [{ headers: { x-who: { exact: jason } } }]
      route: [{ destination: { host: web.test, subset: v2 } }]
    - match: [{ uri: { prefix: /shared } }]
      route:
        - { destination: { host: web.test, subset: v1 }, weight: 80 }
        - { destination: { host: web.test, subset: v2 }, weight: 20 }
    - match: [{ uri: { prefix: /nobody } }]
      route: [{ destination: { host: web.test, subset: v3 } }]
`,
        ),
    );
    expect(await ask('web.test:80', { 'x-who': 'jason' })).toBe('200 two');
    expect(await ask('web.test:80', {}, '/other')).toBe('404');
    expect(await ask('web.test:80', {}, '/nobody')).toBe('503');
    const shares = await Promise.all(Array.from({ length: 300 }, () => ask('web.test:80', {}, '/shared')));
    const share = shares.filter((answer) => answer === '200 two').length / shares.length;
    expect(share).toBeGreaterThan(0.08);
    expect(share).toBeLessThan(0.35);
  }, 120_000);

  test('of one key stay with one endpoint, as the destination rule hashes', async () => {
    await load(
      entry('web.test', both()) + rule('web.test', '{ loadBalancer: { consistentHash: { httpHeaderName: x-user } } }'),
    );
    const byUser = new Map<string, Set<string>>();
    const answers = await askOften(80, (i) => ({ 'x-user': `user-${i % 20}` }));
    for (const [i, answer] of answers.entries()) {
      const user = `user-${i % 20}`;
      byUser.set(user, (byUser.get(user) ?? new Set()).add(answer));
    }
    expect([...byUser.values()].every((seen) => seen.size === 1)).toBe(true);
    expect(new Set(answers)).toEqual(new Set(['200 one', '200 two']));
  }, 120_000);

  test('get a cookie that keeps them where they were', async () => {
    await load(
      entry('web.test', both()) +
        rule('web.test', '{ loadBalancer: { consistentHash: { httpCookie: { name: stay, ttl: 60s } } } }'),
    );
    const first = await call({ port: at('web.test:80') });
    if (first === 'refused') throw new Error('the call was refused');
    const [cookie = ''] = first.headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^stay=/);
    const answers = await askOften(20, () => ({ cookie: cookie.split(';')[0] ?? '' }));
    expect(new Set(answers)).toEqual(new Set([`200 ${first.body}`]));
  }, 120_000);

  test('leave out an endpoint that fails, once it has failed often enough', async () => {
    await load(
      entry('web.test', both()) +
        rule(
          'web.test',
          `
    loadBalancer: { simple: ROUND_ROBIN }
    outlierDetection: { consecutive5xxErrors: 2, interval: 100ms, baseEjectionTime: 600s, maxEjectionPercent: 100 }`,
        ),
    );
    two.status = 500;
    await until(
      'the failing endpoint is ejected',
      async () => {
        const answers = await askOften(8, () => ({}));
        return answers.every((answer) => answer === '200 one');
      },
      60_000,
    );
  }, 120_000);

  test('overflow where the connection pool is full', async () => {
    await load(
      entry('web.test', [{ port: one.port }]) +
        rule(
          'web.test',
          '{ connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1, maxRequestsPerConnection: 1 } } }',
        ),
    );
    one.holds = true;
    const calls = Array.from({ length: 8 }, () => ask('web.test:80'));
    await until('one request has arrived', () => one.held > 0, 60_000);
    await until(
      'the pool has overflowed',
      async () => {
        const stats = await proxies.stats('client', 'upstream_rq_pending_overflow');
        return Object.values(stats).some((count) => count > 0);
      },
      60_000,
    );
    one.release();
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer.startsWith('503')).length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer === '200 one').length).toBeGreaterThan(0);
  }, 120_000);

  test('stay in their own locality, and go elsewhere only while that fails', async () => {
    const localities = [
      { port: one.port, locality: 'eu/a/1' },
      { port: two.port, locality: 'us/b/1' },
    ];
    const policy = `
    outlierDetection: { consecutive5xxErrors: 1, interval: 100ms, baseEjectionTime: 600s, maxEjectionPercent: 100 }`;
    await load(entry('web.test', localities) + rule('web.test', policy));
    expect(new Set(await askOften(20, () => ({})))).toEqual(new Set(['200 one']));
    one.status = 500;
    await until('calls go to the other region', async () => (await ask('web.test:80')) === '200 two', 60_000);
  }, 120_000);

  test('are shared between localities as the rule distributes them', async () => {
    const localities = [
      { port: one.port, locality: 'eu/a/1' },
      { port: two.port, locality: 'us/b/1' },
    ];
    const policy = `
    loadBalancer: { localityLbSetting: { distribute: [{ from: eu/*, to: { "eu/*": 20, "us/*": 80 } }] } }`;
    await load(entry('web.test', localities) + rule('web.test', policy));
    const answers = await Promise.all(Array.from({ length: 300 }, () => ask('web.test:80')));
    const share = answers.filter((answer) => answer === '200 two').length / answers.length;
    expect(share).toBeGreaterThan(0.65);
    expect(share).toBeLessThan(0.92);
  }, 120_000);

  test('are tried again where the route says so, and mirrored', async () => {
    await load(
      entry('web.test', [{ port: one.port }]) +
        entry('copy.test', [{ port: two.port }]) +
        routes(
          'web.test',
          `  http:
    - route: [{ destination: { host: web.test } }]
      retries: { attempts: 2, retryOn: 5xx, backoff: 1ms }
      mirror: { host: copy.test }
`,
        ),
    );
    one.status = 500;
    expect(await ask('web.test:80')).toBe('500 one');
    expect(one.requests).toHaveLength(3);
    expect(one.requests.map(({ headers }) => headers['x-envoy-attempt-count'])).toEqual(['1', '2', '3']);
    await until('the copy has arrived', () => two.requests.length > 0, 60_000);
  }, 120_000);

  test('have faults and timeouts of their own', async () => {
    await load(
      entry('web.test', [{ port: one.port }]) +
        routes(
          'web.test',
          `  http:
    - match: [{ uri: { prefix: /fault } }]
      fault: { abort: { httpStatus: 418, percentage: { value: 100 } } }
      route: [{ destination: { host: web.test } }]
    - route: [{ destination: { host: web.test } }]
      timeout: 300ms
`,
        ),
    );
    expect(await ask('web.test:80', {}, '/fault')).toBe('418 fault filter abort');
    one.holds = true;
    expect(await ask('web.test:80')).toBe('504 upstream request timeout');
  }, 120_000);

  test('of TCP and of undeclared ports carry bytes; of an undeclared one HTTP goes by the routes', async () => {
    await load(
      entry('raw.test', [{ port: bytes.port }], 'TCP') +
        entry('other.test', [{ port: bytes.port }], 'TCP') +
        `
apiVersion: v1
kind: Service
metadata: { name: any, namespace: default }
spec: { ports: [{ name: own, port: 7000 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: any-1, namespace: default, labels: { kubernetes.io/service-name: any } }
addressType: IPv4
ports: [{ name: own, port: ${one.port} }]
endpoints: [{ addresses: [127.0.0.1] }]
---
` +
        routes('raw.test', '  tcp: [{ route: [{ destination: { host: other.test } }] }]') +
        routes(
          'any.default.svc.cluster.local',
          `  http:
    - match: [{ uri: { prefix: /answered } }]
      directResponse: { status: 203 }
    - route: [{ destination: { host: any } }]
`,
        ),
    );
    expect(await talk({ port: at('raw.test:80') }, 'some bytes')).toBe('some bytes');
    expect(await ask('any.default.svc.cluster.local:7000')).toBe('200 one');
    expect(await ask('any.default.svc.cluster.local:7000', {}, '/answered')).toBe('203');
    const stats = await proxies.stats('client', 'other.test.upstream_cx_total');
    expect(Object.values(stats)).toContain(1);
  }, 120_000);

  test('by TLS go where the server name says, unopened', async () => {
    const [first, second] = await Promise.all([TlsApp.start(proxies, 'one'), TlsApp.start(proxies, 'two')]);
    try {
      await load(
        entry('secure.test', [{ port: first.port }], 'TLS') +
          entry('other.test', [{ port: second.port }], 'TLS') +
          routes(
            '"*.test"',
            `  tls:
    - match: [{ sniHosts: [secure.test] }]
      route: [{ destination: { host: secure.test } }]
    - match: [{ sniHosts: [elsewhere.test] }]
      route: [{ destination: { host: other.test } }]
`,
          ).replace('name: "*-test"', 'name: wildcard'),
      );
      expect(await askByName(at('secure.test:80'), 'secure.test')).toBe('one');
      expect(await askByName(at('secure.test:80'), 'elsewhere.test')).toBe('two');
      expect(await askByName(at('secure.test:80'), 'nobody.test')).toBe('refused');
    } finally {
      first.stop();
      second.stop();
    }
  }, 120_000);

  test('open TLS to a server outside with the certificates that files hold, and mind only themselves where there are none', async () => {
    const app = await TlsEcho.start(proxies);
    const roots = join(proxies.machine.folder, 'roots.pem');
    const tls = (path: string): string =>
      `{ tls: { mode: SIMPLE, sni: secure.test, caCertificates: ${path}, subjectAltNames: [secure.test] } }`;
    try {
      await load(
        entry('secure.test', [{ port: app.port }]) +
          rule('secure.test', tls(roots)) +
          entry('lost.test', [{ port: app.port }]) +
          rule('lost.test', tls('/none/roots.pem')) +
          entry('web.test', [{ port: one.port }]),
      );
      expect(await ask('web.test:80')).toBe('200 one');
      await until('the certificates are there', async () => (await ask('secure.test:80')) === '200 inside', 60_000);
      expect(await ask('lost.test:80')).toMatch(/^503/);
    } finally {
      app.stop();
    }
  }, 120_000);

  test('find names: all addresses of DNS, and one at a time', async () => {
    const dns = (host: string, resolution: string): string => `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: ${host.replace('.', '-')}, namespace: default }
spec:
  hosts: [${host}]
  ports: [{ number: 80, name: own, protocol: HTTP }]
  resolution: ${resolution}
  endpoints: [{ address: localhost, ports: { own: ${one.port} } }]
---
`;
    await load(dns('all.test', 'DNS') + dns('one.test', 'DNS_ROUND_ROBIN'));
    await until('the names have been looked up', async () => (await ask('all.test:80')) === '200 one', 60_000);
    expect(await ask('one.test:80')).toBe('200 one');
  }, 120_000);

  test('know nothing of what a Sidecar does not list, and 502 is for who is unknown', async () => {
    const [port = 0] = await freePorts(1);
    const other = entry('hidden.test', [{ port: two.port }]).replaceAll('namespace: default', 'namespace: apart');
    const listed = entry('web.test', [{ port: one.port }]).replace('number: 80', `number: ${port}`);
    const sidecar = (mode: string): string => `
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: default, namespace: default }
spec:
  outboundTrafficPolicy: { mode: ${mode} }
  egress:
    - port: { number: ${port}, protocol: HTTP, name: http }
      bind: 127.0.0.1
      hosts: ["./*"]
---
`;
    await load(listed + other.replace('number: 80', `number: ${port}`) + sidecar('REGISTRY_ONLY'));
    portOf = new Map([
      ['web.test:80', port],
      ['hidden.test:80', port],
    ]);
    expect(await ask('web.test:80', { host: 'web.test' })).toBe('200 one');
    expect(await ask('web.test:80', { host: `web.test:${port}` })).toBe('200 one');
    expect(await ask('hidden.test:80', { host: 'hidden.test' })).toBe('502');
  }, 120_000);

  test('speak gRPC over HTTP/2', async () => {
    await load(entry('grpc.test', [{ port: grpc.port }], 'GRPC'));
    const { connect } = await import('node:http2');
    const session = connect(`http://127.0.0.1:${at('grpc.test:80')}`);
    try {
      const stream = session.request({ ':method': 'POST', ':path': '/a.B/C', 'content-type': 'application/grpc' });
      stream.setEncoding('utf8');
      const trailers = new Promise<string>((resolve) =>
        stream.on('trailers', (all) => resolve(String(all['grpc-status']))),
      );
      let body = '';
      stream.on('data', (chunk: string) => {
        body += chunk;
      });
      stream.end('hi');
      expect(await trailers).toBe('0');
      expect(body).toBe('/a.B/C hi');
    } finally {
      session.close();
    }
  }, 120_000);

  test('are mutual TLS to a sidecar, and plaintext to whoever has none', async () => {
    const app = await EchoApp.start();
    try {
      const [inbound = 0] = await freePorts(1);
      const mesh = (mode: string): string => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: server, namespace: default }
spec:
  template:
    metadata: { labels: { app: server } }
    spec:
      serviceAccountName: server
      containers: [{ name: app, ports: [{ containerPort: ${inbound} }] }]
---
apiVersion: v1
kind: Service
metadata: { name: server, namespace: default }
spec:
  selector: { app: server }
  ports: [{ name: http, port: 80, targetPort: ${inbound} }, { name: any, port: 81, targetPort: ${inbound} }]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: server-1, namespace: default, labels: { kubernetes.io/service-name: server } }
addressType: IPv4
ports: [{ name: http, port: ${inbound} }, { name: any, port: ${inbound} }]
endpoints: [{ addresses: [127.0.0.1], targetRef: { kind: Pod, name: server } }]
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: default }
spec: { mtls: { mode: ${mode} } }
---
`;
      const start = async (mode: string): Promise<void> => {
        const built = meshOf(mesh(mode));
        const server = allResources(
          encodeProxy(
            built,
            { type: 'sidecar', workload: workloadOf(built, 'server') },
            {
              capture: {
                mode: 'NONE',
                bind: (port) => ({ address: '127.0.0.1', port }),
                app: () => ({ address: '127.0.0.1', port: app.port }),
              },
            },
          ),
        );
        expect(await proxies.load('server', server)).toEqual([]);
        await load(mesh(mode));
      };
      for (const [mode, expected] of [
        ['STRICT', 'URI=spiffe://cluster.local/ns/default/sa/client'],
        ['PERMISSIVE', 'URI=spiffe://cluster.local/ns/default/sa/client'],
        ['DISABLE', undefined],
      ] as const) {
        await start(mode);
        for (const port of [80, 81]) {
          const name = `server.default.svc.cluster.local:${port}`;
          await until('the server is there', async () => (await ask(name)).startsWith('200'), 60_000);
          const answer = await call({ port: at(name), path: '/x' });
          if (answer === 'refused') throw new Error('the call was refused');
          const peer = String(answer.echoed?.headers['x-forwarded-client-cert'] ?? '');
          if (expected === undefined) expect(peer, `${mode} ${port}`).toBe('');
          else expect(peer, `${mode} ${port}`).toContain(expected);
        }
      }
    } finally {
      app.stop();
    }
  }, 240_000);
});
