import type { DimensionValue, IndexKey } from '../rule-index.ts';
import type { PolicyRequest } from './policy-request.ts';
import { FALSE, not, type Truth, UNKNOWN } from './truth.ts';

/** One field of a policy: a list of values, one of which must (or none of which may) match a fact of the request. */
export interface Clause {
  evaluate(request: PolicyRequest): Truth;
  /** What the request has there and how that compares, in words. */
  explain(request: PolicyRequest, truth: Truth): string;
  /** Where an index can look the clause up; undefined when its values do not narrow anything down. */
  readonly key: ClauseKey | undefined;
  readonly needsRegexEngine: boolean;
}

export interface ClauseKey {
  readonly dimension: string;
  readonly keys: readonly IndexKey[];
  read(request: PolicyRequest): DimensionValue;
}

/** The part of a clause that differs by kind of value. */
export interface Comparison {
  /** Whether one of the values matches. */
  evaluate(request: PolicyRequest): Truth;
  /** `path "/admin"`, `header "x" is absent`. */
  describeFact(request: PolicyRequest): { readonly text: string; readonly isAbsent: boolean };
  /** `["/api*", "/v1"]`. */
  readonly values: string;
  /** `destination port`, for what cannot be known. */
  readonly name: string;
  readonly key: ClauseKey | undefined;
  readonly needsRegexEngine: boolean;
}

/** A fact that is absent matches no value, so a `not…` field holds for it (ISTIO.md 1.10). */
export function clause(comparison: Comparison, isNegated: boolean): Clause {
  const verb = (truth: Truth): string => ((truth === FALSE) === isNegated ? 'is in' : 'is not in');
  const values = isNegated ? `the excluded ${comparison.values}` : comparison.values;
  return {
    evaluate: isNegated ? (request) => not(comparison.evaluate(request)) : (request) => comparison.evaluate(request),
    explain(request, truth) {
      if (truth === UNKNOWN) return `${comparison.name} cannot be known here, to be compared with ${values}`;
      const { text, isAbsent } = comparison.describeFact(request);
      return isAbsent ? `${text} is absent, so not in ${values}` : `${text} ${verb(truth)} ${values}`;
    },
    key: isNegated ? undefined : comparison.key,
    needsRegexEngine: comparison.needsRegexEngine,
  };
}

/** Both fields of a pair, as far as they are given. */
export function clausePair<V>(
  values: readonly V[] | undefined,
  notValues: readonly V[] | undefined,
  compare: (values: readonly V[]) => Comparison,
): Clause[] {
  const clauses: Clause[] = [];
  if (values !== undefined && values.length > 0) clauses.push(clause(compare(values), false));
  if (notValues !== undefined && notValues.length > 0) clauses.push(clause(compare(notValues), true));
  return clauses;
}

/** Alternatives of which one must hold; each is a list of clauses that must all hold. */
export type Alternatives = readonly (readonly Clause[])[];

/** What a rule asks for: one of `from`, one of `to` and all of `when`. */
export interface Clauses {
  readonly from: Alternatives;
  readonly to: Alternatives;
  readonly when: readonly Clause[];
}
