import { describe, expect, it } from 'vitest';
import type { OutboundCluster } from '../../src/mesh/outbound/outbound-cluster.ts';
import { encodeCluster } from '../../src/xds/cluster/cluster.ts';
import { EnvoyOverAds } from '../support/envoy-over-ads.ts';
import { describeWithEnvoy, ENVOY } from '../support/needs.ts';
import { shown } from '../support/shown.ts';

const HOST = 'web.shop.svc.cluster.local';

const PLAIN: OutboundCluster = {
  name: `outbound|80||${HOST}`,
  service: { host: HOST, name: 'web', namespace: 'shop' },
  port: { number: 80, protocol: 'HTTP' },
  subset: '',
  discovery: { kind: 'endpoints' },
  endpoints: [
    {
      locality: 'eu/a',
      priority: 0,
      weight: 1,
      endpoints: [
        {
          address: '10.1.2.3',
          port: 8080,
          weight: 1,
          meshTls: true,
          workload: 'web-1',
          namespace: 'shop',
          labels: { app: 'web', version: 'v1' },
        },
      ],
    },
  ],
  tls: { kind: 'none' },
  protocol: 'http1',
  loadBalancer: { kind: 'least-request' },
  localityWeighted: false,
  connectionPool: { connectTimeoutMs: 10_000 },
  origin: { kind: 'Service', namespace: 'shop', name: 'web' },
};

const MESH = { kind: 'mesh', byEndpoint: true, sni: `outbound_.80_._.${HOST}`, identities: [] } as const;
const IDENTITY = 'spiffe://cluster.local/ns/shop/sa/web';
const ORIGINATION = {
  kind: 'origination',
  sni: undefined,
  subjectAltNames: [],
  trust: { kind: 'system' },
  certificate: undefined,
} as const;
const NAMED_ENDPOINT = { ...PLAIN.endpoints[0], endpoints: [{ ...endpoint(), address: 'localhost' }] };

function endpoint() {
  const [group] = PLAIN.endpoints;
  const [one] = group?.endpoints ?? [];
  if (one === undefined) throw new Error('there is one');
  return one;
}

const VARIANTS: Readonly<Record<string, Partial<OutboundCluster>>> = {
  plain: {},
  'auto mTLS': { tls: MESH },
  'mTLS to known identities over HTTP/2': {
    tls: { ...MESH, byEndpoint: false, identities: [IDENTITY] },
    protocol: 'http2',
    connectionPool: {
      connectTimeoutMs: 500,
      maxConcurrentStreams: 50,
      http2Keepalive: { intervalMs: 30_000, timeoutMs: 5_000 },
    },
  },
  'TCP over mTLS': { tls: MESH, protocol: 'tcp', port: { number: 80, protocol: 'TCP' } },
  'TLS with the name of the request': { tls: ORIGINATION, protocol: 'as-downstream' },
  'mutual TLS with files, behind PROXY protocol': {
    proxyProtocol: 'V2',
    tls: {
      ...ORIGINATION,
      sni: 'api.example.com',
      subjectAltNames: ['api.example.com'],
      trust: { kind: 'file', path: '/etc/hosts', crl: undefined },
      certificate: { kind: 'secret', name: 'client' },
    },
  },
  'names, all of their addresses': {
    discovery: { kind: 'dns', oneAddress: false, refreshMs: 60_000 },
    endpoints: [{ locality: '', priority: 0, weight: 1, endpoints: NAMED_ENDPOINT.endpoints }],
  },
  'a name, one address at a time': {
    discovery: { kind: 'dns', oneAddress: true, refreshMs: 60_000 },
    endpoints: [{ locality: '', priority: 0, weight: 1, endpoints: NAMED_ENDPOINT.endpoints }],
  },
  'the original destination': {
    discovery: { kind: 'original-destination' },
    endpoints: [],
    loadBalancer: { kind: 'passthrough' },
  },
  'names of requests': { discovery: { kind: 'dynamic-dns' }, endpoints: [], tls: ORIGINATION },
  'ring hash': { loadBalancer: { kind: 'ring-hash', minimumRingSize: 1024, key: undefined } },
  maglev: { loadBalancer: { kind: 'maglev', tableSize: 65_537, key: undefined } },
  'slow start': {
    loadBalancer: { kind: 'round-robin', slowStart: { durationMs: 10_000, minimumPercent: 10, aggression: 1 } },
  },
  'every limit': {
    localityWeighted: true,
    connectionPool: {
      connectTimeoutMs: 250,
      maxConnections: 1,
      maxPendingRequests: 2,
      maxRequests: 3,
      maxRetries: 4,
      maxRequestsPerConnection: 5,
      maxConnectionDurationMs: 60_000,
      httpIdleTimeoutMs: 30_000,
      keepalive: { probes: 3, timeS: 60, intervalS: 10 },
    },
    outlierDetection: {
      consecutive5xx: 5,
      consecutiveGatewayErrors: 0,
      splitExternalLocalOriginErrors: true,
      consecutiveLocalOriginFailures: 2,
      intervalMs: 1_000,
      baseEjectionTimeMs: 30_000,
      maxEjectionPercent: 100,
      minHealthPercent: 0,
      errorCodes: [],
    },
    retryBudget: { percent: 20, minConcurrency: 3 },
  },
};

function variant(name: string): OutboundCluster {
  return { ...PLAIN, name, ...VARIANTS[name] };
}

describe('encodeCluster', () => {
  it('keeps endpoints apart from the cluster, so that their change is no change of it', () => {
    const moved = { ...PLAIN, endpoints: [] };
    const [cluster, endpoints] = encodeCluster(PLAIN);
    const [sameCluster, otherEndpoints] = encodeCluster(moved);
    expect(sameCluster?.version).toBe(cluster?.version);
    expect(otherEndpoints?.version).not.toBe(endpoints?.version);
  });

  it('encodes a cluster once', () => {
    expect(encodeCluster(PLAIN)).toBe(encodeCluster(PLAIN));
  });

  it('speaks mesh TLS to those endpoints only that have a sidecar', () => {
    const [cluster, endpoints] = encodeCluster(variant('auto mTLS')).map(shown);
    expect(cluster).toMatchObject({
      transport_socket_matches: [
        { name: 'tlsMode-istio', match: { tlsMode: 'istio' } },
        { name: 'tlsMode-disabled', match: {} },
      ],
    });
    expect(endpoints).toMatchObject({
      endpoints: [
        {
          locality: { region: 'eu', zone: 'a' },
          lb_endpoints: [{ metadata: { filter_metadata: { 'envoy.transport_socket_match': { tlsMode: 'istio' } } } }],
        },
      ],
    });
  });
});

describeWithEnvoy('a real Envoy', (test) => {
  test('takes every kind of cluster', async () => {
    const envoy = await EnvoyOverAds.start(ENVOY);
    try {
      expect(await envoy.load(Object.keys(VARIANTS).flatMap((name) => encodeCluster(variant(name))))).toEqual([]);
    } finally {
      await envoy.stop();
    }
  }, 120_000);
});
