import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Unknowable } from '../../../src/engine/authorize/policy-request.ts';
import { PolicyRule } from '../../../src/engine/authorize/policy-rule.ts';
import type {
  AuthorizationConfig,
  ConditionConfig,
  OperationConfig,
  PolicyConfig,
  PolicyPathMatcher,
  SourceConfig,
} from '../../../src/engine/policy-config.ts';
import type { StringMatcher } from '../../../src/engine/values.ts';
import { authorizer, FRONTEND, originOf, policy, recorder, requestOf, rule, type TestRequest } from './support.ts';

const text = fc.constantFrom('', 'a', 'b', 'ab', 'A', 'shop', 'i/s', 'x.example', 'x.example:80');
const path = fc.constantFrom('/', '/a', '/a/', '/a/b', '/ab', '/b', '/A');
const matcherOf = (values: fc.Arbitrary<string>): fc.Arbitrary<StringMatcher> =>
  fc.oneof(
    values.map((exact) => ({ exact })),
    values.map((prefix) => ({ prefix })),
    values.map((suffix) => ({ suffix })),
    fc.constant({ present: true as const }),
  );
const optional = <T>(list: fc.Arbitrary<T>) => fc.option(fc.array(list, { maxLength: 3 }), { nil: undefined, freq: 2 });
const matchers = optional(matcherOf(text));
const blocks = optional(
  fc.constantFrom(
    '10.0.0.0/8',
    '10.0.0.0/9',
    '10.0.0.1',
    '2001:db8::/33',
    '0.0.0.0/0',
    '::/0',
    '::ffff:10.0.0.0/104',
    'nonsense',
  ),
);
const paths: fc.Arbitrary<readonly PolicyPathMatcher[] | undefined> = optional(
  fc.oneof(
    matcherOf(path),
    fc.constantFrom('/{*}', '/a/{**}', '/{**}/b').map((template) => ({ template })),
  ),
);

function defined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

const source = fc
  .record({
    principals: matchers,
    notPrincipals: matchers,
    requestPrincipals: matchers,
    namespaces: matchers,
    ipBlocks: blocks,
    notRemoteIpBlocks: blocks,
  })
  .map((fields) => defined(fields) as SourceConfig);
const operation = fc
  .record({
    paths,
    notPaths: paths,
    methods: matchers,
    hosts: matchers,
    notHosts: matchers,
    ports: optional(fc.constantFrom(80, 443)),
  })
  .map((fields) => defined(fields) as OperationConfig);
const condition = fc.record({
  key: fc.constantFrom<ConditionConfig['key']>(
    { kind: 'header', name: 'x-a' },
    { kind: 'header', name: 'x-b' },
    { kind: 'request-claim', claim: ['groups'] },
    { kind: 'request-principal' },
    { kind: 'sni' },
  ),
  values: fc.array(matcherOf(text), { maxLength: 2 }),
  notValues: fc.array(matcherOf(text), { maxLength: 2 }),
});
const anyRule = fc
  .record({
    from: fc.array(source, { maxLength: 2 }),
    to: fc.array(operation, { maxLength: 2 }),
    when: fc.array(condition, { maxLength: 2 }),
  })
  .map((parts) => rule(parts));
const anyPolicy = fc
  .record({
    name: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    rules: fc.array(anyRule, { maxLength: 4 }),
    dryRun: fc.constantFrom(false, false, false, true),
  })
  .map(({ name, rules, dryRun }) => policy(name, rules, { dryRun }));
const policies = (maxLength: number) => fc.uniqueArray(anyPolicy, { maxLength, selector: ({ name }) => name });
const request: fc.Arbitrary<TestRequest> = fc
  .record({
    path,
    method: text,
    authority: text,
    port: fc.constantFrom(80, 443),
    peerAddress: fc.constantFrom('10.0.0.1', '::ffff:10.9.9.9', '2001:db8::1', 'nonsense'),
    clientAddress: fc.constantFrom('10.0.0.1', '192.0.2.1'),
    headers: fc.constantFrom({}, { 'x-a': 'a' }, { 'x-a': '', 'x-b': 'ab' }),
    claims: fc.constantFrom(undefined, { iss: 'i', sub: 's', groups: ['a', 'shop'] }, { iss: 'i', groups: 'ab' }),
    peer: fc.constantFrom(undefined, FRONTEND),
    sni: fc.constantFrom(undefined, 'x.example'),
  })
  .map((fields) => defined(fields) as TestRequest);

