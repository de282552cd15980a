import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { Fields } from '../support/api-server/kube-object.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { WIDGET_CRD, widget } from './widgets.ts';

let server: ApiServer;

afterEach(async () => {
  await server.stop();
});

interface Answer {
  readonly code: number;
  readonly body: Fields & { metadata: Fields; items: Fields[]; status: Fields };
  readonly warnings: string | null;
}

async function call(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.authentication.adminToken}`, 'content-type': contentType },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return {
    code: response.status,
    body: (await response.json()) as Answer['body'],
    warnings: response.headers.get('warning'),
  };
}

const apply = (path: string, manager: string, body: unknown, force = false): Promise<Answer> =>
  call('PATCH', `${path}?fieldManager=${manager}&force=${force}`, body, 'application/apply-patch+yaml');

const CONFIG_MAPS = '/api/v1/namespaces/default/configmaps';
const configMap = (name: string, data: Record<string, string>): Fields => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data,
});

/** Reads events of a watch until there are `count`. */
async function events(path: string, count: number): Promise<Fields[]> {
  const response = await fetch(`${server.url}${path}`, {
    headers: { authorization: `Bearer ${server.authentication.adminToken}` },
  });
  const read: Fields[] = [];
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    read.push(...lines.map((line) => JSON.parse(line) as Fields));
    if (read.length >= count) break;
  }
  return read;
}

describe('the test API server', () => {
  it('creates, reads, updates with optimistic concurrency, and deletes', async () => {
    server = await ApiServer.start();
    const created = await call('POST', CONFIG_MAPS, configMap('a', { k: '1' }));
    expect([created.code, created.body.metadata.generation]).toEqual([201, 1]);
    expect((await call('POST', CONFIG_MAPS, configMap('a', {}))).body.reason).toBe('AlreadyExists');
    const updated = await call('PUT', `${CONFIG_MAPS}/a`, { ...created.body, data: { k: '2' } });
    expect([updated.code, updated.body.data]).toEqual([200, { k: '2' }]);
    const stale = await call('PUT', `${CONFIG_MAPS}/a`, { ...created.body, data: { k: '3' } });
    expect([stale.code, stale.body.reason]).toEqual([409, 'Conflict']);
    const same = await call('PUT', `${CONFIG_MAPS}/a`, updated.body);
    expect(same.body.metadata.resourceVersion).toBe(updated.body.metadata.resourceVersion);
    expect((await call('DELETE', `${CONFIG_MAPS}/a`)).code).toBe(200);
    expect((await call('GET', `${CONFIG_MAPS}/a`)).code).toBe(404);
    expect((await call('POST', '/api/v1/namespaces/nowhere/configmaps', configMap('a', {}))).code).toBe(404);
  });

  it('keeps an object until its last finalizer is taken off', async () => {
    server = await ApiServer.start();
    await server.create({ ...configMap('held', {}), metadata: { name: 'held', finalizers: ['x/y'] } });
    const marked = await call('DELETE', `${CONFIG_MAPS}/held`);
    expect(marked.body.metadata.deletionTimestamp).toBeTypeOf('string');
    await call('PATCH', `${CONFIG_MAPS}/held`, { metadata: { finalizers: null } }, 'application/merge-patch+json');
    expect((await call('GET', `${CONFIG_MAPS}/held`)).code).toBe(404);
  });

  it('patches by JSON patch, merge patch and strategic merge patch', async () => {
    server = await ApiServer.start();
    await server.create(configMap('a', { keep: 'x', drop: 'y' }));
    const merged = await call(
      'PATCH',
      `${CONFIG_MAPS}/a`,
      { data: { drop: null, more: 'z' } },
      'application/merge-patch+json',
    );
    expect(merged.body.data).toEqual({ keep: 'x', more: 'z' });
    const operations = [{ op: 'replace', path: '/data/keep', value: 'w' }];
    expect((await call('PATCH', `${CONFIG_MAPS}/a`, operations, 'application/json-patch+json')).body.data).toEqual({
      keep: 'w',
      more: 'z',
    });
    const failing = [{ op: 'test', path: '/data/keep', value: 'no' }];
    expect((await call('PATCH', `${CONFIG_MAPS}/a`, failing, 'application/json-patch+json')).code).toBe(422);
    await server.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p' },
      spec: { containers: [{ name: 'a', image: '1' }] },
    });
    const pod = await call(
      'PATCH',
      '/api/v1/namespaces/default/pods/p',
      { spec: { containers: [{ name: 'b', image: '2' }] } },
      'application/strategic-merge-patch+json',
    );
    expect((pod.body.spec as Fields).containers).toHaveLength(2);
  });

  it('applies with field managers: conflicts, force, and removal of what is no longer applied', async () => {
    server = await ApiServer.start();
    const path = `${CONFIG_MAPS}/shared`;
    expect((await apply(path, 'one', configMap('shared', { a: '1', b: '1' }))).code).toBe(201);
    expect((await apply(path, 'two', configMap('shared', { c: '2' }))).body.data).toEqual({ a: '1', b: '1', c: '2' });
    const refused = await apply(path, 'two', configMap('shared', { a: '2', c: '2' }));
    expect([refused.code, refused.body.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "one": .data.a',
    ]);
    const forced = await apply(path, 'two', configMap('shared', { a: '2', c: '2' }), true);
    expect(forced.body.data).toEqual({ a: '2', b: '1', c: '2' });
    // What another has taken over is no longer one's to remove.
    expect((await apply(path, 'one', configMap('shared', {}))).body.data).toEqual({ a: '2', c: '2' });
    const again = await apply(path, 'two', configMap('shared', { a: '2', c: '2' }));
    expect((await apply(path, 'two', configMap('shared', { a: '2', c: '2' }))).body.metadata.resourceVersion).toBe(
      again.body.metadata.resourceVersion,
    );
  });

  it('lists in chunks that stay on one version, until it is compacted', async () => {
    server = await ApiServer.start();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await server.create(configMap(name, {}));
    const first = await call('GET', `${CONFIG_MAPS}?limit=2`);
    expect(first.body.items).toHaveLength(2);
    await server.create(configMap('f', {}));
    const second = await call('GET', `${CONFIG_MAPS}?limit=10&continue=${String(first.body.metadata.continue)}`);
    expect(second.body.items).toHaveLength(3);
    expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
    const third = await call('GET', `${CONFIG_MAPS}?limit=2`);
    server.store.compact();
    await server.create(configMap('g', {}));
    server.store.compact();
    const expired = await call('GET', `${CONFIG_MAPS}?limit=2&continue=${String(third.body.metadata.continue)}`);
    expect([expired.code, expired.body.reason]).toEqual([410, 'Expired']);
  });

  it('watches from a version, with initial events and bookmarks, and tells when a version is forgotten', async () => {
    server = await ApiServer.start({ bookmarkIntervalMs: 50 });
    const { metadata } = await server.create(configMap('a', {}));
    await server.put(configMap('a', { k: '1' }));
    await server.remove('v1', 'ConfigMap', 'default', 'a');
    const since = await events(`${CONFIG_MAPS}?watch=true&resourceVersion=${metadata.resourceVersion}`, 2);
    expect(since.map(({ type }) => type)).toEqual(['MODIFIED', 'DELETED']);
    await server.create(configMap('b', {}));
    const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const list = await events(`${CONFIG_MAPS}?${query}`, 3);
    expect(list.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK', 'BOOKMARK']);
    expect(list[1]).toMatchObject({ object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } });
    server.store.compact();
    const [gone] = await events(`${CONFIG_MAPS}?watch=true&resourceVersion=${metadata.resourceVersion}`, 1);
    expect(gone).toMatchObject({ type: 'ERROR', object: { code: 410 } });
  });

  it('serves a kind as soon as its definition is there, prunes what its schema does not know, and has a status door', async () => {
    server = await ApiServer.start();
    const path = '/apis/example.com/v1/namespaces/default/widgets';
    expect((await call('GET', path)).code).toBe(404);
    await server.create(WIDGET_CRD);
    expect((await call('GET', '/apis/example.com/v1')).body.resources).toHaveLength(2);
    const created = await call('POST', path, {
      ...widget('w', 3),
      status: { phase: 'mine' },
      unknown: 1,
    });
    expect([created.body.status, created.body.unknown]).toEqual([undefined, undefined]);
    const status = {
      apiVersion: 'example.com/v1',
      kind: 'Widget',
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    };
    const withStatus = await apply(`${path}/w/status`, 'controller', status);
    expect([withStatus.code, withStatus.body.metadata.generation]).toEqual([200, 1]);
    const other = { ...status, status: { conditions: [{ type: 'Served', status: 'True' }] } };
    expect((await apply(`${path}/w/status`, 'other', other)).body.status.conditions).toHaveLength(2);
    await server.remove('apiextensions.k8s.io/v1', 'CustomResourceDefinition', undefined, 'widgets.example.com');
    expect((await call('GET', path)).code).toBe(404);
  });

  it('judges tokens by audience and by its own clock', async () => {
    server = await ApiServer.start();
    const token = await server.authentication.serviceAccountToken('default', 'web', { audiences: ['istio-ca'] });
    const review = async (audience: string): Promise<Fields> =>
      (await call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token, audiences: [audience] } }))
        .body.status;
    expect(await review('istio-ca')).toMatchObject({
      authenticated: true,
      user: { username: 'system:serviceaccount:default:web' },
      audiences: ['istio-ca'],
    });
    expect((await review('other')).authenticated).toBeUndefined();
    server.faults.clockSkewMs = 24 * 60 * 60 * 1000;
    expect((await review('istio-ca')).authenticated).toBeUndefined();
  });

  it('knows client certificates, and allows what RBAC allows', async () => {
    server = await ApiServer.start({ tls: true, rbac: true });
    const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1' };
    await server.create({
      ...rbac,
      kind: 'ClusterRole',
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    });
    await server.create({
      ...rbac,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'reader' },
      roleRef: { kind: 'ClusterRole', name: 'reader' },
      subjects: [{ kind: 'User', name: 'jane' }],
    });
    const { KubeConfig, CoreV1Api } = await import('@kubernetes/client-node');
    const config = new KubeConfig();
    config.loadFromString(server.kubeconfig(await server.clientCertificate('jane', 'people')));
    const api = config.makeApiClient(CoreV1Api);
    expect((await api.listNamespacedConfigMap({ namespace: 'default' })).items).toEqual([]);
    await expect(api.listNamespacedSecret({ namespace: 'default' })).rejects.toThrow(/User .*jane.* cannot list/);
  });

  it('asks admission webhooks, and goes by their failure policy when they do not answer', async () => {
    server = await ApiServer.start();
    const webhook = createServer(async (request, response) => {
      const review = (await json(request)) as { request: { uid: string; object: Fields } };
      const patch = Buffer.from(JSON.stringify([{ op: 'add', path: '/data/added', value: 'yes' }])).toString('base64');
      const answer = { uid: review.request.uid, allowed: true, patch, patchType: 'JSONPatch', warnings: ['careful'] };
      response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: answer }));
    });
    await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
    const { port } = webhook.address() as AddressInfo;
    const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }];
    const configuration = (failurePolicy: string): Fields => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'adder' },
      webhooks: [{ name: 'add.example.com', clientConfig: { url: `http://127.0.0.1:${port}/` }, rules, failurePolicy }],
    });
    await server.create(configuration('Fail'));
    const created = await call('POST', CONFIG_MAPS, configMap('a', { own: 'x' }));
    expect([created.body.data, created.warnings]).toEqual([{ own: 'x', added: 'yes' }, '299 - "careful"']);
    await new Promise((resolve) => {
      webhook.close(resolve);
      webhook.closeAllConnections();
    });
    expect((await call('POST', CONFIG_MAPS, configMap('b', {}))).code).toBe(500);
    await server.put(configuration('Ignore'));
    expect((await call('POST', CONFIG_MAPS, configMap('b', {}))).code).toBe(201);
  });
});
