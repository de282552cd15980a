import { describe, expect, it } from 'vitest';
import type { ExternalAuthorizerConfig } from '../../../src/engine/policy-config.ts';
import { authorizer, originOf, policy, recorder, requestOf, rule } from './support.ts';

const on = (path: string) => rule({ to: [{ paths: [{ exact: path }] }], origin: originOf(path) });
const NEVER = policy('allow-nothing', []);
const ALWAYS = policy('all', [rule()]);

describe('a request', () => {
  it('passes without any policy', () => {
    expect(authorizer({}).check(requestOf({}))).toMatchObject({ kind: 'allow', rule: undefined, observed: [] });
  });

  it('that a DENY rule matches is refused although an ALLOW rule matches too', () => {
    const verdict = authorizer({ deny: [policy('no-admin', [on('/'), on('/admin')])], allow: [ALWAYS] }).check(
      requestOf({ path: '/admin' }),
    );
    expect(verdict).toEqual({
      kind: 'deny',
      status: 403,
      body: 'RBAC: access denied',
      details: 'rbac_access_denied_matched_policy[ns[default]-policy[no-admin]-rule[1]]',
      why: 'DENY policy default/no-admin, rule 1',
      origin: originOf('/admin'),
      observed: [],
    });
  });

  it('that no ALLOW rule matches is refused by none', () => {
    const verdict = authorizer({ allow: [policy('read', [on('/a')]), policy('more', [on('/b')])] }).check(
      requestOf({}),
    );
    expect(verdict).toMatchObject({
      kind: 'deny',
      details: 'rbac_access_denied_matched_policy[none]',
      why: 'no rule matches of the ALLOW policies default/read, default/more',
      origin: undefined,
    });
  });

  it('that an ALLOW rule matches passes by it', () => {
    const verdict = authorizer({ allow: [policy('read', [on('/a'), on('/b')])] }).check(requestOf({ path: '/b' }));
    expect(verdict).toMatchObject({ kind: 'allow', rule: 'ns[default]-policy[read]-rule[1]', origin: originOf('/b') });
  });

  it('is refused by an ALLOW policy without rules, and not by a DENY policy without rules', () => {
    expect(authorizer({ allow: [NEVER] }).check(requestOf({})).kind).toBe('deny');
    expect(authorizer({ deny: [NEVER] }).check(requestOf({})).kind).toBe('allow');
  });

  it('is matched by a rule without conditions', () => {
    expect(authorizer({ deny: [ALWAYS] }).check(requestOf({})).kind).toBe('deny');
    expect(authorizer({ allow: [ALWAYS] }).check(requestOf({})).kind).toBe('allow');
  });

  it('is refused by the rule whose name sorts first, rule 10 before rule 2', () => {
    const rules = Array.from({ length: 11 }, (_, i) => (i === 2 || i === 10 ? on('/') : on(`/other-${i}`)));
    const deny = [policy('b', rules), policy('c', [rule()]), { ...policy('z', [on('/a')]), namespace: 'a' }];
    expect(authorizer({ deny }).check(requestOf({ path: '/' }))).toMatchObject({
      details: 'rbac_access_denied_matched_policy[ns[default]-policy[b]-rule[10]]',
    });
  });

  it('is refused by what cannot be understood in a DENY rule, and not let in by it in an ALLOW rule', () => {
    for (const broken of [
      rule({ from: [{ ipBlocks: ['not a block'] }] }),
      rule({ from: [{ notIpBlocks: ['10.0.0.0/99'] }] }),
      rule({ to: [{ paths: [{ template: '/{x}' }] }] }),
      rule({ when: [{ key: { kind: 'source-ip' }, values: [{ prefix: '10.' }], notValues: [] }] }),
    ]) {
      expect(authorizer({ deny: [policy('broken', [broken])] }).check(requestOf({})).kind).toBe('deny');
      expect(authorizer({ allow: [policy('broken', [broken])] }).check(requestOf({})).kind).toBe('deny');
    }
  });
});

describe('policies in dry run', () => {
  const dry = { dryRun: true };

  it('never refuse, and say that they would have', () => {
    const verdict = authorizer({ deny: [policy('try', [rule()], dry)] }).check(requestOf({}));
    expect(verdict).toMatchObject({
      kind: 'allow',
      observed: [{ action: 'DENY', dryRun: true, matched: true, rule: 'ns[default]-policy[try]-rule[0]' }],
    });
  });

  it('that would allow do not turn everything else away', () => {
    const verdict = authorizer({ allow: [policy('try', [on('/a')], dry)] }).check(requestOf({ path: '/b' }));
    expect(verdict).toMatchObject({ kind: 'allow', observed: [{ action: 'ALLOW', matched: false, rule: 'none' }] });
  });

  it('that would allow do not let in what others turn away', () => {
    const verdict = authorizer({ allow: [NEVER, policy('try', [rule()], dry)] }).check(requestOf({}));
    expect(verdict).toMatchObject({ kind: 'deny', observed: [{ action: 'ALLOW', matched: true }] });
  });
});

