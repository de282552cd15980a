import type { AuthorizationConfig, PolicyConfig } from '../policy-config.ts';
import type { Tracer } from '../trace.ts';
import { customVerdict } from './custom.ts';
import { judgement } from './judge.ts';
import type { PolicyRequest } from './policy-request.ts';
import type { PolicyRule } from './policy-rule.ts';
import { PolicySet } from './policy-set.ts';
import {
  type CustomVerdict,
  denied,
  type Judgement,
  NOTHING_OBSERVED,
  type Observation,
  type PolicyAllow,
  type PolicyVerdict,
} from './verdict.ts';

/** AuthorizationPolicy, evaluated as by the RBAC filters of an Istio gateway. */
export interface Authorizer {
  /** True when the regex engine must be loaded before requests are checked. */
  readonly needsRegexEngine: boolean;
  /** CUSTOM, before tokens are verified. */
  custom(request: PolicyRequest, tracer?: Tracer): CustomVerdict;
  /** AUDIT, DENY, ALLOW, after tokens are verified. */
  check(request: PolicyRequest, tracer?: Tracer): PolicyVerdict;
  /** For the policies of a destination: what is certain already; see `destinationRequest`. */
  judge(request: PolicyRequest, tracer?: Tracer): Judgement;
}

export function prepareAuthorization(config: AuthorizationConfig): Authorizer {
  const custom = new PolicySet('CUSTOM', config.custom);
  const deny = new PolicySet('DENY', config.deny.filter(isEnforced));
  const allow = new PolicySet('ALLOW', config.allow.filter(isEnforced));
  const watched = [
    new PolicySet('AUDIT', config.audit),
    new PolicySet('DENY', config.deny.filter(isDryRun)),
    new PolicySet('ALLOW', config.allow.filter(isDryRun)),
  ].filter((set) => !set.isEmpty);
  const enforcement = new Enforcement(deny, allow);
  return {
    needsRegexEngine: [custom, deny, allow, ...watched].some((set) => set.needsRegexEngine),
    custom: (request, tracer) => customVerdict(custom, config.providers, request, tracer),
    check(request, tracer) {
      // AUDIT is first in Envoy's chain; policies in dry run are watched beside those of their action.
      const observed = watched.length === 0 ? NOTHING_OBSERVED : watched.map((set) => observe(set, request, tracer));
      return enforcement.verdict(request, observed, tracer);
    },
    judge: (request, tracer) => judgement({ custom, deny, allow }, request, tracer),
  };
}

class Enforcement {
  readonly #deny: PolicySet;
  readonly #allow: PolicySet;
  readonly #noneMatched: string;
  /** Verdicts that carry no observations are the same for every request. */
  readonly #plain = new Map<PolicyRule | undefined, PolicyAllow>();

  constructor(deny: PolicySet, allow: PolicySet) {
    this.#deny = deny;
    this.#allow = allow;
    this.#noneMatched = `no rule matches of the ALLOW policies ${namesOf(allow.policies)}`;
  }

  verdict(request: PolicyRequest, observed: readonly Observation[], tracer: Tracer | undefined): PolicyVerdict {
    const denying = this.#deny.isEmpty ? undefined : this.#deny.first(request, tracer);
    if (denying !== undefined) {
      return denied(denying.id, `DENY policy ${denying.policy}, rule ${denying.index}`, denying.origin, observed);
    }
    if (this.#allow.isEmpty) return this.#allowed(undefined, observed);
    const allowing = this.#allow.first(request, tracer);
    return allowing === undefined
      ? denied('none', this.#noneMatched, undefined, observed)
      : this.#allowed(allowing, observed);
  }

  #allowed(rule: PolicyRule | undefined, observed: readonly Observation[]): PolicyAllow {
    if (observed.length > 0) return { kind: 'allow', rule: rule?.id, origin: rule?.origin, observed };
    let verdict = this.#plain.get(rule);
    if (verdict === undefined) {
      verdict = { kind: 'allow', rule: rule?.id, origin: rule?.origin, observed };
      this.#plain.set(rule, verdict);
    }
    return verdict;
  }
}

function observe(set: PolicySet, request: PolicyRequest, tracer: Tracer | undefined): Observation {
  const rule = set.first(request, tracer);
  return {
    action: set.action,
    dryRun: set.action !== 'AUDIT',
    matched: rule !== undefined,
    rule: rule?.id ?? 'none',
    origin: rule?.origin,
  };
}

function isEnforced(policy: PolicyConfig): boolean {
  return !policy.dryRun;
}

function isDryRun(policy: PolicyConfig): boolean {
  return policy.dryRun;
}

function namesOf(policies: readonly PolicyConfig[]): string {
  const names = policies.slice(0, 5).map(({ namespace, name }) => `${namespace}/${name}`);
  return names.join(', ') + (policies.length > names.length ? ', …' : '');
}
