import { type Authorizer, prepareAuthorization } from '../../../src/engine/authorize/authorizer.ts';
import type { PolicyRequest } from '../../../src/engine/authorize/policy-request.ts';
import type { PeerIdentity } from '../../../src/engine/facts.ts';
import { VerifiedToken } from '../../../src/engine/jwt/token.ts';
import type { AuthorizationConfig, PolicyConfig, PolicyRuleConfig } from '../../../src/engine/policy-config.ts';
import type { Tracer, TraceStep } from '../../../src/engine/trace.ts';
import type { ConfigOrigin } from '../../../src/engine/values.ts';

export function originOf(name: string): ConfigOrigin {
  return { kind: 'AuthorizationPolicy', namespace: 'default', name };
}

export function rule(parts: Partial<PolicyRuleConfig> = {}): PolicyRuleConfig {
  return { from: [], to: [], when: [], origin: originOf('rule'), ...parts };
}

export function policy(
  name: string,
  rules: readonly PolicyRuleConfig[],
  more: Partial<PolicyConfig> = {},
): PolicyConfig {
  return { namespace: 'default', name, dryRun: false, rules, origin: originOf(name), ...more };
}

export function config(parts: Partial<AuthorizationConfig>): AuthorizationConfig {
  return { custom: [], audit: [], deny: [], allow: [], providers: {}, ...parts };
}

export function authorizer(parts: Partial<AuthorizationConfig>): Authorizer {
  return prepareAuthorization(config(parts));
}

/** Whether a request matches one rule: by way of an ALLOW policy that has nothing else. */
export function matches(parts: Partial<PolicyRuleConfig>, request: TestRequest): boolean {
  return authorizer({ allow: [policy('one', [rule(parts)])] }).check(requestOf(request)).kind === 'allow';
}

export interface TestRequest {
  readonly method?: string;
  readonly authority?: string;
  readonly path?: string;
  readonly port?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly peerAddress?: string;
  readonly clientAddress?: string;
  readonly sni?: string;
  readonly peer?: PeerIdentity;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export const FRONTEND: PeerIdentity = {
  principal: 'cluster.local/ns/shop/sa/frontend',
  trustDomain: 'cluster.local',
  namespace: 'shop',
  serviceAccount: 'frontend',
};

export function requestOf(request: TestRequest): PolicyRequest {
  const { headers = {}, claims } = request;
  const header = (name: string) => headers[name] ?? null;
  const audiences = claims?.aud;
  return {
    facts: {
      method: request.method ?? 'GET',
      scheme: 'https',
      authority: request.authority ?? 'shop.example',
      port: request.port ?? 443,
      rawPath: request.path ?? '/',
      query: undefined,
      header,
      peerAddress: request.peerAddress ?? '203.0.113.7',
      clientAddress: request.clientAddress ?? '203.0.113.7',
      sni: request.sni,
      peer: request.peer,
    },
    path: request.path ?? '/',
    token: claims === undefined ? undefined : new VerifiedToken(claims, Array.isArray(audiences) ? audiences : [], []),
    header,
  };
}

export function recorder(): Tracer & { readonly steps: TraceStep[] } {
  const steps: TraceStep[] = [];
  return { steps, step: (step) => steps.push(step) };
}
