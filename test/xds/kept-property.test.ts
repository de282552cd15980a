import { create, fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileMesh } from '../../src/control/compile.ts';
import type { Mesh } from '../../src/mesh/model.ts';
import { ResourceSets } from '../../src/mesh/resource-sets.ts';
import type { AnyResource } from '../../src/resources/kinds.ts';
import { parseObject } from '../../src/resources/parse-object.ts';
import { DeltaStream } from '../../src/xds/ads/delta-stream.ts';
import { Responses } from '../../src/xds/ads/responses.ts';
import { XdsSnapshot } from '../../src/xds/ads/snapshot.ts';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CLUSTER, ENDPOINTS, LISTENER, type ProxyResources, ROUTES, type XdsResource } from '../../src/xds/resource.ts';
import { encodeProxy } from '../../src/xds/roles.ts';
import { allResources } from './support/all-resources.ts';

type Fields = Record<string, unknown>;

const NAMESPACES = ['shop', 'bank'] as const;
const namespace = fc.constantFrom(...NAMESPACES, 'istio-system');
const app = fc.constantFrom('a', 'b', 'c');
const mode = fc.constantFrom('STRICT', 'PERMISSIVE', 'DISABLE');

function object(apiVersion: string, kind: string, name: string, namespace: string, rest: Fields): Fields {
  return { apiVersion, kind, metadata: { name, namespace }, ...rest };
}

function selecting(name: string, own: string): Fields {
  return own === 'istio-system' ? {} : { selector: { matchLabels: { app: name } } };
}

function pod(name: string, own: string, last: number): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `${name}-0`, namespace: own, labels: { app: name } },
    spec: { serviceAccountName: name, containers: [{ name: 'app', image: 'app' }] },
    status: { podIP: `10.0.0.${last}` },
  };
}

function service(name: string, own: string, number: number, protocol: string): Fields {
  const ports = [{ name: protocol, port: number, targetPort: 8080 }];
  return object('v1', 'Service', name, own, { spec: { clusterIP: '10.96.0.1', selector: { app: name }, ports } });
}

const meshConfigs = [
  'rootNamespace: istio-system',
  'outboundTrafficPolicy: { mode: REGISTRY_ONLY }',
  'accessLogFile: /dev/stdout',
  'trustDomainAliases: [old.example]',
  'extensionProviders: [{ name: asks, envoyExtAuthzHttp: { service: a.shop.svc.cluster.local, port: 80 } }]',
];

