import { describe, expect, it } from 'vitest';
import { type DestinationView, destinationRequest } from '../../../src/engine/authorize/judge.ts';
import type { AuthorizationConfig } from '../../../src/engine/policy-config.ts';
import { authorizer, FRONTEND, policy, requestOf, rule } from './support.ts';

function judge(policies: Partial<AuthorizationConfig>, view: Partial<DestinationView> = {}) {
  const { facts } = requestOf({ headers: { 'x-tenant': 'acme', 'x-request-id': 'mine' } });
  const request = { facts, authority: 'reviews', path: '/a', peer: FRONTEND, token: undefined, port: 9080, ...view };
  return authorizer(policies).judge(destinationRequest(request));
}

const KNOWN_TRUE = rule({ to: [{ paths: [{ exact: '/a' }] }] });
const KNOWN_FALSE = rule({ to: [{ paths: [{ exact: '/b' }] }] });
const UNKNOWABLE = rule({ from: [{ ipBlocks: ['10.0.0.0/8'] }] });

describe('a destination', () => {
  const rows: [sentence: string, policies: Partial<AuthorizationConfig>, kind: string][] = [
    ['without policies allows', {}, 'allow'],
    ['certainly refuses by a DENY rule of known facts', { deny: [policy('d', [KNOWN_TRUE])] }, 'deny'],
    ['may refuse by a DENY rule of unknown facts', { deny: [policy('d', [UNKNOWABLE])] }, 'unknown'],
    ['does not refuse by a DENY rule that fails for certain', { deny: [policy('d', [KNOWN_FALSE])] }, 'allow'],
    ['certainly refuses what no ALLOW rule can match', { allow: [policy('a', [KNOWN_FALSE])] }, 'deny'],
    ['certainly refuses by an ALLOW policy without rules', { allow: [policy('a', [])] }, 'deny'],
    ['may allow by an ALLOW rule of unknown facts', { allow: [policy('a', [KNOWN_FALSE, UNKNOWABLE])] }, 'unknown'],
    ['allows by an ALLOW rule of known facts', { allow: [policy('a', [UNKNOWABLE, KNOWN_TRUE])] }, 'allow'],
    [
      'certainly refuses although it may refuse earlier already',
      { deny: [policy('d', [UNKNOWABLE])], allow: [policy('a', [KNOWN_FALSE])] },
      'deny',
    ],
    [
      'may refuse although an ALLOW rule matches',
      { deny: [policy('d', [UNKNOWABLE])], allow: [policy('a', [KNOWN_TRUE])] },
      'unknown',
    ],
    ['is not asked when an external authorizer has a say', { custom: [policy('c', [KNOWN_TRUE])] }, 'unknown'],
    ['does not refuse in dry run', { deny: [policy('d', [KNOWN_TRUE], { dryRun: true })] }, 'allow'],
    [
      'does not turn a rule with one unknown and one false fact into a maybe',
      { deny: [policy('d', [rule({ from: [{ ipBlocks: ['10.0.0.0/8'] }], to: [{ paths: [{ exact: '/b' }] }] })])] },
      'allow',
    ],
    [
      'knows that one alternative suffices',
      { deny: [policy('d', [rule({ from: [{ ipBlocks: ['10.0.0.0/8'] }, { namespaces: [{ exact: 'shop' }] }] })])] },
      'deny',
    ],
    [
      'leaves an excluded unknown fact open',
      { deny: [policy('d', [rule({ from: [{ notIpBlocks: ['10.0.0.0/8'] }] })])] },
      'unknown',
    ],
  ];
  it.each(rows)('%s', (_sentence, policies, kind) => {
    expect(judge(policies).kind).toBe(kind);
  });

  it('is called by the cluster gateway, not by the client', () => {
    const allow = [policy('a', [rule({ from: [{ principals: [{ exact: FRONTEND.principal }] }] })])];
    expect(judge({ allow }).kind).toBe('allow');
    expect(judge({ allow }, { peer: undefined })).toMatchObject({ kind: 'deny', rule: 'none' });
    expect(judge({ allow }, { peer: 'unknown' }).kind).toBe('unknown');
  });

  it('sees the request as rewritten', () => {
    const deny = [
      policy('d', [rule({ to: [{ paths: [{ exact: '/new' }], hosts: [{ exact: 'ratings' }], ports: [8080] }] })]),
    ];
    expect(judge({ deny }).kind).toBe('allow');
    expect(judge({ deny }, { path: '/new', authority: 'ratings', port: 8080 })).toMatchObject({
      kind: 'deny',
      rule: 'ns[default]-policy[d]-rule[0]',
      why: 'path "/new" is in ["/new"] and host "ratings" is in ["ratings"] and port 8080 is in [8080]',
    });
    expect(judge({ deny }, { path: '/new', authority: 'ratings', port: 'unknown' }).kind).toBe('unknown');
  });

  it('may find a token or not', () => {
    const allow = [policy('a', [rule({ from: [{ requestPrincipals: [{ present: true }] }] })])];
    expect(judge({ allow }).kind).toBe('deny');
    expect(judge({ allow }, { token: 'unknown' }).kind).toBe('unknown');
  });

  it('sees headers that nobody changes on the way, and maybe others', () => {
    const denyBy = (name: string, value: string) => ({
      deny: [
        policy('d', [
          rule({ when: [{ key: { kind: 'header' as const, name }, values: [{ exact: value }], notValues: [] }] }),
        ]),
      ],
    });
    expect(judge(denyBy('x-tenant', 'acme')).kind).toBe('deny');
    expect(judge(denyBy('x-tenant', 'other')).kind).toBe('allow');
    expect(judge(denyBy('x-request-id', 'mine')).kind).toBe('unknown');
    expect(judge(denyBy('x-forwarded-for', '10.0.0.1')).kind).toBe('unknown');
    expect(judge(denyBy('x-gone', 'x'), { header: () => 'x' }).kind).toBe('deny');
  });
});
