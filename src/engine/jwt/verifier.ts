import type { Environment } from '../environment.ts';
import type { RequestFacts } from '../facts.ts';
import type { JwtRuleConfig } from '../policy-config.ts';
import type { Tracer } from '../trace.ts';
import { pass, reject, type TokenOutcome, type TokenPass, type TokenRequest } from './outcome.ts';
import { spelledNames } from './query-token.ts';
import { decidingFailure } from './requirement.ts';
import { type Accepted, JwtRule, type RuleResult } from './rule.ts';
import { sharedTokenCache, type TokenCache } from './token-cache.ts';

export type { TokenOutcome, TokenRequest } from './outcome.ts';

/** RequestAuthentication, as Istio configures Envoy's jwt_authn filter by it. */
export interface TokenVerifier {
  /** Answers at once unless a signature has to be checked or keys have to be fetched. Never throws, never rejects. */
  verify(request: TokenRequest, env: Environment, tracer?: Tracer): TokenOutcome | Promise<TokenOutcome>;
}

export function prepareJwt(rules: readonly JwtRuleConfig[], cache: TokenCache = sharedTokenCache): TokenVerifier {
  return new RequestAuthentication(rules.map((rule) => new JwtRule(rule, cache)));
}

class RequestAuthentication implements TokenVerifier {
  readonly #rules: readonly JwtRule[];
  /** Taken off every request, with or without a token: only a verified token may set them. */
  readonly #outputNames: readonly string[];
  readonly #withoutToken: TokenPass;

  constructor(rules: readonly JwtRule[]) {
    this.#rules = rules;
    this.#outputNames = [...new Set(rules.flatMap((rule) => rule.outputs.names))];
    this.#withoutToken = pass(undefined, new Map(this.#outputNames.map((name) => [name, null])));
  }

  verify(request: TokenRequest, env: Environment, tracer?: Tracer): TokenOutcome | Promise<TokenOutcome> {
    if (isCorsPreflight(request.facts)) return this.#withoutToken;
    return this.#verifyFrom(0, [], request, env, tracer);
  }

  #verifyFrom(
    start: number,
    results: RuleResult[],
    request: TokenRequest,
    env: Environment,
    tracer: Tracer | undefined,
  ): TokenOutcome | Promise<TokenOutcome> {
    for (let index = start; index < this.#rules.length; index++) {
      const rule = this.#rules[index] as JwtRule;
      const result = rule.check(request.facts, env);
      if (result instanceof Promise) {
        return result.then((settled) => {
          const outcome = this.#after(rule, settled, results, request, tracer);
          return outcome ?? this.#verifyFrom(index + 1, results, request, env, tracer);
        });
      }
      const outcome = this.#after(rule, result, results, request, tracer);
      if (outcome !== undefined) return outcome;
    }
    const deciding = decidingFailure(results);
    if (deciding === undefined) return this.#withoutToken;
    const { failure, why } = deciding.failed;
    return reject(failure, why, (this.#rules[deciding.index] as JwtRule).origin, request);
  }

  #after(
    rule: JwtRule,
    result: RuleResult,
    results: RuleResult[],
    request: TokenRequest,
    tracer: Tracer | undefined,
  ): TokenOutcome | undefined {
    if (tracer !== undefined) trace(tracer, rule, result);
    if (result.kind === 'verified') return this.#accept(rule, result.accepted, results, request.facts);
    results.push(result);
    return undefined;
  }

  /** Of several good tokens the last verified one speaks for the request, as in Envoy. */
  #accept(rule: JwtRule, accepted: readonly Accepted[], before: readonly RuleResult[], facts: RequestFacts): TokenPass {
    const edits = new Map<string, string | null>();
    for (const name of this.#outputNames) edits.set(name, null);
    const params = new Set<string>();
    // A rule that found a bad token after a good one has failed, but Envoy has dealt with the good one by then.
    for (let index = 0; index < before.length; index++) {
      const failed = before[index];
      if (failed?.kind !== 'failed' || failed.accepted === undefined) continue;
      applyTokens(this.#rules[index] as JwtRule, failed.accepted, edits, params);
    }
    applyTokens(rule, accepted, edits, params);
    const token = accepted[accepted.length - 1]?.verification.token;
    return params.size === 0 ? pass(token, edits) : pass(token, edits, spelledNames(facts.query ?? '', params));
  }
}

/** Output headers in, tokens that are not to be forwarded out. */
function applyTokens(
  rule: JwtRule,
  accepted: readonly Accepted[],
  edits: Map<string, string | null>,
  params: Set<string>,
): void {
  for (const { found, verification } of accepted) {
    for (const [name, value] of verification.outputs) {
      const before = edits.get(name);
      edits.set(name, typeof before === 'string' ? `${before},${value}` : value);
    }
    if (rule.forwardsToken) continue;
    if (found.header !== undefined) edits.set(found.header, null);
    if (found.param !== undefined) params.add(found.param);
  }
}

/** Istio sets bypass_cors_preflight: browsers send no credentials with a preflight. */
function isCorsPreflight(facts: RequestFacts): boolean {
  return (
    facts.method === 'OPTIONS' &&
    isFilled(facts.header('origin')) &&
    isFilled(facts.header('access-control-request-method'))
  );
}

function isFilled(value: string | null): boolean {
  return value !== null && value !== '';
}

function trace(tracer: Tracer, rule: JwtRule, result: RuleResult): void {
  const { issuer, origin } = rule;
  switch (result.kind) {
    case 'missing':
      tracer.step({ stage: 'token', issuer, verdict: 'missing', origin });
      return;
    case 'failed':
      tracer.step({ stage: 'token', issuer, verdict: 'failed', why: result.why, origin });
      return;
    case 'verified': {
      const principal = result.accepted[result.accepted.length - 1]?.verification.token.principal;
      tracer.step({
        stage: 'token',
        issuer,
        verdict: 'verified',
        origin,
        ...(principal === undefined ? {} : { principal }),
      });
    }
  }
}
