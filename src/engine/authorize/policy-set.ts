import type { PolicyConfig } from '../policy-config.ts';
import { RuleIndex } from '../rule-index.ts';
import type { Tracer } from '../trace.ts';
import { parseAddress } from './address.ts';
import { explainRule } from './explain-rule.ts';
import type { PolicyRequest } from './policy-request.ts';
import { OrderedRule, PolicyRule } from './policy-rule.ts';
import { dimensionReaders } from './rule-keys.ts';
import { clientAddress, peerAddress } from './source-facts.ts';
import { FALSE, TRUE, type Truth, UNKNOWN } from './truth.ts';

export type PolicyAction = 'CUSTOM' | 'AUDIT' | 'DENY' | 'ALLOW';

/** The policies of one action that are enforced, or that are only watched. */
export class PolicySet {
  readonly action: PolicyAction;
  readonly policies: readonly PolicyConfig[];
  readonly #rules: readonly OrderedRule[];
  readonly #index: RuleIndex<PolicyRequest, OrderedRule>;
  readonly #readsAddresses: boolean;

  constructor(action: PolicyAction, policies: readonly PolicyConfig[]) {
    this.action = action;
    this.policies = policies;
    const rules = policies.flatMap((policy) => policy.rules.map((rule, index) => new PolicyRule(policy, rule, index)));
    // Envoy keeps rules in a map ordered by name, and names the first that matches: rule[10] comes before rule[2].
    rules.sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
    this.#rules = rules.map((rule, order) => new OrderedRule(rule, order, action !== 'ALLOW'));
    const readers = dimensionReaders(rules);
    this.#readsAddresses = readers.has(peerAddress.name) || readers.has(clientAddress.name);
    this.#index = new RuleIndex(this.#rules, (request, dimension) => readers.get(dimension)?.(request) ?? null);
  }

  get isEmpty(): boolean {
    return this.policies.length === 0;
  }

  get needsRegexEngine(): boolean {
    return this.#rules.some(({ rule }) => rule.needsRegexEngine);
  }

  /** The first rule that matches. With a tracer all of them are tried, in order, and reported. */
  first(request: PolicyRequest, tracer?: Tracer): PolicyRule | undefined {
    if (tracer !== undefined && tracer.isBrief !== true) return this.#traced(request, tracer);
    // An index leaves out what it cannot place, but an address that makes no sense has to count against the request.
    if (this.#readsAddresses && !hasSoundAddresses(request)) {
      return this.#rules.find((rule) => rule.matches(request))?.rule;
    }
    return this.#index.first(request)?.rule;
  }

  /** Without the index: what holds when some facts are unknown. */
  strongest(request: PolicyRequest, tracer?: Tracer): { readonly truth: Truth; readonly rule: PolicyRule | undefined } {
    if (tracer !== undefined && tracer.isBrief !== true) this.#traceTruths(request, tracer);
    let undecided: PolicyRule | undefined;
    for (const { rule } of this.#rules) {
      const truth = rule.evaluate(request);
      if (truth === TRUE) return { truth, rule };
      if (truth === UNKNOWN) undecided ??= rule;
    }
    return { truth: undecided === undefined ? FALSE : UNKNOWN, rule: undecided };
  }

  #traced(request: PolicyRequest, tracer: Tracer): PolicyRule | undefined {
    let first: PolicyRule | undefined;
    for (const ordered of this.#rules) {
      const { rule } = ordered;
      const matched = ordered.matches(request);
      if (matched) first ??= rule;
      const clause = explainRule(rule, request);
      this.#report(tracer, rule.config, rule.index, matched, clause, rule.origin);
    }
    for (const policy of this.policies) {
      if (policy.rules.length > 0) continue;
      this.#report(tracer, policy, 0, false, 'the policy has no rules, so it never matches', policy.origin);
    }
    return first;
  }

  #traceTruths(request: PolicyRequest, tracer: Tracer): void {
    for (const { rule } of this.#rules) {
      const truth = rule.evaluate(request);
      tracer.step({
        stage: 'policy',
        at: 'destination',
        action: this.action,
        policy: rule.policy,
        rule: rule.index,
        matched: truth === TRUE,
        ...(truth === UNKNOWN ? { undecided: true } : {}),
        dryRun: false,
        clause: explainRule(rule, request),
        origin: rule.origin,
      });
    }
  }

  #report(
    tracer: Tracer,
    { namespace, name, dryRun }: PolicyConfig,
    rule: number,
    matched: boolean,
    clause: string,
    origin: PolicyConfig['origin'],
  ): void {
    const policy = `${namespace}/${name}`;
    tracer.step({ stage: 'policy', action: this.action, policy, rule, matched, dryRun, clause, origin });
  }
}

function hasSoundAddresses({ facts }: PolicyRequest): boolean {
  return parseAddress(facts.clientAddress) !== undefined && parseAddress(facts.peerAddress) !== undefined;
}
