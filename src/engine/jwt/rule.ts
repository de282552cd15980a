import type { Environment } from '../environment.ts';
import type { JwtRuleConfig } from '../policy-config.ts';
import type { ConfigOrigin } from '../values.ts';
import { prepareAudiences } from './audience.ts';
import { explainFailure } from './explain-failure.ts';
import type { TokenFailure } from './failure.ts';
import { KeySet } from './key-set.ts';
import { CLOCK_SKEW_SECONDS } from './limits.ts';
import { type FoundToken, prepareLocations, type TokenLocations, type TokenSource } from './locations.ts';
import { prepareOutputs, type TokenOutputs } from './outputs.ts';
import type { ParsedToken } from './parse-token.ts';
import { isSignedByOneOf, signatureFailure } from './signature.ts';
import { VerifiedToken } from './token.ts';
import type { TokenCache, Verification, Verifying } from './token-cache.ts';

export type RuleResult =
  | { readonly kind: 'missing' }
  | { readonly kind: 'verified'; readonly accepted: readonly Accepted[] }
  | FailedToken;

export interface Accepted {
  readonly found: FoundToken;
  readonly verification: Verification;
}

export interface FailedToken {
  readonly kind: 'failed';
  readonly failure: TokenFailure;
  readonly why: string;
  /** Good tokens that the rule found before the bad one. */
  readonly accepted?: readonly Accepted[];
}

/** The keys that a rule has now; another object as soon as they change, which makes cached verifications void. */
interface Keys extends Verifying {
  readonly set: KeySet | undefined;
}

const MISSING: RuleResult = { kind: 'missing' };

/** One jwtRule. Answers at once unless a signature has to be checked or keys have to be fetched. */
export class JwtRule {
  readonly origin: ConfigOrigin;
  readonly issuer: string;
  readonly outputs: TokenOutputs;
  readonly forwardsToken: boolean;
  readonly #config: JwtRuleConfig;
  readonly #locations: TokenLocations;
  readonly #isForAudience: (audiences: readonly string[]) => boolean;
  readonly #cache: TokenCache;
  #keys: Keys;

  constructor(config: JwtRuleConfig, cache: TokenCache) {
    this.origin = config.origin;
    this.issuer = config.issuer;
    this.outputs = prepareOutputs(config);
    this.forwardsToken = config.forwardOriginalToken;
    this.#config = config;
    this.#locations = prepareLocations(config);
    this.#isForAudience = prepareAudiences(config.audiences);
    this.#cache = cache;
    this.#keys = { issuer: config.issuer, set: 'keys' in config.keys ? new KeySet(config.keys.keys) : undefined };
  }

  check(facts: TokenSource, env: Environment): RuleResult | Promise<RuleResult> {
    const found = this.#locations.find(facts);
    return found === undefined ? MISSING : this.#checkFrom(found, [], env);
  }

