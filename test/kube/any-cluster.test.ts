/**
 * What foresaild relies on of an API server. By itself against the one of the tests; by `npm run test:cluster` against the
 * cluster that KUBECONFIG names. It works in a namespace of its own, and takes that away again.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KubeClient } from '../../src/control/kubernetes/kube-client.ts';
import { KubeTokenReviewer } from '../../src/control/kubernetes/kube-token-reviewer.ts';
import { LeaderElection } from '../../src/control/kubernetes/leader-election.ts';
import { loadKubeConfig } from '../../src/control/kubernetes/load-kube-config.ts';
import { RESOURCES, resourcePath } from '../../src/control/kubernetes/resource-path.ts';
import { SecretCaStore } from '../../src/control/kubernetes/secret-ca-store.ts';
import { KubernetesSource } from '../../src/control/sources/kubernetes/kubernetes-source.ts';
import { kinds, resourcesOf } from '../../src/resources/kinds.ts';
import { ApiServer } from '../support/api-server/server.ts';
import { clientOf, READING, until } from './harness.ts';

const namespace = `foresail-test-${randomUUID().slice(0, 8)}`;
const NAMESPACES = { group: '', version: 'v1', plural: 'namespaces' };
const SERVICES = { group: '', version: 'v1', plural: 'services' };
const SERVICE_ACCOUNTS = { group: '', version: 'v1', plural: 'serviceaccounts' };

let server: ApiServer | undefined;
let client: KubeClient;

beforeAll(async () => {
  if (process.env.FORESAIL_TEST_CLUSTER === undefined) {
    server = await ApiServer.start({ tls: true });
    client = clientOf(server);
  } else client = new KubeClient(loadKubeConfig());
  await client.post(resourcePath(NAMESPACES), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

afterAll(async () => {
  await client.delete(resourcePath(NAMESPACES, { name: namespace }));
  await server?.stop();
});

const service = (name: string, port: number) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { ports: [{ name: 'http', port }] },
});

describe('an API server', () => {
  it('is read and followed', async () => {
    const source = new KubernetesSource({ client, ...READING });
    const portsNow = async (): Promise<string> =>
      resourcesOf((await source.read()).resources, kinds.service)
        .filter(({ metadata }) => metadata.namespace === namespace)
        .map(({ metadata, spec }) => `${metadata.name}:${spec.ports?.[0]?.port}`)
        .join();
    await client.post(resourcePath(SERVICES, { namespace }), service('a', 80));
    await until('a is read', async () => (await portsNow()) === 'a:80');
    const path = resourcePath(SERVICES, { namespace, name: 'a' });
    await client.patch(path, 'merge', { spec: { ports: [{ name: 'http', port: 81 }] } });
    await until('the port has changed', async () => (await portsNow()).includes('81'));
    await client.delete(path);
    await until('a is gone', async () => (await portsNow()) === '');
    await source.stop();
  }, 60_000);

  it('lets one replica lead', async () => {
    const lease = { namespace, name: 'leader' };
    const times = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 200 };
    const [one, two] = ['one', 'two'].map((identity) => new LeaderElection({ client, lease, identity, ...times }));
    one?.start();
    await until('one leads', () => one?.isLeader === true);
    two?.start();
    await one?.claimVersion(7);
    await one?.stop();
    await until('two leads', () => two?.isLeader === true);
    expect(two?.version).toBe(7);
    await two?.stop();
  }, 60_000);

  it('keeps the files of a CA', async () => {
    const [one, two] = [new SecretCaStore(client, namespace), new SecretCaStore(client, namespace)];
    await Promise.all([one.write('a', '1'), two.write('b', '2')]);
    expect((await one.list()).toSorted()).toEqual(['a', 'b']);
    expect(await one.exclusively(() => two.read('a'))).toBe('1');
  }, 60_000);

  it('judges tokens by their audience', async () => {
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'web', namespace } };
    await client.post(resourcePath(SERVICE_ACCOUNTS, { namespace }), account);
    const path = resourcePath(SERVICE_ACCOUNTS, { namespace, name: 'web', subresource: 'token' });
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: ['istio-ca'] } };
    const { status } = await client.post<{ status: { token: string } }>(path, request);
    const reviewer = new KubeTokenReviewer(client);
    expect(await reviewer.review(status.token, 'istio-ca')).toMatchObject({
      isValid: true,
      namespace,
      serviceAccount: 'web',
    });
    expect(await reviewer.review(status.token, 'other')).toMatchObject({ isValid: false });
  });

  it('refuses a write against an old version', async () => {
    const path = resourcePath(RESOURCES.configMaps, { namespace, name: 'c' });
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace }, data: { k: '1' } };
    const first = await client.post<typeof body>(resourcePath(RESOURCES.configMaps, { namespace }), body);
    await client.put(path, { ...first, data: { k: '2' } });
    await expect(client.put(path, { ...first, data: { k: '3' } })).rejects.toMatchObject({
      code: 409,
      reason: 'Conflict',
    });
  });
});
