import type { Environment } from '../environment.ts';
import type { RequestFacts } from '../facts.ts';
import type { JwtRuleConfig } from '../policy-config.ts';
import { withoutQueryParams } from '../query.ts';
import type { Tracer } from '../trace.ts';
import type { TokenSource } from './locations.ts';
import { pass, reject, type TokenOutcome, type TokenPass, type TokenReject, type TokenRequest } from './outcome.ts';
import { spelledNames } from './query-token.ts';
import { type DecidingFailure, decidingFailure } from './requirement.ts';
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
    return this.#verifyAny({ request, env, tracer, results: [], facts: request.facts }, 0);
  }

  /** The first half of the requirement: one rule of them all. */
  #verifyAny(way: Way, start: number): TokenOutcome | Promise<TokenOutcome> {
    for (let index = start; index < this.#rules.length; index++) {
      const rule = this.#rules[index] as JwtRule;
      const result = rule.check(way.facts, way.env);
      if (result instanceof Promise) {
        return result.then((settled) => this.#after(way, rule, settled) ?? this.#verifyAny(way, index + 1));
      }
      const outcome = this.#after(way, rule, result);
      if (outcome !== undefined) return outcome;
    }
    // Nothing has been taken off: each rule would find again what it has found.
    if (way.facts === way.request.facts) return this.#refused(way, decidingFailure(way.results)) ?? this.#withoutToken;
    return this.#verifyAll(way, 0, []);
  }

  /** The second half: each rule, with what is left of the tokens. */
  #verifyAll(way: Way, start: number, verified: Considered[]): TokenOutcome | Promise<TokenOutcome> {
    for (let index = start; index < this.#rules.length; index++) {
      const rule = this.#rules[index] as JwtRule;
      const result = rule.check(way.facts, way.env);
      if (result instanceof Promise) {
        return result.then((settled) => {
          const refused = this.#afterAll(way, index, settled, verified);
          return refused ?? this.#verifyAll(way, index + 1, verified);
        });
      }
      const refused = this.#afterAll(way, index, result, verified);
      if (refused !== undefined) return refused;
    }
    return this.#accept(way, verified);
  }

  #after(way: Way, rule: JwtRule, result: RuleResult): TokenOutcome | undefined {
    if (way.tracer !== undefined) trace(way.tracer, rule, result);
    if (result.kind === 'verified') return this.#accept(way, [{ rule, accepted: result.accepted }]);
    way.results.push(result);
    if (result.kind === 'failed') way.facts = withoutTokens(way.facts, rule, result.accepted);
    return undefined;
  }

  #afterAll(way: Way, index: number, result: RuleResult, verified: Considered[]): TokenReject | undefined {
    const rule = this.#rules[index] as JwtRule;
    if (way.tracer !== undefined) trace(way.tracer, rule, result);
    if (result.kind === 'failed') return this.#refused(way, decidingFailure(way.results, { index, failed: result }));
    const accepted = result.kind === 'verified' ? result.accepted : [];
    verified.push({ rule, accepted });
    way.facts = withoutTokens(way.facts, rule, accepted);
    return undefined;
  }

  #refused({ request }: Way, deciding: DecidingFailure | undefined): TokenReject | undefined {
    if (deciding === undefined) return undefined;
    const { failure, why } = deciding.failed;
    return reject(failure, why, (this.#rules[deciding.index] as JwtRule).origin, request);
  }

  /** Of several good tokens the last verified one speaks for the request, as in Envoy. */
  #accept({ results, request: { facts } }: Way, verified: readonly Considered[]): TokenPass {
    const edits = new Map<string, string | null>();
    for (const name of this.#outputNames) edits.set(name, null);
    const params = new Set<string>();
    const all: Considered[] = [];
    // A rule that found a bad token after a good one has failed, but Envoy has dealt with the good one by then.
    for (let index = 0; index < results.length; index++) {
      const result = results[index];
      const accepted = result?.kind === 'failed' ? (result.accepted ?? []) : [];
      all.push({ rule: this.#rules[index] as JwtRule, accepted });
    }
    all.push(...verified);
    for (const { rule, accepted } of all) applyTokens(rule, accepted, edits, params);
    const token = all.findLast(({ accepted }) => accepted.length > 0)?.accepted.at(-1)?.verification.token;
    return params.size === 0 ? pass(token, edits) : pass(token, edits, spelledNames(facts.query ?? '', params));
  }
}

/** One request's way through the rules. */
interface Way {
  readonly request: TokenRequest;
  readonly env: Environment;
  readonly tracer: Tracer | undefined;
  /** Of the rules that have not let it pass. */
  readonly results: RuleResult[];
  /** The request as the next rule sees it: a good token is off it, even where its rule has failed by another. */
  facts: TokenSource;
}

/** A rule in its turn, with the good tokens that it found. */
interface Considered {
  readonly rule: JwtRule;
  readonly accepted: readonly Accepted[];
}

function withoutTokens(facts: TokenSource, rule: JwtRule, accepted: readonly Accepted[] | undefined): TokenSource {
  if (rule.forwardsToken || accepted === undefined || accepted.length === 0) return facts;
  const headers = new Set(accepted.map(({ found }) => found.header));
  const params = new Set(accepted.flatMap(({ found }) => found.param ?? []));
  const query =
    params.size === 0 || facts.query === undefined
      ? facts.query
      : withoutQueryParams(facts.query, spelledNames(facts.query, params)) || undefined;
  return { query, header: (name) => (headers.has(name) ? null : facts.header(name)) };
}

/**
 * Output headers in, tokens that are not to be forwarded out. Each rule, with a token or without, first takes off what
 * it could set, and with that what an earlier rule has set under the same name.
 */
function applyTokens(
  rule: JwtRule,
  accepted: readonly Accepted[],
  edits: Map<string, string | null>,
  params: Set<string>,
): void {
  for (const name of rule.outputs.names) edits.set(name, null);
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