  /** Every token that is found must be good: behind the gateway a bad one could be taken for the one verified. */
  #checkFrom(found: readonly FoundToken[], accepted: Accepted[], env: Environment): RuleResult | Promise<RuleResult> {
    for (let next = found[accepted.length]; next !== undefined; next = found[accepted.length]) {
      const token = next;
      const result = this.#checkToken(token.value, env);
      if (result instanceof Promise) {
        return result.then((settled) => {
          if ('failure' in settled) return accepted.length === 0 ? settled : { ...settled, accepted };
          accepted.push({ found: token, verification: settled });
          return this.#checkFrom(found, accepted, env);
        });
      }
      if ('failure' in result) return accepted.length === 0 ? result : { ...result, accepted };
      accepted.push({ found: token, verification: result });
    }
    return { kind: 'verified', accepted };
  }

  #checkToken(token: string, env: Environment): Verification | FailedToken | Promise<Verification | FailedToken> {
    const nowMs = env.nowMs();
    const parsed = this.#cache.parse(token);
    if (typeof parsed === 'string') return this.#failed(parsed, undefined, nowMs);
    const claimFailure = this.#checkClaims(parsed, nowMs);
    if (claimFailure !== undefined) return this.#failed(claimFailure, parsed, nowMs);
    const verified = this.#cache.verification(token, this.#keys);
    if (verified !== undefined) return verified;
    const refusal = this.#cache.refusal(token, this.#keys, nowMs);
    if (refusal !== undefined) return this.#failed(refusal, parsed, nowMs);
    return this.#checkSignature(token, parsed, env);
  }

  /** Envoy judges issuer, times and audience before the signature: an expired forgery is `expired`. */
  #checkClaims(token: ParsedToken, nowMs: number): TokenFailure | undefined {
    if (this.issuer !== '' && token.issuer !== this.issuer) return 'unknown-issuer';
    const now = Math.floor(nowMs / 1000);
    if (now + CLOCK_SKEW_SECONDS < token.notBefore) return 'not-yet-valid';
    if (token.expires !== 0 && now > token.expires + CLOCK_SKEW_SECONDS) return 'expired';
    if (!this.#isForAudience(token.audiences)) return 'audience';
    return undefined;
  }

  #checkSignature(
    token: string,
    parsed: ParsedToken,
    env: Environment,
  ): FailedToken | Promise<Verification | FailedToken> {
    // RFC 7515 §4.1.11: must be refused. (Envoy ignores `crit`; no issuer of access tokens is known to send it.)
    if (parsed.hasCriticalExtensions) return this.#failed('bad-signature', parsed, env.nowMs());
    const { set } = this.#keys;
    const match = set?.match(parsed.keyId, parsed.algorithm);
    if (match?.isMatched === true) return this.#trySignature(token, parsed, env);
    const { uri } = this.#config.keys;
    const isUnknownKey = parsed.keyId !== '' && set?.hasKeyId(parsed.keyId) !== true;
    if (uri !== undefined && isUnknownKey) return this.#tryFreshKeys(uri, token, parsed, env);
    return this.#failed(noKeyFailure(set), parsed, env.nowMs());
  }

  async #trySignature(token: string, parsed: ParsedToken, env: Environment): Promise<Verification | FailedToken> {
    const keys = this.#keys;
    const candidates = keys.set?.match(parsed.keyId, parsed.algorithm).keys ?? [];
    if (await isSignedByOneOf(parsed, candidates)) {
      const verification = {
        token: new VerifiedToken(parsed.payload, parsed.audiences, this.#config.spaceDelimitedClaims),
        outputs: this.outputs.of(parsed),
      };
      this.#cache.keep(token, parsed, keys, verification);
      return verification;
    }
    const failure = signatureFailure(parsed);
    this.#cache.refuse(token, keys, failure, env.nowMs());
    return this.#failed(failure, parsed, env.nowMs());
  }

  /** A key id that is not in the set may be that of a key made since; asked for once, the answer is final. */
  async #tryFreshKeys(
    uri: string,
    token: string,
    parsed: ParsedToken,
    env: Environment,
  ): Promise<Verification | FailedToken> {
    const jwks = await env.refetchJwks(uri).catch(() => undefined);
    const fresh = jwks === undefined ? undefined : new KeySet(jwks);
    // Keys without the one that is wanted are no reason to void all that has been verified so far.
    if (fresh?.hasKeyId(parsed.keyId) === true) this.#keys = { issuer: this.issuer, set: fresh };
    if (this.#keys.set?.match(parsed.keyId, parsed.algorithm).isMatched === true) {
      return this.#trySignature(token, parsed, env);
    }
    const failure = noKeyFailure(this.#keys.set);
    this.#cache.refuse(token, this.#keys, failure, env.nowMs());
    return this.#failed(failure, parsed, env.nowMs());
  }

  #failed(failure: TokenFailure, token: ParsedToken | undefined, nowMs: number): FailedToken {
    return { kind: 'failed', failure, why: explainFailure(failure, token, this.#config, nowMs) };
  }
}

function noKeyFailure(set: KeySet | undefined): TokenFailure {
  if (set === undefined) return 'keys-unavailable';
  return set.isEmpty ? 'no-keys' : 'no-matching-key';
}