const anyObject: fc.Arbitrary<Fields> = fc.oneof(
  fc
    .tuple(app, namespace, fc.constantFrom(80, 81), fc.constantFrom('http', 'tcp', 'unnamed'))
    .map((parts) => service(...parts)),
  fc.tuple(app, namespace, fc.integer({ min: 1, max: 9 })).map((parts) => pod(...parts)),
  fc.tuple(app, namespace, mode).map(([name, own, mtls]) =>
    object('security.istio.io/v1', 'PeerAuthentication', name, own, {
      spec: { ...selecting(name, own), mtls: { mode: mtls } },
    }),
  ),
  fc.tuple(app, namespace, fc.constantFrom('DENY', 'ALLOW')).map(([name, own, action]) =>
    object('security.istio.io/v1', 'AuthorizationPolicy', name, own, {
      spec: { ...selecting(name, own), action, rules: [{ to: [{ operation: { paths: ['/x'] } }] }] },
    }),
  ),
  fc.tuple(app, namespace).map(([name, own]) =>
    object('security.istio.io/v1', 'AuthorizationPolicy', `asked-${name}`, own, {
      spec: { ...selecting(name, own), action: 'CUSTOM', provider: { name: 'asks' }, rules: [{}] },
    }),
  ),
  fc.tuple(app, namespace, fc.integer({ min: 1, max: 3 })).map(([name, own, maxConnections]) =>
    object('networking.istio.io/v1', 'DestinationRule', name, own, {
      spec: { host: `${name}.shop.svc.cluster.local`, trafficPolicy: { connectionPool: { tcp: { maxConnections } } } },
    }),
  ),
  fc.tuple(app, app, fc.constantFrom('/x', '/y')).map(([name, to, prefix]) =>
    object('networking.istio.io/v1', 'VirtualService', name, 'shop', {
      spec: { hosts: [name], http: [{ match: [{ uri: { prefix } }], route: [{ destination: { host: to } }] }] },
    }),
  ),
  fc.tuple(app, namespace).map(([name, own]) =>
    object('networking.istio.io/v1', 'ServiceEntry', name, own, {
      spec: { hosts: [`${name}.ext.com`], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS' },
    }),
  ),
  fc.tuple(namespace, fc.constantFrom('./*', '*/*', 'bank/*'), fc.boolean()).map(([own, hosts, takes]) =>
    object('networking.istio.io/v1', 'Sidecar', 'default', own, {
      spec: {
        egress: [{ hosts: [hosts] }],
        ...(takes && own !== 'istio-system'
          ? { workloadSelector: { labels: { app: 'a' } }, ingress: [{ port: { number: 8080, protocol: 'HTTP' } }] }
          : {}),
      },
    }),
  ),
  fc
    .tuple(namespace, fc.boolean())
    .map(([own, disabled]) =>
      object('telemetry.istio.io/v1', 'Telemetry', 'default', own, { spec: { accessLogging: [{ disabled }] } }),
    ),
  fc
    .subarray(meshConfigs)
    .map((lines) => object('v1', 'ConfigMap', 'istio', 'istio-system', { data: { mesh: lines.join('\n') } })),
);

const step = fc.record({ raw: anyObject, isRemoved: fc.boolean() });

const BASE: readonly Fields[] = NAMESPACES.flatMap((own, i) => [
  service('a', own, 80, 'http'),
  service('b', own, 80, 'tcp'),
  pod('a', own, 1 + i),
  pod('b', own, 3 + i),
]);

interface Entry {
  readonly key: string;
  readonly raw: Fields;
  readonly resource: AnyResource;
}

function entryOf(raw: Fields): Entry {
  const { resources, findings } = parseObject(structuredClone(raw));
  const [resource] = resources;
  if (resource === undefined) throw new Error(JSON.stringify([raw, findings]));
  return { key: `${resource.kind}/${resource.metadata.namespace}/${resource.metadata.name}`, raw, resource };
}

function proxiesOf(mesh: Mesh): Map<string, ProxyResources> {
  const capture = { mode: 'REDIRECT', address: '0.0.0.0' } as const;
  return new Map(
    mesh.registry.workloads.map((workload) => [
      `${workload.namespace}/${workload.name}`,
      encodeProxy(mesh, { type: 'sidecar', workload }, { capture }),
    ]),
  );
}

function contentOf(resources: Iterable<XdsResource>): ReadonlyMap<string, string> {
  return new Map([...resources].map(({ typeUrl, name, version }) => [`${typeUrl} ${name}`, version] as const).sort());
}

const TYPES = [CLUSTER, ENDPOINTS, LISTENER, ROUTES];

/** Asks for everything, takes everything, and keeps what it is told. */
class Client {
  readonly held = new Map<string, string>();
  readonly #answers: { typeUrl: string; responseNonce: string }[] = [];
  readonly #stream: DeltaStream;
  #snapshot: XdsSnapshot;

  constructor(resources: ProxyResources) {
    this.#snapshot = new XdsSnapshot(resources.own, undefined, new XdsSnapshot(resources.shared));
    const options = { send: (bytes: Uint8Array) => this.#take(bytes), idle: () => {}, responses: new Responses() };
    this.#stream = new DeltaStream({ ...options, events: {} }, 'client', this.#snapshot);
    for (const typeUrl of TYPES) this.#stream.receive(create(DeltaDiscoveryRequestSchema, { typeUrl }));
    this.#answer();
  }

  goOn({ own, shared }: ProxyResources): void {
    this.#snapshot = new XdsSnapshot(own, this.#snapshot, new XdsSnapshot(shared, this.#snapshot.shared));
    this.#stream.apply(this.#snapshot);
    this.#answer();
  }

  #take(bytes: Uint8Array): void {
    const { typeUrl, nonce, resources, removedResources } = fromBinary(DeltaDiscoveryResponseSchema, bytes);
    for (const { name, version } of resources) this.held.set(`${typeUrl} ${name}`, version);
    for (const name of removedResources) this.held.delete(`${typeUrl} ${name}`);
    this.#answers.push({ typeUrl, responseNonce: nonce });
  }

  #answer(): void {
    for (let next = this.#answers.shift(); next !== undefined; next = this.#answers.shift()) {
      this.#stream.receive(create(DeltaDiscoveryRequestSchema, next));
    }
  }
}

describe('the configuration of proxies in a mesh that follows another', () => {
  it('equals the one that is made from nothing, and clients come to hold it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 3, maxLength: 20 }), (steps) => {
        const sets = new ResourceSets();
        const clients = new Map<string, Client>();
        let entries = BASE.map(entryOf);
        for (const { raw, isRemoved } of [{ raw: BASE[0] ?? {}, isRemoved: false }, ...steps]) {
          const entry = entryOf(raw);
          const at = entries.findIndex(({ key }) => key === entry.key);
          if (at === -1) entries = [...entries, entry];
          else entries = isRemoved ? entries.toSpliced(at, 1) : entries.with(at, entry);
          const resources = entries.map(({ resource }) => resource);
          const following = proxiesOf(compileMesh(resources, {}, sets).mesh);
          // New objects: nothing is remembered of them.
          const fresh = proxiesOf(compileMesh(entries.map((known) => entryOf(known.raw).resource)).mesh);
          expect([...following.keys()]).toEqual([...fresh.keys()]);
          for (const [name, proxy] of following) {
            const wanted = contentOf(allResources(fresh.get(name) ?? { shared: [], own: [] }));
            expect(contentOf(allResources(proxy))).toEqual(wanted);
            const client = clients.get(name);
            if (client === undefined) clients.set(name, new Client(proxy));
            else client.goOn(proxy);
            const served = [...wanted].filter(([key]) => TYPES.some((type) => key.startsWith(`${type} `)));
            expect(new Map([...(clients.get(name)?.held ?? [])].sort())).toEqual(new Map(served));
          }
        }
      }),
      { numRuns: 40 },
    );
  }, 240_000);
});
