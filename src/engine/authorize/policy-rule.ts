import type { PolicyConfig, PolicyRuleConfig } from '../policy-config.ts';
import type { IndexedRule, IndexKey } from '../rule-index.ts';
import type { ConfigOrigin } from '../values.ts';
import type { Alternatives, Clause, Clauses } from './clause.ts';
import { conditionClauses } from './condition.ts';
import { operationClauses } from './operation.ts';
import type { PolicyRequest } from './policy-request.ts';
import { ruleKeys } from './rule-keys.ts';
import { sourceClauses } from './source.ts';
import { FALSE, TRUE, type Truth, UNKNOWN } from './truth.ts';

/** One rule of a policy: one of `from`, one of `to` and all of `when`. */
export class PolicyRule implements Clauses {
  /** Envoy's name for it, by which it also orders rules. */
  readonly id: string;
  /** `<namespace>/<name>` of the policy. */
  readonly policy: string;
  readonly index: number;
  readonly config: PolicyConfig;
  readonly origin: ConfigOrigin;
  readonly from: Alternatives;
  readonly to: Alternatives;
  readonly when: readonly Clause[];

  constructor(config: PolicyConfig, rule: PolicyRuleConfig, index: number) {
    this.id = `ns[${config.namespace}]-policy[${config.name}]-rule[${index}]`;
    this.policy = `${config.namespace}/${config.name}`;
    this.index = index;
    this.config = config;
    this.origin = rule.origin;
    this.from = rule.from.map(sourceClauses);
    this.to = rule.to.map(operationClauses);
    this.when = rule.when.flatMap(conditionClauses);
  }

  get needsRegexEngine(): boolean {
    const clauses = [...this.from.flat(), ...this.to.flat(), ...this.when];
    return clauses.some((clause) => clause.needsRegexEngine);
  }

  evaluate(request: PolicyRequest): Truth {
    let truth = oneOf(this.to, request);
    if (truth === FALSE) return FALSE;
    truth = both(truth, allOf(this.when, request));
    if (truth === FALSE) return FALSE;
    return both(truth, oneOf(this.from, request));
  }
}

/**
 * A rule in its place among those of its action. What cannot be decided refuses: it makes a DENY rule match and an
 * ALLOW rule not.
 */
export class OrderedRule implements IndexedRule<PolicyRequest> {
  readonly rule: PolicyRule;
  readonly order: number;
  readonly keys: ReadonlyMap<string, readonly IndexKey[]>;
  readonly #least: Truth;

  constructor(rule: PolicyRule, order: number, matchesWhenUnknown: boolean) {
    this.rule = rule;
    this.order = order;
    this.keys = ruleKeys(rule);
    this.#least = matchesWhenUnknown ? UNKNOWN : TRUE;
  }

  matches(request: PolicyRequest): boolean {
    return this.rule.evaluate(request) >= this.#least;
  }
}

export function oneOf(alternatives: Alternatives, request: PolicyRequest): Truth {
  if (alternatives.length === 0) return TRUE;
  let truth: Truth = FALSE;
  for (let i = 0; i < alternatives.length; i++) {
    const one = allOf(alternatives[i] as readonly Clause[], request);
    if (one === TRUE) return TRUE;
    if (one > truth) truth = one;
  }
  return truth;
}

export function allOf(clauses: readonly Clause[], request: PolicyRequest): Truth {
  let truth: Truth = TRUE;
  for (let i = 0; i < clauses.length; i++) {
    const one = (clauses[i] as Clause).evaluate(request);
    if (one === FALSE) return FALSE;
    if (one < truth) truth = one;
  }
  return truth;
}

function both(a: Truth, b: Truth): Truth {
  return a < b ? a : b;
}
