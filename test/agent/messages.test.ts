import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import { describe, expect, it } from 'vitest';
import { checkAnswer } from '../../src/agent/identity/check-answer.ts';
import { renewalTimeMs } from '../../src/agent/identity/renewal-time.ts';
import { readTrust } from '../../src/agent/identity/trust.ts';
import {
  type DiscoveryResponse,
  decodeDeltaRequest,
  decodeDiscoveryRequest,
  encodeDeltaResponse,
  encodeDiscoveryResponse,
} from '../../src/agent/sds/discovery-messages.ts';
import { encodeTlsCertificate, encodeValidationContext, SECRET_TYPE_URL } from '../../src/agent/sds/encode-secret.ts';
import { Subscription } from '../../src/agent/sds/subscription.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { createCsr } from '../../src/ca/x509/create-csr.ts';
import { verifyCsr } from '../../src/ca/x509/verify-csr.ts';
import { SecretSchema } from '../../src/xds/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
  DiscoveryRequestSchema,
  DiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { newKey, WEB, WEB_ID } from '../ca/keys.ts';
import { MemoryStore } from '../ca/memory-store.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('messages written by hand', () => {
  const bytes = utf8('secret');
  const resource = { name: 'default', version: 'v1', bytes };
  const response = { version: '7', typeUrl: SECRET_TYPE_URL, nonce: '9', resources: [resource] };

  it('are those of the generated types', () => {
    const certificate = fromBinary(SecretSchema, encodeTlsCertificate('default', 'CHAIN', 'KEY'));
    expect(certificate.name).toBe('default');
    expect(certificate.type).toMatchObject({
      case: 'tlsCertificate',
      value: {
        certificateChain: { specifier: { case: 'inlineBytes', value: utf8('CHAIN') } },
        privateKey: { specifier: { case: 'inlineBytes', value: utf8('KEY') } },
      },
    });
    const context = fromBinary(SecretSchema, encodeValidationContext('ROOTCA', 'ROOTS', 'CRL'));
    expect(context.type).toMatchObject({
      case: 'validationContext',
      value: {
        trustedCa: { specifier: { value: utf8('ROOTS') } },
        crl: { specifier: { value: utf8('CRL') } },
        onlyVerifyLeafCertCrl: true,
      },
    });
    const any = { typeUrl: SECRET_TYPE_URL, value: bytes };
    expect(fromBinary(DiscoveryResponseSchema, new Uint8Array(encodeDiscoveryResponse(response)))).toMatchObject({
      versionInfo: '7',
      typeUrl: SECRET_TYPE_URL,
      nonce: '9',
      resources: [create(AnySchema, any)],
    });
    expect(fromBinary(DeltaDiscoveryResponseSchema, new Uint8Array(encodeDeltaResponse(response)))).toMatchObject({
      systemVersionInfo: '7',
      nonce: '9',
      resources: [{ name: 'default', version: 'v1', resource: any }],
    });
  });

  it('are read as the generated types write them, with fields that are not known here', () => {
    const errorDetail = { code: 3, message: 'bad key' };
    const sotw = create(DiscoveryRequestSchema, {
      versionInfo: '1',
      node: { id: 'n', cluster: 'c' },
      resourceNames: ['default', 'ROOTCA'],
      typeUrl: SECRET_TYPE_URL,
      responseNonce: '4',
      errorDetail,
    });
    expect(decodeDiscoveryRequest(toBinary(DiscoveryRequestSchema, sotw))).toEqual({
      names: ['default', 'ROOTCA'],
      typeUrl: SECRET_TYPE_URL,
      nonce: '4',
      error: 'bad key',
    });
    const delta = create(DeltaDiscoveryRequestSchema, {
      node: { id: 'n' },
      typeUrl: SECRET_TYPE_URL,
      resourceNamesSubscribe: ['default'],
      resourceNamesUnsubscribe: ['ROOTCA'],
      initialResourceVersions: { default: 'v1' },
      responseNonce: '5',
    });
    expect(decodeDeltaRequest(toBinary(DeltaDiscoveryRequestSchema, delta))).toEqual({
      subscribe: ['default'],
      unsubscribe: ['ROOTCA'],
      initialVersions: new Map([['default', 'v1']]),
      typeUrl: SECRET_TYPE_URL,
      nonce: '5',
      error: undefined,
    });
  });
});

