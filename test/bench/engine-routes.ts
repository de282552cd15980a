/** One decision with 10,000 rules on the host against one with 10, in alternating rounds: the cost must not grow. */
import { factsOf } from '../../src/control/simulate/request.ts';
import type { DomainConfig, RouteMatchConfig } from '../../src/engine/config.ts';
import { decide } from '../../src/engine/decide.ts';
import type { RequestFacts } from '../../src/engine/facts.ts';
import type { ServingConfig } from '../../src/engine/serving.ts';
import { BENCH_ENVIRONMENT } from './engine-environment.ts';
import { median } from './median.ts';

const origin = { kind: 'VirtualService', namespace: 'bench', name: 'rules' };
const FEW = 10;
const MANY = 10_000;
const TARGET_RATIO = 1.3;

interface Shape {
  match(rule: number): RouteMatchConfig;
  request(rule: number): RequestFacts;
}

const shapes: Readonly<Record<string, Shape>> = {
  exact: {
    match: (rule) => ({ path: { exact: `/r${rule}/x` } }),
    request: (rule) => factsOf({ url: `http://a.example.com/r${rule}/x` }),
  },
  prefix: {
    match: (rule) => ({ path: { prefix: `/r${rule}/` } }),
    request: (rule) => factsOf({ url: `http://a.example.com/r${rule}/x` }),
  },
  header: {
    match: (rule) => ({ path: { prefix: '/' }, headers: [{ name: 'x-tenant', match: { exact: `t${rule}` } }] }),
    request: (rule) => factsOf({ url: 'http://a.example.com/', headers: { 'x-tenant': `t${rule}` } }),
  },
};

function servingWith(rules: number, shape: Shape): ServingConfig {
  const cluster = { name: 'c', host: 'c', port: 80, state: 'ready', upstream: { kind: 'link', clusters: [] } } as const;
  const domain: DomainConfig = {
    domain: 'a.example.com',
    virtualHosts: {
      'http.80': {
        name: 'a.example.com:80',
        httpsRedirect: false,
        routes: Array.from({ length: rules }, (_, rule) => ({
          name: '',
          origin,
          match: shape.match(rule),
          action: { kind: 'forward', timeoutMs: 0, destinations: [{ weight: 1, cluster: 'c', origin }] },
        })),
      },
    },
  };
  return {
    version: 1,
    gateway: {
      listeners: [{ port: 80, tls: false, tables: [{ name: 'http.80', sniHosts: [], policies: 'edge', origin }] }],
      settings: {
        pathNormalization: 'BASE',
        trustDomain: 'cluster.local',
        numTrustedProxies: 0,
        serverHeader: 'istio-envoy',
        identity: '',
      },
      policies: { edge: { jwt: [], authorization: { custom: [], audit: [], deny: [], allow: [], providers: {} } } },
    },
    domain: (name) => (name === domain.domain ? domain : undefined),
    cluster: () => cluster,
  };
}

function nanoseconds(serving: ServingConfig, facts: RequestFacts): number {
  const rounds = 30_000;
  const start = performance.now();
  for (let i = 0; i < rounds; i++) decide(serving, facts, BENCH_ENVIRONMENT);
  return ((performance.now() - start) * 1e6) / rounds;
}

export function benchEngineRoutes(): void {
  for (const [name, shape] of Object.entries(shapes)) {
    for (const hit of [true, false]) {
      const [few, many] = [FEW, MANY].map((rules) => {
        const serving = servingWith(rules, shape);
        const facts = shape.request(hit ? rules - 1 : MANY * 10);
        nanoseconds(serving, facts);
        return () => nanoseconds(serving, facts);
      });
      const rounds = Array.from({ length: 15 }, () => [few?.() ?? 0, many?.() ?? 0] as const);
      const ratio = median(rounds.map(([a, b]) => b / a));
      console.log(
        `${name} rules, ${hit ? 'hit' : 'miss'}: ${FEW} rules ${median(rounds.map(([a]) => a)).toFixed(0)} ns, ` +
          `${MANY} rules ${median(rounds.map(([, b]) => b)).toFixed(0)} ns, ratio ${ratio.toFixed(2)} (target ≤ ${TARGET_RATIO})`,
      );
    }
  }
}

if (import.meta.main) benchEngineRoutes();
