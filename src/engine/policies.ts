import { type Authorizer, prepareAuthorization } from './authorize/authorizer.ts';
import { prepareJwt, type TokenVerifier } from './jwt/verifier.ts';
import type { PolicyScope } from './policy-config.ts';

/** The policies of a gateway workload, ready to be used. */
export interface Policies {
  /** Undefined when no RequestAuthentication applies. */
  readonly tokens: TokenVerifier | undefined;
  readonly authorizer: Authorizer;
  readonly needsRegexEngine: boolean;
}

const prepared = new WeakMap<PolicyScope, Policies>();

/** Prepared once for as long as the configuration object lives. */
export function preparedPolicies(config: PolicyScope): Policies {
  let policies = prepared.get(config);
  if (policies === undefined) {
    const authorizer = prepareAuthorization(config.authorization);
    policies = {
      tokens: config.jwt.length === 0 ? undefined : prepareJwt(config.jwt),
      authorizer,
      needsRegexEngine: authorizer.needsRegexEngine,
    };
    prepared.set(config, policies);
  }
  return policies;
}
