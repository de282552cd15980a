import { once } from 'node:events';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeshCa } from '../../../src/ca/authority/mesh-ca.ts';
import { findingsWithOthers } from '../../../src/control/admission/findings-with.ts';
import { startWebhookServer, type WebhookServer } from '../../../src/control/admission/webhook-server.ts';
import { DEFAULT_INJECTION } from '../../../src/control/injection/settings.ts';
import { parseYaml } from '../../../src/resources/parse.ts';
import { MemoryStore } from '../../ca/memory-store.ts';
import { ApiServer } from '../../support/api-server/server.ts';

const NAMESPACE = 'istio-system';
const NAME = `istiod.${NAMESPACE}.svc`;

const { resources } = parseYaml(
  `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: gw, namespace: shop }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: [a.example.com] }]`,
  { file: 'gw.yaml' },
);

let ca: MeshCa;
let webhooks: WebhookServer;
let api: ApiServer;

beforeAll(async () => {
  ca = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
  webhooks = await startWebhookServer({
    ca,
    names: [NAME, '127.0.0.1'],
    host: '127.0.0.1',
    port: 0,
    injection: () => DEFAULT_INJECTION,
    findingsWith: findingsWithOthers(() => resources),
  });
  api = await ApiServer.start({ serviceAddress: () => `https://127.0.0.1:${webhooks.port}` });
  const clientConfig = (path: string) => ({
    service: { name: 'istiod', namespace: NAMESPACE, path, port: 443 },
    caBundle: Buffer.from(ca.bundle.pem).toString('base64'),
  });
  const common = { admissionReviewVersions: ['v1'], sideEffects: 'None', failurePolicy: 'Fail' };
  await api.create({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'istio-sidecar-injector' },
    webhooks: [
      {
        name: 'namespace.sidecar-injector.istio.io',
        ...common,
        clientConfig: clientConfig('/inject/cluster/east/net/n1'),
        namespaceSelector: { matchLabels: { 'istio-injection': 'enabled' } },
        rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
      },
    ],
  });
  await api.create({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'istio-validator-istio-system' },
    webhooks: [
      {
        name: 'rev.validation.istio.io',
        ...common,
        clientConfig: clientConfig('/validate'),
        rules: [
          {
            operations: ['CREATE', 'UPDATE'],
            apiGroups: ['networking.istio.io'],
            apiVersions: ['*'],
            resources: ['*'],
          },
        ],
      },
    ],
  });
  await api.create({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'virtualservices.networking.istio.io' },
    spec: {
      group: 'networking.istio.io',
      scope: 'Namespaced',
      names: {
        kind: 'VirtualService',
        plural: 'virtualservices',
        singular: 'virtualservice',
        listKind: 'VirtualServiceList',
      },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        },
      ],
    },
  });
  await api.create({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'shop', labels: { 'istio-injection': 'enabled' } },
  });
});

afterAll(async () => {
  await api.stop();
  await webhooks.stop();
});

interface Applied {
  readonly code: number;
  readonly body: {
    readonly message?: string;
    readonly spec?: {
      readonly initContainers?: { readonly name: string; readonly env?: { name: string; value?: string }[] }[];
    };
  };
  readonly warnings: string;
}

