import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import { consoleApp } from '../../src/control/console/console-app.ts';
import { ConsoleFeed } from '../../src/control/console/console-feed.ts';
import { Publisher } from '../../src/control/publish.ts';
import { TrafficWindow } from '../../src/control/telemetry/window/traffic-window.ts';
import { parseYaml } from '../../src/resources/parse.ts';
import { MemoryStore } from '../../src/store/memory.ts';
import { routes, SHOP, TO_V1, TO_V2 } from '../up/support/mesh.ts';

const SECRETS = `
---
apiVersion: v1
kind: Secret
metadata: { name: tls, namespace: default }
stringData: { tls.key: "-----BEGIN PRIVATE KEY-----hush", password: hunter22 }
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: other
  annotations: { kubectl.kubernetes.io/last-applied-configuration: "hunter22" }
spec:
  selector: { matchLabels: { app: other } }
  template:
    metadata: { labels: { app: other } }
    spec: { containers: [{ name: a, image: a, env: [{ name: DB_PASSWORD, value: hunter22 }, { name: PLAIN, value: shown }] }] }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: shared }
spec: { jwtRules: [{ issuer: a, jwks: '{"keys":[{"kty":"oct","k":"hunter22"}]}' }] }
`;

const NO_ASSETS = {
  get: async () => undefined,
  page: async () => ({ contentType: 'text/html', body: new TextEncoder().encode('page') }),
};

function feedOf(
  yaml: string,
  more: { readonly rollback?: ConsoleFeed['rollback']; readonly store?: MemoryStore } = {},
) {
  const { resources, findings } = parseYaml(yaml, { file: 'shop.yaml' });
  const compiled = compileMesh(resources);
  const feed = new ConsoleFeed({
    name: 'shop',
    window: new TrafficWindow(),
    store: more.store,
    edges: () => [],
    ...(more.rollback === undefined ? {} : { rollback: more.rollback }),
  });
  feed.compiled(compiled.mesh, [...findings, ...compiled.findings], 1);
  return { feed, mesh: compiled.mesh };
}

function appOf(yaml: string, token?: string) {
  return consoleApp({ source: feedOf(yaml).feed, assets: NO_ASSETS, hosts: ['console.example.com'], token });
}

const HOST = { host: 'localhost:20001' };
const JSON_TYPE = { ...HOST, 'content-type': 'application/json' };

