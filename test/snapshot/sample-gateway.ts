import type { ClusterConfig, DomainConfig, GatewayConfig, RouteConfig } from '../../src/engine/config.ts';
import type { ConfigOrigin } from '../../src/engine/values.ts';
import type { SnapshotInput } from '../../src/snapshot/encode.ts';

export const EMPTY_GATEWAY: GatewayConfig = {
  listeners: [
    {
      port: 80,
      tls: false,
      tables: [
        {
          name: 'http.80',
          sniHosts: [],
          policies: 'edge',
          origin: originAt('Gateway', 'edge', 1, 7, 'spec.servers[0]'),
        },
      ],
    },
  ],
  settings: {
    pathNormalization: 'BASE',
    trustDomain: 'cluster.local',
    numTrustedProxies: 0,
    serverHeader: 'istio-envoy',
    identity: 'spiffe://cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account',
  },
  policies: { edge: { jwt: [], authorization: { custom: [], audit: [], deny: [], allow: [], providers: {} } } },
};

export function originAt(kind: string, name: string, objectLine: number, line: number, path: string): ConfigOrigin {
  return { kind, namespace: 'default', name, file: 'mesh.yaml', objectLine, line, path };
}

/** A host with so many prefix routes, each to its own subset, out of one VirtualService. */
export function sampleDomain(host: string, rules: number, objectLine: number, marker = ''): DomainConfig {
  const name = host.replaceAll('*', 'any');
  const routes = Array.from(
    { length: rules },
    (_, i): RouteConfig => ({
      name: `rule-${i}`,
      match: {
        path: { prefix: `/api/v1/things/${i}${marker}` },
        method: { exact: 'GET' },
        headers: [{ name: 'x-user', match: { exact: `user-${i}` } }],
      },
      action: {
        kind: 'forward',
        destinations: [
          {
            weight: 100,
            cluster: clusterName(name),
            origin: originAt('VirtualService', name, objectLine, objectLine + 10 + i * 9, `spec.http[${i}].route[0]`),
          },
        ],
        timeoutMs: 2_000,
        retries: { attempts: 2, retryOn: ['connect-failure', 'refused-stream'], statusCodes: [503] },
      },
      origin: originAt('VirtualService', name, objectLine, objectLine + 8 + i * 9, `spec.http[${i}]`),
    }),
  );
  return { domain: host, virtualHosts: { 'http.80': { name: `${host}:80`, httpsRedirect: false, routes } } };
}

export function sampleCluster(name: string): ClusterConfig {
  return {
    name: clusterName(name),
    host: `${name}.default.svc.cluster.local`,
    port: 80,
    state: 'ready',
    upstream: { kind: 'link', clusters: ['Kubernetes'] },
    origin: originAt('Service', name, 1, 1, 'spec.ports[0]'),
  };
}

export function sampleGateway(domains: readonly DomainConfig[], config = EMPTY_GATEWAY): SnapshotInput {
  const names = domains.map(({ domain }) => domain.replaceAll('*', 'any'));
  return {
    config,
    domains: new Map(domains.map((domain) => [domain.domain, domain])),
    clusters: new Map(names.map((name) => [clusterName(name), sampleCluster(name)])),
  };
}

/** Many hosts in one file, one object after the other. */
export function largeGateway(hosts: number, rules = 10): SnapshotInput {
  const lines = 12 + rules * 9;
  return sampleGateway(
    Array.from({ length: hosts }, (_, i) => sampleDomain(`shop-${i}.example.com`, rules, 1 + i * lines)),
  );
}

function clusterName(name: string): string {
  return `outbound|80||${name}.default.svc.cluster.local`;
}