async function post(path: string, object: object): Promise<Applied> {
  const response = await fetch(api.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${api.authentication.adminToken}` },
    body: JSON.stringify(object),
  });
  return {
    code: response.status,
    body: (await response.json()) as Applied['body'],
    warnings: response.headers.get('warning') ?? '',
  };
}

const pods = (namespace: string, object: object) =>
  post(`/api/v1/namespaces/${namespace}/pods`, { apiVersion: 'v1', kind: 'Pod', ...object });
const virtualService = (name: string, spec: object) =>
  post('/apis/networking.istio.io/v1/namespaces/shop/virtualservices', {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name },
    spec,
  });
const SPEC = { containers: [{ name: 'web', image: 'w' }] };

describe('the injector behind an API server', () => {
  it('injects pods of a namespace that asks for it, with the cluster and network of its path', async () => {
    const { code, body } = await pods('shop', { metadata: { name: 'web' }, spec: SPEC });
    expect(code).toBe(201);
    const [, proxy] = body.spec?.initContainers ?? [];
    expect(proxy?.name).toBe('istio-proxy');
    const env = Object.fromEntries((proxy?.env ?? []).map(({ name, value }) => [name, value]));
    expect(env).toMatchObject({ ISTIO_META_CLUSTER_ID: 'east', ISTIO_META_NETWORK: 'n1' });
  });

  it('leaves others alone', async () => {
    expect((await pods('default', { metadata: { name: 'web' }, spec: SPEC })).body.spec).not.toHaveProperty(
      'initContainers',
    );
    const labels = { 'sidecar.istio.io/inject': 'false' };
    expect((await pods('shop', { metadata: { name: 'no', labels }, spec: SPEC })).body.spec).not.toHaveProperty(
      'initContainers',
    );
  });

  it('refuses a pod whose annotations cannot be followed, with the reason', async () => {
    const annotations = { 'traffic.sidecar.istio.io/excludeOutboundPorts': 'mysql' };
    const { code, body } = await pods('shop', { metadata: { name: 'bad', annotations }, spec: SPEC });
    expect(code).toBe(400);
    expect(body.message).toContain('mysql is no port');
  });

  it('passes warnings on', async () => {
    const annotations = { 'sidecar.istio.io/interceptionMode': 'TPROXY' };
    const { code, warnings } = await pods('shop', { metadata: { name: 'tproxy', annotations }, spec: SPEC });
    expect(code).toBe(201);
    expect(warnings).toContain('TPROXY is not there');
  });
});

describe('the validator behind an API server', () => {
  it('refuses what Istio refuses, with the field', async () => {
    const { code, body } = await virtualService('bad', { hosts: ['a.example.com'], http: [{ rout: [] }] });
    expect(code).toBe(422);
    expect(body.message).toContain('rout');
  });

  it('warns of what the object means beside the others', async () => {
    const { code, warnings } = await virtualService('lonely', {
      hosts: ['a.example.com'],
      gateways: ['nowhere'],
      http: [{ route: [{ destination: { host: 'web' } }] }],
    });
    expect(code).toBe(201);
    expect(warnings).toContain('IST0101');
  });

  it('accepts what is right without a word', async () => {
    const { code, warnings } = await virtualService('fine', {
      hosts: ['a.example.com'],
      gateways: ['gw'],
      http: [{ directResponse: { status: 200 } }],
    });
    expect([code, warnings]).toEqual([201, '']);
  });
});

describe('the webhook server', () => {
  async function ask(path: string, body: string, method = 'POST'): Promise<{ code: number; body: string }> {
    const call = request({ host: '127.0.0.1', port: webhooks.port, path, method, ca: ca.bundle.pem, agent: false });
    call.end(body);
    const [response] = await once(call, 'response');
    return { code: response.statusCode, body: await text(response) };
  }
  const review = (request: object) =>
    JSON.stringify({
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      request: { uid: 'u', operation: 'CREATE', ...request },
    });

  it.each([
    ['not JSON', '{', 400],
    ['another review', '{"kind":"TokenReview"}', 400],
    ['too much', `{"a":"${'x'.repeat(9 * 1024 * 1024)}"}`, 413],
  ])('answers hostile input with a code: %s', async (_, body, code) => {
    expect((await ask('/inject', body)).code).toBe(code);
  });

  it('blocks nothing that is not ours, whatever it looks like', async () => {
    const kind = { group: 'example.com', version: 'v1', kind: 'Thing' };
    for (const path of ['/inject', '/validate', '/inject/net/%zz']) {
      const { code, body } = await ask(path, review({ kind, object: { kind: 1 } }));
      expect(code).toBe(200);
      expect(JSON.parse(body).response).toEqual({ uid: 'u', allowed: true });
    }
  });

  it('lets an invalid object go, and lets its labels change', async () => {
    const kind = { group: 'networking.istio.io', version: 'v1', kind: 'VirtualService' };
    const bad = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'a' },
      spec: { http: 1 },
    };
    const answer = async (request: object) =>
      JSON.parse((await ask('/validate', review({ kind, ...request }))).body).response;
    expect((await answer({ object: bad })).allowed).toBe(false);
    expect((await answer({ operation: 'DELETE', object: null, oldObject: bad })).allowed).toBe(true);
    expect(
      (
        await answer({
          operation: 'UPDATE',
          object: { ...bad, metadata: { name: 'a', labels: { x: 'y' } } },
          oldObject: bad,
        })
      ).allowed,
    ).toBe(true);
    const deleted = { ...bad, metadata: { name: 'a', deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect((await answer({ operation: 'UPDATE', object: deleted, oldObject: { ...bad, spec: {} } })).allowed).toBe(
      true,
    );
  });
});
