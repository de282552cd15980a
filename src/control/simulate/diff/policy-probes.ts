import type {
  JwtRuleConfig,
  OperationConfig,
  PolicyConfig,
  PolicyRuleConfig,
  PolicyScope,
  SourceConfig,
} from '../../../engine/policy-config.ts';
import { type Constraint, type Draft, type DraftBase, newDraft, variations } from './draft.ts';
import { conditionConstraints, operationConstraints, sourceConstraints } from './policy-constraints.ts';
import { goodClaims, placesOf } from './token-drafts.ts';

/** Requests that the rules of a workload's policies match, and requests that they only just do not. */
export function policyProbes(scope: PolicyScope, base: DraftBase, before: readonly Constraint[] = []): Draft[] {
  const { custom, audit, deny, allow } = scope.authorization;
  const drafts = [...custom, ...audit, ...deny, ...allow].flatMap((policy) => ruleProbes(policy, scope, base, before));
  return [...drafts, ...scope.jwt.flatMap((rule) => tokenProbes(rule, base, before))];
}

function ruleProbes(
  { rules }: PolicyConfig,
  scope: PolicyScope,
  base: DraftBase,
  before: readonly Constraint[],
): Draft[] {
  return rules.flatMap((rule) =>
    alternativesOf(rule).flatMap(([source, operation]) => {
      const constraints = [
        ...before,
        ...operationConstraints(operation),
        ...rule.when.flatMap((condition) => conditionConstraints(condition, scope)),
        ...sourceConstraints(source, scope),
      ];
      return variations(base, constraints, true);
    }),
  );
}

/** Each source with the first operation, each operation with the first source. */
function alternativesOf({ from, to }: PolicyRuleConfig): (readonly [SourceConfig, OperationConfig])[] {
  const [source = {}] = from;
  const [operation = {}] = to;
  return [
    [source, operation],
    ...from.slice(1).map((other) => [other, operation] as const),
    ...to.slice(1).map((other) => [source, other] as const),
  ];
}

/** With a good token, without one, and with one that is for somebody else. */
function tokenProbes(rule: JwtRuleConfig, base: DraftBase, before: readonly Constraint[]): Draft[] {
  const withClaims = (claims: Record<string, unknown>, place: string): Draft => {
    const draft = newDraft(base);
    for (const constraint of before) constraint.set(draft, constraint.fits[0]);
    draft.claims = claims;
    draft.tokenPlace = place;
    return draft;
  };
  const good = goodClaims(rule);
  const outputs: Record<string, unknown> = { ...good };
  for (const { claim } of rule.outputClaimToHeaders) outputs[claim[0] ?? ''] = 'probe';
  return [
    ...placesOf(rule).map((place) => withClaims(outputs, place)),
    withClaims({ ...good, iss: `${rule.issuer}x` }, placesOf(rule)[0] ?? ''),
    withClaims({ ...good, aud: 'somebody-else' }, placesOf(rule)[0] ?? ''),
  ];
}
