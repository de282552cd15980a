/** What policies cost as they grow in number. `npx node test/bench/engine-authorize.ts` */
import { prepareAuthorization } from '../../src/engine/authorize/authorizer.ts';
import type { PolicyConfig, PolicyRuleConfig } from '../../src/engine/policy-config.ts';
import { median } from './median.ts';

const origin = { kind: 'AuthorizationPolicy', namespace: 'default', name: 'bench' };
const facts = {
  method: 'GET',
  scheme: 'https' as const,
  authority: 'shop.example',
  port: 443,
  rawPath: '/api/v1/items/42',
  query: undefined,
  header: (name: string) => (name === 'x-tenant' ? 'acme' : null),
  peerAddress: '203.0.113.7',
  clientAddress: '203.0.113.7',
  sni: undefined,
  peer: undefined,
};
const request = { facts, path: facts.rawPath, token: undefined, header: facts.header };

type Shape = (i: number) => Partial<PolicyRuleConfig>;

const shapes: Record<string, Shape> = {
  'exact paths': (i) => ({
    to: [{ paths: [{ exact: `/other/${i}` }, { exact: `/more/${i}` }], methods: [{ exact: 'GET' }] }],
  }),
  'path prefixes': (i) => ({ to: [{ paths: [{ prefix: `/other/${i}/` }] }] }),
  hosts: (i) => ({ to: [{ hosts: [{ exact: `host-${i}.example` }, { prefix: `host-${i}.example:` }] }] }),
  'paths of one host': (i) => ({ to: [{ hosts: [{ exact: 'shop.example' }], paths: [{ template: `/t${i}/{*}` }] }] }),
  'tenants in a header': (i) => ({
    when: [{ key: { kind: 'header', name: 'x-tenant' }, values: [{ exact: `tenant-${i}` }], notValues: [] }],
  }),
  'request principals': (i) => ({ from: [{ requestPrincipals: [{ exact: `https://issuer/${i}` }] }] }),
  addresses: (i) => ({ from: [{ ipBlocks: [`10.${i % 256}.0.0/16`] }] }),
};

function policies(count: number, shape: Shape): PolicyConfig[] {
  return Array.from({ length: count }, (_, i) => ({
    namespace: 'default',
    name: `policy-${i}`,
    dryRun: false,
    rules: [{ from: [], to: [], when: [], origin, ...shape(i) }],
    origin,
  }));
}

const MATCHING: PolicyConfig = {
  namespace: 'default',
  name: 'welcome',
  dryRun: false,
  rules: [{ from: [], to: [{ paths: [{ prefix: '/api/' }], methods: [{ exact: 'GET' }] }], when: [], origin }],
  origin,
};

function nanoseconds(count: number, shape: Shape): () => number {
  const others = policies(count, shape);
  const prepared = prepareAuthorization({
    custom: [],
    audit: [],
    deny: others,
    allow: [...others, MATCHING],
    providers: {},
  });
  if (prepared.check(request).kind !== 'allow') throw new Error('the bench allows nothing');
  return () => {
    const rounds = 20_000;
    const start = performance.now();
    for (let i = 0; i < rounds; i++) prepared.check(request);
    return ((performance.now() - start) * 1e6) / rounds;
  };
}

export function benchAuthorize(): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const [few, many] = [nanoseconds(5, shape), nanoseconds(500, shape)];
    const times: [number, number][] = Array.from({ length: 15 }, () => [few(), many()]);
    const fewTime = median(times.map(([time]) => time));
    const manyTime = median(times.map(([, time]) => time));
    const ratio = median(times.map(([a, b]) => b / a));
    console.log(
      `${name}: 5 policies ${fewTime.toFixed(0)} ns, 500 policies ${manyTime.toFixed(0)} ns, ratio ${ratio.toFixed(2)}`,
    );
  }
}

if (import.meta.main) benchAuthorize();