describe('AUDIT policies', () => {
  it('only say whether they match', () => {
    const audited = authorizer({ audit: [policy('log', [on('/a')])], deny: [policy('deny', [on('/a')])] });
    expect(audited.check(requestOf({ path: '/a' }))).toMatchObject({
      kind: 'deny',
      observed: [{ action: 'AUDIT', dryRun: false, matched: true, rule: 'ns[default]-policy[log]-rule[0]' }],
    });
    expect(audited.check(requestOf({ path: '/b' }))).toMatchObject({ kind: 'allow', observed: [{ matched: false }] });
  });
});

describe('CUSTOM policies', () => {
  const provider = { name: 'opa' } as ExternalAuthorizerConfig;
  const custom = [policy('ask', [on('/a')], { provider: 'opa' })];

  it('have a say only where a rule matches', () => {
    expect(authorizer({ custom, providers: { opa: provider } }).custom(requestOf({ path: '/b' }))).toEqual({
      kind: 'none',
    });
    expect(authorizer({}).custom(requestOf({}))).toEqual({ kind: 'none' });
  });

  it('ask their provider', () => {
    expect(authorizer({ custom, providers: { opa: provider } }).custom(requestOf({ path: '/a' }))).toEqual({
      kind: 'ask',
      provider,
      rule: 'ns[default]-policy[ask]-rule[0]',
      origin: originOf('/a'),
    });
  });

  it.each([undefined, 'missing', 'toString', '__proto__'])('refuse what matches when the provider is %s', (name) => {
    const policies = [policy('ask', [on('/a')], name === undefined ? {} : { provider: name })];
    const broken = authorizer({ custom: policies, providers: { opa: provider } });
    expect(broken.custom(requestOf({ path: '/a' }))).toMatchObject({
      kind: 'deny',
      status: 403,
      details: 'rbac_access_denied_matched_policy[ns[default]-policy[ask]-rule[0]-deny-due-to-bad-CUSTOM-action]',
    });
    expect(broken.custom(requestOf({ path: '/b' }))).toEqual({ kind: 'none' });
  });
});

describe('a trace', () => {
  it('reports every rule in order, with the clause that failed or matched', () => {
    const tracer = recorder();
    const allow = [
      policy('b', [
        rule({ to: [{ paths: [{ prefix: '/api' }, { exact: '/v1' }] }] }),
        rule({ to: [{ methods: [{ exact: 'GET' }] }], from: [{ requestPrincipals: [{ present: true }] }] }),
        rule({ from: [{ ipBlocks: ['10.0.0.0/8'] }, { namespaces: [{ exact: 'shop' }] }] }),
        rule({ to: [{ notPaths: [{ prefix: '/adm' }] }] }),
        rule({ when: [{ key: { kind: 'header', name: 'authorization' }, values: [{ exact: 'x' }], notValues: [] }] }),
        rule({ to: [{ notPaths: [{ exact: '/x' }], hosts: [{ suffix: '.example' }] }] }),
        rule(),
      ]),
      policy('a', []),
    ];
    const request = requestOf({ path: '/admin', headers: { authorization: 'Bearer secret' } });
    const verdict = authorizer({ allow }).check(request, tracer);
    expect(verdict).toMatchObject({ kind: 'allow', rule: 'ns[default]-policy[b]-rule[5]' });
    expect(
      tracer.steps.map((step) =>
        step.stage === 'policy' ? `${step.policy} ${step.rule} ${step.matched}: ${step.clause}` : '',
      ),
    ).toEqual([
      'default/b 0 false: path "/admin" is not in ["/api*", "/v1"]',
      'default/b 1 false: request principal is absent, so not in ["*"]',
      'default/b 2 false: no source matches: source address 203.0.113.7 is not in ["10.0.0.0/8"]; source namespace is absent, so not in ["shop"]',
      'default/b 3 false: path "/admin" is in the excluded ["/adm*"]',
      'default/b 4 false: header "authorization" (hidden) is not in ["x"]',
      'default/b 5 true: path "/admin" is not in the excluded ["/x"] and host "shop.example" is in ["*.example"]',
      'default/b 6 true: the rule has no conditions',
      'default/a 0 false: the policy has no rules, so it never matches',
    ]);
  });

  it('comes to the same verdict as without', () => {
    const policies = { deny: [policy('d', [on('/a')])], allow: [policy('b', [on('/b')])], audit: [ALWAYS] };
    for (const path of ['/a', '/b', '/c']) {
      const prepared = authorizer(policies);
      expect(prepared.check(requestOf({ path }), recorder())).toEqual(prepared.check(requestOf({ path })));
    }
  });
});
