import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../edge/support/client.ts';
import { describeWithEnvoy } from '../support/needs.ts';
import { routes, SHOP, TO_V1, TO_V2 } from './support/mesh.ts';
import { UpProcess } from './support/up-process.ts';

const HOST = { host: 'shop.localhost' };

/** `/store` calls another service by the environment, all else tells who called. */
const APP = `
import { createServer } from 'node:http';
createServer(async (request, response) => {
  const peer = String(request.headers['x-forwarded-client-cert']);
  if (request.url !== '/store') return response.end(JSON.stringify({ peer, name: process.env.NAME }));
  const answer = await fetch(process.env.FORESAIL_SERVICE_STORE_URL + '/inside');
  response.end(JSON.stringify({ peer, status: answer.status, store: await answer.text() }));
}).listen(Number(process.env.PORT), process.env.HOST);
`;

function program(name: string): string {
  return `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} }, annotations: { foresail.dev/run: node app.mjs } }
    spec: { serviceAccountName: ${name}, containers: [{ name: ${name}, image: a, env: [{ name: NAME, value: ${name} }] }] }
`;
}

const TO = (host: string, path: string) =>
  `{ match: [{ uri: { prefix: ${path} } }], route: [{ destination: { host: ${host} } }] }`;
const ROUTES = [TO('web', '/store'), TO('web', '/web'), TO('store', '/direct'), TO('podless', '/podless')];

const PODLESS = `
apiVersion: v1
kind: Service
metadata: { name: podless }
spec: { selector: { app: podless }, ports: [{ name: http, port: 80 }] }
`;

const policy = (kind: string, spec: string) => `
apiVersion: security.istio.io/v1
kind: ${kind}
metadata: { name: test }
spec: ${spec}
`;
const ONLY_WEB = policy(
  'AuthorizationPolicy',
  '{ selector: { matchLabels: { app: store } }, action: ALLOW, rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/web] } }] }] }',
);