/** First match by name, one after the other, as ISTIO.md says it. */
function linear({ deny, allow }: AuthorizationConfig, asked: TestRequest): string {
  const enforcedRules = (list: readonly PolicyConfig[]) =>
    list
      .filter(({ dryRun }) => !dryRun)
      .flatMap((one) => one.rules.map((config, index) => new PolicyRule(one, config, index)))
      .sort((a, b) => (a.id < b.id ? -1 : 1));
  const subject = requestOf(asked);
  const denying = enforcedRules(deny).find((one) => one.evaluate(subject) !== 0);
  if (denying !== undefined) return `deny ${denying.id}`;
  if (!allow.some(({ dryRun }) => !dryRun)) return 'allow undefined';
  const allowing = enforcedRules(allow).find((one) => one.evaluate(subject) === 2);
  return allowing === undefined ? 'deny none' : `allow ${allowing.id}`;
}

function verdictOf(config: Partial<AuthorizationConfig>, asked: TestRequest, isTraced = false): string {
  const verdict = authorizer(config).check(requestOf(asked), isTraced ? recorder() : undefined);
  if (verdict.kind === 'allow') return `allow ${verdict.rule}`;
  return `deny ${verdict.details.slice('rbac_access_denied_matched_policy['.length, -1)}`;
}

describe('whatever the policies and the request', () => {
  const empty = { custom: [], audit: [], providers: {} };

  it('the index finds what trying one rule after the other finds', () => {
    fc.assert(
      fc.property(policies(8), policies(8), request, (deny, allow, asked) => {
        expect(verdictOf({ deny, allow }, asked)).toBe(linear({ ...empty, deny, allow }, asked));
      }),
      { numRuns: 600 },
    );
  });

  it('an explanation comes to the same verdict', () => {
    fc.assert(
      fc.property(policies(4), policies(4), request, (deny, allow, asked) => {
        expect(verdictOf({ deny, allow }, asked, true)).toBe(verdictOf({ deny, allow }, asked));
      }),
      { numRuns: 500 },
    );
  });

  it('one more DENY policy never lets in more', () => {
    fc.assert(
      fc.property(
        policies(4),
        policies(4),
        fc.array(anyRule, { maxLength: 3 }),
        request,
        (deny, allow, rules, asked) => {
          const more = [...deny, policy('one-more', rules)];
          if (verdictOf({ deny: more, allow }, asked).startsWith('allow')) {
            expect(verdictOf({ deny, allow }, asked)).toMatch(/^allow/);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('one more ALLOW rule never keeps out more', () => {
    fc.assert(
      fc.property(policies(4), anyRule, fc.array(anyRule, { maxLength: 3 }), request, (deny, extra, rules, asked) => {
        const before = verdictOf({ deny, allow: [policy('one', rules)] }, asked);
        const after = verdictOf({ deny, allow: [policy('one', [...rules, extra])] }, asked);
        if (before.startsWith('allow')) expect(after).toMatch(/^allow/);
      }),
      { numRuns: 300 },
    );
  });

  it('dry runs change nothing', () => {
    fc.assert(
      fc.property(policies(4), policies(4), request, (deny, allow, asked) => {
        const enforced = (list: PolicyConfig[]) => list.filter(({ dryRun }) => !dryRun);
        expect(verdictOf({ deny, allow }, asked)).toBe(
          verdictOf({ deny: enforced(deny), allow: enforced(allow) }, asked),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('judging with all facts known is deciding', () => {
    fc.assert(
      fc.property(policies(4), policies(4), request, (deny, allow, asked) => {
        fc.pre(asked.peerAddress !== 'nonsense' && !JSON.stringify([deny, allow]).includes('nonsense'));
        const prepared = authorizer({ deny, allow });
        expect(prepared.judge(requestOf(asked)).kind).toBe(prepared.check(requestOf(asked)).kind);
      }),
      { numRuns: 300 },
    );
  });

  it('a certain judgement holds whatever the unknown facts are', () => {
    const unknowns = fc
      .subarray(Object.values(Unknowable))
      .map((bits) => bits.reduce((all: number, bit) => all | bit, 0));
    fc.assert(
      fc.property(policies(4), policies(4), request, unknowns, (deny, allow, asked, unknown) => {
        const prepared = authorizer({ deny, allow });
        const judged = prepared.judge({ ...requestOf(asked), unknown }).kind;
        if (judged === 'deny') expect(prepared.check(requestOf(asked)).kind).toBe('deny');
        if (judged === 'allow') expect(prepared.check(requestOf(asked)).kind).toBe('allow');
      }),
      { numRuns: 600 },
    );
  });

  it('every rule can be explained', () => {
    fc.assert(
      fc.property(anyRule, request, (one, asked) => {
        const tracer = recorder();
        authorizer({ deny: [policy('p', [{ ...one, origin: originOf('p') }])] }).check(requestOf(asked), tracer);
        expect(tracer.steps).toHaveLength(1);
        expect(tracer.steps[0]).toMatchObject({ stage: 'policy', clause: expect.stringMatching(/./) });
      }),
      { numRuns: 300 },
    );
  });
});
