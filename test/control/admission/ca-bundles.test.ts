import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeshCa } from '../../../src/ca/authority/mesh-ca.ts';
import { startRotation } from '../../../src/ca/rotation/start-rotation.ts';
import { type CaBundles, keepCaBundles } from '../../../src/control/admission/ca-bundles.ts';
import { KubeClient } from '../../../src/control/kubernetes/kube-client.ts';
import { MemoryStore } from '../../ca/memory-store.ts';
import { ApiServer } from '../../support/api-server/server.ts';

const GROUP = 'admissionregistration.k8s.io/v1';
const SERVICE = { name: 'istiod', namespace: 'istio-system' };

let api: ApiServer;
let ca: MeshCa;
let bundles: CaBundles;

function webhook(name: string, service: { name: string; namespace: string }) {
  return {
    name,
    clientConfig: { service: { ...service, path: '/inject' } },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
  };
}

function bundleOf(kind: string, name: string, index = 0): string | undefined {
  const found = api.get(GROUP, kind, undefined, name) as
    | { webhooks?: { clientConfig: { caBundle?: string } }[] }
    | undefined;
  return found?.webhooks?.[index]?.clientConfig.caBundle;
}

const expected = (): string => Buffer.from(ca.bundle.pem).toString('base64');

beforeEach(async () => {
  api = await ApiServer.start();
  ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
  const config = new KubeConfig();
  config.loadFromString(api.kubeconfig());
  bundles = keepCaBundles({ client: new KubeClient(config), ca, service: SERVICE, lookEveryMs: 3_600_000 });
  await api.create({
    apiVersion: GROUP,
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'injector' },
    webhooks: [webhook('others.example.com', { name: 'other', namespace: 'x' }), webhook('ours.istio.io', SERVICE)],
  });
  await api.create({
    apiVersion: GROUP,
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'validator' },
    webhooks: [webhook('ours.istio.io', SERVICE)],
  });
});

afterEach(async () => {
  bundles.stop();
  await api.stop();
});

describe('the roots in webhook configurations', () => {
  it('are put in where webhooks lead to us, and only there', async () => {
    await bundles.look();
    expect(bundleOf('MutatingWebhookConfiguration', 'injector', 1)).toBe(expected());
    expect(bundleOf('MutatingWebhookConfiguration', 'injector', 0)).toBeUndefined();
    expect(bundleOf('ValidatingWebhookConfiguration', 'validator')).toBe(expected());
  });

  it('are written once: what is right is not written again', async () => {
    await bundles.look();
    const before = api.requests.filter(({ method }) => method === 'PATCH').length;
    await bundles.look();
    expect(api.requests.filter(({ method }) => method === 'PATCH')).toHaveLength(before);
  });

  it('follow a rotation of the CA', async () => {
    await bundles.look();
    const old = expected();
    await startRotation(ca);
    expect(expected()).not.toBe(old);
    await expect
      .poll(() => bundleOf('ValidatingWebhookConfiguration', 'validator'), { timeout: 20_000 })
      .toBe(expected());
  });

  it('are put right when somebody has changed them', async () => {
    await bundles.look();
    const found = api.get(GROUP, 'ValidatingWebhookConfiguration', undefined, 'validator');
    await api.put({ ...found, webhooks: [webhook('ours.istio.io', SERVICE)] });
    await bundles.look();
    expect(bundleOf('ValidatingWebhookConfiguration', 'validator')).toBe(expected());
  });
});