describeWithEnvoy('foresail up with sidecars', (test) => {
  let up: UpProcess;
  let edge: string;

  beforeAll(async () => {
    up = new UpProcess(
      {
        'shop.yaml': SHOP,
        'web.yaml': program('web'),
        'store.yaml': program('store'),
        'podless.yaml': PODLESS,
        'routes.yaml': routes(...ROUTES, TO_V1),
        'policy.yaml': '# none yet',
        'app.mjs': APP,
      },
      ['-o', 'json', '--edge-port', '0', '--console-port', '0', '--run', '--sidecars', 'required'],
    );
    ({ edge } = await up.ready(120_000));
  }, 150_000);

  afterAll(() => up?.[Symbol.asyncDispose]());

  const ask = async (path: string) => await send(edge, { headers: HOST, path });
  const answer = async (path: string) => JSON.parse((await ask(path)).text);

  test('say in the ready line what runs', async () => {
    const { sidecars } = await up.ready();
    expect(sidecars).toMatchObject({ kind: 'running', leftOut: 0 });
    if (sidecars.kind !== 'running') return;
    expect(sidecars.sidecars.map(({ pod }) => pod).sort()).toEqual([
      'default/shop-v1',
      'default/shop-v2',
      'default/store',
      'default/web',
    ]);
    expect(sidecars.sidecars.find(({ pod }) => pod === 'default/web')?.identity).toBe(
      'spiffe://cluster.local/ns/default/sa/web',
    );
  });

  test('lead from the edge over the cluster gateway and mutual TLS to the program', async () => {
    const { peer, name } = await answer('/web');
    expect(name).toBe('web');
    expect(peer).toContain('URI=spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account');
    expect(peer).toContain('By=spiffe://cluster.local/ns/default/sa/web');
  });

  test('lead from program to program, who see each other', async () => {
    const { store } = await answer('/store');
    expect(JSON.parse(store).peer).toContain('URI=spiffe://cluster.local/ns/default/sa/web');
  });

  test('stand beside stand-ins too, and leave alone what has no pods', async () => {
    const echoed = await answer('/');
    expect(echoed.pod).toBe('shop-v1');
    expect(echoed.headers['x-forwarded-client-cert']?.[0]).toContain('URI=spiffe://');
    expect(echoed.authority).toBe('shop.localhost');
    expect((await answer('/podless')).service).toBe('podless');
  });

  test('let in nobody without a pass', async () => {
    const { sidecars } = await up.ready();
    if (sidecars.kind !== 'running') throw new Error('they do not run');
    expect((await send(sidecars.gateway, { headers: HOST, path: '/' })).status).toBe(401);
  });

  test('are shown by the console', async () => {
    const { console: url } = await up.ready();
    const mesh: unknown = await (await fetch(`${url}/api/mesh`)).json();
    expect(mesh).toMatchObject({
      proxies: expect.arrayContaining([expect.objectContaining({ workload: 'default/web', state: 'synced' })]),
    });
  });

  test('go by an edit at once, policies of their own included', async () => {
    up.write('routes.yaml', routes(...ROUTES, TO_V2));
    await up.until(async () => (await answer('/')).pod === 'shop-v2');
    expect((await ask('/direct')).status).toBe(200);
    up.write('policy.yaml', ONLY_WEB);
    await up.until(async () => (await ask('/direct')).status === 403);
    expect((await answer('/store')).status).toBe(200);
    up.write('policy.yaml', policy('PeerAuthentication', '{ mtls: { mode: DISABLE } }'));
    await up.until(async () => (await answer('/web')).peer === 'undefined');
    up.write('policy.yaml', policy('PeerAuthentication', '{ mtls: { mode: STRICT } }'));
    await up.until(async () => (await answer('/web')).peer.includes('spiffe://'));
  }, 60_000);

  test('join when a pod is added, before the edge sends anything there', async () => {
    up.write('more.yaml', program('more'));
    up.write('routes.yaml', routes(TO('more', '/more'), ...ROUTES, TO_V1));
    const statuses = new Set<number>();
    await up.until(async () => {
      const { status, text } = await ask('/more');
      statuses.add(status);
      return status === 200 && JSON.parse(text).name === 'more';
    }, 60_000);
    expect([...statuses].filter((status) => status >= 500)).toEqual([]);
    expect((await answer('/more')).peer).toContain('By=spiffe://cluster.local/ns/default/sa/more');
  }, 90_000);

  test('end with it: nothing is left behind', async () => {
    const envoys = envoysUnder(up);
    expect(envoys.length).toBeGreaterThanOrEqual(5);
    up.interrupt();
    expect((await up.ended()).code).toBe(130);
    await expect.poll(() => envoys.filter((pid) => existsSync(`/proc/${pid}`)), { timeout: 20_000 }).toEqual([]);
  }, 60_000);
});

describe('foresail up where there is no Envoy', () => {
  const files = { 'shop.yaml': SHOP, 'routes.yaml': routes(TO_V1) };
  const env = { ENVOY_BIN: '/nonexistent/envoy' };

  it('says so, and serves without sidecars', async () => {
    await using up = new UpProcess(files, ['--edge-port', '0', '--console-port', '0', '--sidecars', 'auto'], env);
    await up.until(() => up.stderr.includes('There are no sidecars'), 60_000);
    expect(up.stderr).toContain('ENVOY_BIN is /nonexistent/envoy');
    await up.until(() => up.stdout.includes('Ctrl-C'));
    const [, url = ''] = /(http:\/\/localhost:\d+)/.exec(up.stdout) ?? [];
    expect(JSON.parse((await send(url, { headers: HOST, path: '/' })).text).pod).toBe('shop-v1');
  }, 90_000);

  it('is an error where they are required', async () => {
    await using up = new UpProcess(files, ['--edge-port', '0', '--console-port', '0', '--sidecars', 'required'], env);
    const { code, stderr } = await up.ended();
    expect(code).toBe(2);
    expect(stderr).toContain('sidecars are required');
    expect(stderr).toContain('ENVOY_BIN is /nonexistent/envoy');
    expect(stderr).toContain('--sidecars=auto');
  }, 90_000);
});

/** Each Envoy is in a process group of its own, but a child of `up`. */
function envoysUnder({ pid }: UpProcess): number[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' });
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, ...args]) => parent === String(pid) && args.includes('--config-path'))
    .map(([own]) => Number(own));
}