describe('a subscription', () => {
  function subscribed(isDelta: boolean) {
    const versions = new Map([
      ['default', '1'],
      ['ROOTCA', '1'],
    ]);
    const sent: DiscoveryResponse[] = [];
    const subscription = new Subscription({
      isDelta,
      find: (name) => {
        const version = versions.get(name);
        return version === undefined ? undefined : { name, version, bytes: Buffer.of() };
      },
      send: (response) => sent.push(response),
      onAnswer: () => {},
    });
    return {
      versions,
      sent,
      subscription,
      last: () => sent.at(-1)?.resources.map(({ name, version }) => name + version),
    };
  }

  it('sends what is new once, and only what is wanted; in delta only what has changed', () => {
    for (const isDelta of [false, true]) {
      const { versions, sent, subscription, last } = subscribed(isDelta);
      subscription.want(['default', 'ROOTCA', 'unknown'], SECRET_TYPE_URL);
      subscription.push();
      subscription.push();
      expect(sent).toHaveLength(1);
      versions.set('default', '2');
      subscription.push();
      expect(last()).toEqual(isDelta ? ['default2'] : ['default2', 'ROOTCA1']);
    }
  });

  it('knows what has been taken, and does not repeat what was refused', () => {
    const { versions, sent, subscription } = subscribed(true);
    subscription.subscribe('default', SECRET_TYPE_URL, undefined);
    subscription.push();
    expect(subscription.ackedVersion('default')).toBeUndefined();
    subscription.answer(sent[0]?.nonce ?? '', undefined);
    expect(subscription.ackedVersion('default')).toBe('1');
    versions.set('default', '2');
    subscription.push();
    subscription.answer('1', undefined);
    expect(subscription.ackedVersion('default'), 'an answer to an older one').toBe('1');
    subscription.answer(sent[1]?.nonce ?? '', 'bad key');
    subscription.push();
    expect(sent).toHaveLength(2);
    expect(subscription.ackedVersion('default')).toBe('1');
    versions.set('default', '3');
    subscription.push();
    expect(sent).toHaveLength(3);
  });

  it('sends nothing to an Envoy that comes back with what it has', () => {
    const { sent, subscription } = subscribed(true);
    subscription.subscribe('default', SECRET_TYPE_URL, '1');
    subscription.push();
    expect(sent).toEqual([]);
    expect(subscription.ackedVersion('default')).toBe('1');
  });
});

describe('an answer of the CA', () => {
  it('is refused where an Envoy could not work with it', async () => {
    const nowMs = Date.now();
    const store = new MemoryStore();
    const ca = await MeshCa.init({ store, trustDomain: 'cluster.local' });
    const other = await MeshCa.init({ store: new MemoryStore(), trustDomain: 'cluster.local' });
    const key = newKey();
    const csr = verifyCsr(await createCsr(key));
    const { chain } = await ca.issueWorkload(csr, WEB);
    expect(checkAnswer(chain, key, WEB, nowMs).certificate).toMatchObject({ spiffeId: WEB_ID, issuer: ca.active.id });
    expect(checkAnswer([chain.join('')], key, WEB, nowMs).certificate.spiffeId, 'in one text').toBe(WEB_ID);

    const refuse = (answer: readonly string[], expected = WEB as Parameters<typeof checkAnswer>[2], atMs = nowMs) =>
      expect(() => checkAnswer(answer, key, expected, atMs));
    refuse([]).toThrow('no root');
    refuse(chain.slice(0, 1)).toThrow('no root');
    refuse(['nonsense']).toThrow('no root');
    refuse(['-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----']).toThrow('cannot be read');
    refuse([chain[0] ?? '', other.bundle.pem]).toThrow('does not hold together');
    refuse(Array.from({ length: 12 }, () => ca.bundle.pem)).toThrow('more than 10');
    expect(() => checkAnswer(chain, newKey(), WEB, nowMs)).toThrow('another key');
    refuse(chain, { ...WEB, serviceAccount: 'db' }).toThrow('not for this workload');
    refuse(chain, { ...WEB, trustDomain: 'other.example' }).toThrow('not for this workload');
    refuse(chain, WEB, nowMs + 25 * 3_600_000).toThrow('has expired already');
    refuse(chain, WEB, nowMs - 3_600_000).toThrow('of the future');
    refuse((await ca.issueServer(csr, { dnsNames: ['web'] }, 60_000)).chain).toThrow('not for this workload');
    expect(() => readTrust('', '')).toThrow('is empty');
    expect(() => readTrust(chain[0] ?? '', '')).toThrow('no CA');
    expect(readTrust(other.bundle.pem + ca.bundle.pem, '').hash).toBe(
      readTrust(ca.bundle.pem + other.bundle.pem, '').hash,
    );
    expect(readTrust(ca.bundle.pem, '').hash, 'as the CA names it').toBe(ca.bundle.hash);
  });

  it('is renewed with half of its life left, spread by a hundredth', () => {
    const times = [0, 0.5, 1].map((random) => renewalTimeMs(0, 86_400_000, () => random) / 86_400_000);
    expect(times.map((time) => Number(time.toFixed(4)))).toEqual([0.51, 0.5, 0.49]);
  });
});
