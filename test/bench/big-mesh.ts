import type { AnyResource } from '../../src/resources/kinds.ts';
import { parseObject } from '../../src/resources/parse-object.ts';
import type { Fields } from '../support/api-server/kube-object.ts';

export const BIG = { virtualServices: 10_000, services: 5_000, endpoints: 50_000 } as const;

const NAMESPACES = 100;

export type Size = Readonly<Record<keyof typeof BIG, number>>;

/** Objects of a large mesh, as an API server has them: a VirtualService a host, a slice a service. */
export function* bigMesh(size: Size = BIG): Generator<Fields> {
  yield {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: metadata('web', 'istio-system', 0),
    spec: {
      selector: { istio: 'ingressgateway' },
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
    },
  };
  for (let i = 0; i < NAMESPACES; i++) {
    yield { apiVersion: 'v1', kind: 'Namespace', metadata: metadata(`ns-${i}`, undefined, i) };
  }
  for (let i = 0; i < size.services; i++) {
    yield service(i);
    yield slice(i, size);
    if (i % 5 === 0) yield destinationRule(i);
  }
  for (let i = 0; i < size.virtualServices; i++) yield virtualService(i, size);
}

export function virtualService(i: number, size: Size = BIG, weight = 70): Fields {
  const [one, other] = [i % size.services, (i + 1) % size.services];
  const host = (of: number): string => `svc-${of}.ns-${of % NAMESPACES}.svc.cluster.local`;
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: metadata(`vs-${i}`, `ns-${one % NAMESPACES}`, i),
    spec: {
      hosts: [`host-${i}.example.com`],
      gateways: ['istio-system/web'],
      http: [
        {
          match: [{ uri: { prefix: '/api/' }, headers: { 'x-tenant': { exact: `t-${i}` } } }],
          route: [{ destination: { host: host(one), ...(one % 5 === 0 ? { subset: 'v1' } : {}) } }],
          timeout: '5s',
        },
        {
          route: [
            { destination: { host: host(one) }, weight },
            { destination: { host: host(other) }, weight: 100 - weight },
          ],
        },
      ],
    },
  };
}

export function slice(i: number, size: Size = BIG, ready = true): Fields {
  const each = Math.round(size.endpoints / size.services);
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: metadata(`svc-${i}-x`, `ns-${i % NAMESPACES}`, i, { 'kubernetes.io/service-name': `svc-${i}` }),
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: Array.from({ length: each }, (_, n) => ({
      addresses: [`10.${(i >> 6) & 255}.${((i & 63) << 2) | (n >> 8)}.${n & 255}`],
      conditions: { ready },
      nodeName: `node-${n}`,
      zone: `zone-${n % 3}`,
      targetRef: { kind: 'Pod', name: `svc-${i}-${n}`, namespace: `ns-${i % NAMESPACES}` },
    })),
  };
}

function service(i: number): Fields {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(`svc-${i}`, `ns-${i % NAMESPACES}`, i, { app: `svc-${i}` }),
    spec: {
      selector: { app: `svc-${i}` },
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      clusterIP: '10.96.0.1',
    },
  };
}

function destinationRule(i: number): Fields {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: metadata(`svc-${i}`, `ns-${i % NAMESPACES}`, i),
    spec: { host: `svc-${i}`, subsets: [{ name: 'v1', labels: { version: 'v1' } }] },
  };
}

function metadata(name: string, namespace: string | undefined, i: number, labels?: Fields): Fields {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + i * 1_000).toISOString();
  return { name, namespace, uid: `${name}.${namespace}`, generation: 1, creationTimestamp, ...(labels && { labels }) };
}

/** Parsed once, as the source keeps them. */
export function parsed(object: Fields): AnyResource {
  const { resources, findings } = parseObject(object);
  const [resource] = resources;
  if (resource === undefined) throw new Error(JSON.stringify(findings));
  return resource;
}
