import type {
  AuthorizationConfig,
  ConditionConfig,
  OperationConfig,
  PolicyConfig,
  PolicyRuleConfig,
} from '../../engine/policy-config.ts';

/**
 * The same policies for one port of the workload, with what they say about ports decided. Where a port is served
 * under another number than the application's, Envoy could not tell.
 */
export function authorizationAtPort(authorization: AuthorizationConfig, port: number): AuthorizationConfig {
  const each = (policies: readonly PolicyConfig[]): PolicyConfig[] =>
    policies.map((policy) => ({ ...policy, rules: policy.rules.flatMap((rule) => ruleAtPort(rule, port) ?? []) }));
  return {
    custom: each(authorization.custom),
    audit: each(authorization.audit),
    deny: each(authorization.deny),
    allow: each(authorization.allow),
    providers: authorization.providers,
  };
}

/** Undefined: it never matches on this port. */
function ruleAtPort(rule: PolicyRuleConfig, port: number): PolicyRuleConfig | undefined {
  const to = rule.to.filter((operation) => isAtPort(operation, port)).map(withoutPorts);
  if (rule.to.length > 0 && to.length === 0) return undefined;
  if (rule.when.some((condition) => isOfPort(condition) && !holdsAtPort(condition, port))) return undefined;
  return { ...rule, to, when: rule.when.filter((condition) => !isOfPort(condition)) };
}

function isAtPort({ ports, notPorts }: OperationConfig, port: number): boolean {
  return (ports === undefined || ports.includes(port)) && notPorts?.includes(port) !== true;
}

function withoutPorts({ ports, notPorts, ...operation }: OperationConfig): OperationConfig {
  return operation;
}

function isOfPort({ key }: ConditionConfig): boolean {
  return key.kind === 'destination-port';
}

function holdsAtPort({ values, notValues }: ConditionConfig, port: number): boolean {
  const names = (list: ConditionConfig['values']): boolean =>
    list.some((value) => 'exact' in value && Number(value.exact) === port);
  return (values.length === 0 || names(values)) && !names(notValues);
}
