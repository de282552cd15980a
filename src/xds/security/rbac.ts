import type { MessageInitShape } from '@bufbuild/protobuf';
import type { PolicyConfig, PolicyRuleConfig } from '../../engine/policy-config.ts';
import type { Fields } from '../any.ts';
import { type PolicySchema, RBAC_Action, type RBACSchema as RulesSchema } from '../gen/envoy/config/rbac/v3/rbac_pb.ts';
import type { RBACSchema as FilterSchema } from '../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts';
import { conditionParts } from './condition.ts';
import { allPermissions, operationPermission } from './permission.ts';
import { allPrincipals, sourcePrincipal } from './principal.ts';

type PolicyInit = MessageInitShape<typeof PolicySchema>;
type RulesInit = MessageInitShape<typeof RulesSchema>;

/** Policies of one action; those in dry run stand beside them and are only counted. Undefined when there are none. */
export function policyFilter(
  action: 'AUDIT' | 'DENY' | 'ALLOW',
  policies: readonly PolicyConfig[],
): Fields<typeof FilterSchema> | undefined {
  if (policies.length === 0) return undefined;
  const enforced = policies.filter(({ dryRun }) => !dryRun);
  const watched = policies.filter(({ dryRun }) => dryRun);
  const prefix = action === 'DENY' ? 'istio_dry_run_deny_' : 'istio_dry_run_allow_';
  return {
    ...(enforced.length === 0 ? {} : { rules: rules(action, enforced) }),
    ...(watched.length === 0 ? {} : { shadowRules: rules(action, watched), shadowRulesStatPrefix: prefix }),
  };
}

const ACTIONS = { AUDIT: RBAC_Action.LOG, DENY: RBAC_Action.DENY, ALLOW: RBAC_Action.ALLOW } as const;

/** `prefix` goes before every policy's name. */
export function rules(action: keyof typeof ACTIONS, policies: readonly PolicyConfig[], prefix = ''): RulesInit {
  const byName: Record<string, PolicyInit> = {};
  for (const { namespace, name, rules: list } of policies) {
    for (const [index, rule] of list.entries()) {
      byName[`${prefix}ns[${namespace}]-policy[${name}]-rule[${index}]`] = policyRule(rule);
    }
  }
  return { action: ACTIONS[action], policies: byName };
}

function policyRule({ from, to, when }: PolicyRuleConfig): PolicyInit {
  const conditions = when.map(conditionParts);
  const permissions = conditions.flatMap((condition) => condition.permissions);
  const principals = conditions.flatMap((condition) => condition.principals);
  return {
    permissions: orNone(to).map((operation) =>
      allPermissions([...(operation === undefined ? [] : [operationPermission(operation)]), ...permissions]),
    ),
    principals: orNone(from).map((source) =>
      allPrincipals([...(source === undefined ? [] : [sourcePrincipal(source)]), ...principals]),
    ),
  };
}

/** An empty list does not constrain: the conditions alone remain. */
function orNone<T>(list: readonly T[]): readonly (T | undefined)[] {
  return list.length === 0 ? [undefined] : list;
}