describe('the console API', () => {
  const yaml = SHOP + `---\n${routes(`{ match: [{ uri: { prefix: /v2 } }], ${TO_V2} }`, TO_V1)}`;

  it.each([
    ['localhost:20001', 200],
    ['shop.localhost', 200],
    ['127.0.0.1:20001', 200],
    ['[::1]:20001', 200],
    ['console.example.com', 200],
    ['evil.example.com', 421],
    ['localhost.evil.example.com', 421],
    ['', 421],
  ])('answers as %s with %i', async (host, status) => {
    const answer = await appOf(yaml).request('/api/state', { headers: { host } });
    expect(answer.status).toBe(status);
  });

  it('refuses pages of other sites, whatever they ask for', async () => {
    const app = appOf(yaml, 'token');
    const foreign = { ...JSON_TYPE, origin: 'http://evil.example.com' };
    expect((await app.request('/api/mesh', { headers: foreign })).status).toBe(403);
    expect((await app.request('/api/rollback', { method: 'POST', headers: foreign, body: '{}' })).status).toBe(403);
    const crossSite = { ...HOST, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    expect((await app.request('/api/mesh', { headers: crossSite })).status).toBe(403);
    expect((await app.request('/api/mesh', { headers: { ...HOST, origin: 'http://localhost:20001' } })).status).toBe(
      200,
    );
    const link = { ...crossSite, 'sec-fetch-mode': 'navigate' };
    expect((await app.request('/graph', { headers: link })).status).toBe(200);
  });

  it('sends what keeps scripts and frames of others out', async () => {
    const { headers } = await appOf(yaml).request('/', { headers: HOST });
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('tells no secret, wherever it is written', async () => {
    const app = appOf(`${yaml}${SECRETS}`);
    const texts = await Promise.all(
      [
        '/api/mesh',
        '/api/yaml?kind=Secret&namespace=default&name=tls',
        '/api/yaml?kind=Deployment&namespace=default&name=other',
        '/api/yaml?kind=RequestAuthentication&namespace=default&name=shared',
      ].map(async (path) => (await app.request(path, { headers: HOST })).text()),
    );
    for (const text of texts) {
      expect(text).not.toContain('hunter22');
      expect(text).not.toContain('hush');
    }
    expect(texts[1]).toContain('(hidden)');
    expect(texts[2]).toContain('shown');
  });

  it('explains with a token that does not come back', async () => {
    const body = JSON.stringify({
      method: 'get',
      url: 'http://shop.localhost/v2?access_token=hunter22-secret',
      headers: [['Authorization', 'Bearer hunter22-secret']],
    });
    const answer = await appOf(yaml).request('/api/explain', { method: 'POST', headers: JSON_TYPE, body });
    const text = await answer.text();
    expect(answer.status).toBe(200);
    expect(JSON.parse(text)).toMatchObject({
      version: 1,
      outcomes: [{ destination: expect.stringContaining('|v2|') }],
    });
    expect(text).not.toContain('hunter22');
  });

  it.each([
    ['not JSON', '{', 'send the request as a JSON object'],
    ['no URL', '{"method":"GET","url":"/x"}', 'url: a URL begins with http:// or https:// and a host'],
    ['a method of other signs', '{"method":"G T","url":"http://a/"}', 'method: a method is made of letters'],
    ['an address that is none', '{"method":"GET","url":"http://a/","from":"x"}', 'from'],
  ])('says what is wrong with a request to explain: %s', async (_, body, error) => {
    const answer = await appOf(yaml).request('/api/explain', { method: 'POST', headers: JSON_TYPE, body });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: expect.stringContaining(error) });
  });

  it('refuses a body that is too large', async () => {
    const body = JSON.stringify({ method: 'GET', url: `http://a/${'x'.repeat(300_000)}` });
    const headers = { ...JSON_TYPE, 'content-length': String(body.length) };
    expect((await appOf(yaml).request('/api/explain', { method: 'POST', headers, body })).status).toBe(413);
  });

  it('marks the field that was asked for', async () => {
    const path = encodeURIComponent('spec.http[1].route');
    const query = `kind=VirtualService&namespace=default&name=shop&path=${path}`;
    const answer = await appOf(yaml).request(`/api/yaml?${query}`, { headers: HOST });
    const { text, highlight, origin } = (await answer.json()) as {
      text: string;
      highlight: { from: number; to: number };
      origin: { line: number };
    };
    const marked = text.split('\n').slice(highlight.from - 1, highlight.to);
    expect(marked[0]).toContain('route:');
    expect(marked.at(-1)).toContain('subset: v1');
    expect(yaml.split('\n')[origin.line - 1]).toContain('subset: v1');
  });

  it('bounds what a query may ask for', async () => {
    const answer = await appOf(yaml).request('/api/series?seconds=99999999999&step=1', { headers: HOST });
    const { timesMs } = (await answer.json()) as { timesMs: readonly number[] };
    expect(timesMs.length).toBeLessThanOrEqual(2_001);
  });
});

describe('rolling back by the console API', () => {
  async function published(token: string | undefined) {
    const store = new MemoryStore();
    const publisher = new Publisher({ store, mesh: 'm', syncer: 'test' });
    for (const rule of [TO_V1, TO_V2]) await publisher.publish(feedOf(SHOP + `---\n${routes(rule)}`).mesh.edge);
    const { feed } = feedOf(SHOP, { store, rollback: (version) => publisher.rollback(version) });
    return consoleApp({ source: feed, assets: NO_ASSETS, hosts: [], token });
  }
  const body = '{"version":1}';

  it('is for nobody without a token', async () => {
    const app = await published(undefined);
    const headers = { ...JSON_TYPE, authorization: 'Bearer ' };
    expect((await app.request('/api/rollback', { method: 'POST', headers, body })).status).toBe(403);
  });

  it('needs the right token', async () => {
    const app = await published('right');
    for (const authorization of ['', 'Bearer wrong', 'Bearer right2', 'Basic right', 'right']) {
      const headers = { ...JSON_TYPE, authorization };
      expect((await app.request('/api/rollback', { method: 'POST', headers, body })).status).toBe(401);
    }
  });

  it('publishes the earlier version again, and compares any two', async () => {
    const app = await published('right');
    const headers = { ...JSON_TYPE, authorization: 'Bearer right' };
    const unknown = await app.request('/api/rollback', { method: 'POST', headers, body: '{"version":99}' });
    expect(unknown.status).toBe(409);
    expect(await unknown.json()).toMatchObject({ error: 'cannot roll back to version 99' });
    const answer = await app.request('/api/rollback', { method: 'POST', headers, body });
    expect(await answer.json()).toMatchObject({ kind: 'published', version: { version: 3 } });
    const state = await app.request('/api/state', { headers });
    expect(await state.json()).toMatchObject({ version: 3, isRolledBack: true, access: 'granted' });
    const compared = await app.request('/api/versions/compare?before=1&after=2', { headers });
    expect(await compared.json()).toMatchObject({
      changes: expect.arrayContaining([
        expect.objectContaining({
          what: 'route',
          change: 'changed',
          origin: expect.objectContaining({ file: 'shop.yaml' }),
        }),
      ]),
      groups: [{ count: expect.any(Number) }],
    });
    const same = await app.request('/api/versions/compare?before=1&after=3', { headers });
    expect(await same.json()).toMatchObject({ changes: [], groups: [] });
  });
});
