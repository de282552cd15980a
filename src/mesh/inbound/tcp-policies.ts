import type {
  AuthorizationConfig,
  ConditionConfig,
  OperationConfig,
  PolicyConfig,
  PolicyRuleConfig,
  SourceConfig,
} from '../../engine/policy-config.ts';

/**
 * Policies as a port holds them on which no HTTP is spoken (ISTIO.md 1.10): an ALLOW rule that asks for something of
 * HTTP never matches; of a DENY or AUDIT rule only such parts are left out, which makes it match more. An HTTP
 * authorizer cannot be asked about a connection: Istio leaves CUSTOM out here.
 */
export function tcpAuthorization({ audit, deny, allow }: AuthorizationConfig): AuthorizationConfig {
  return {
    custom: [],
    audit: audit.map(withoutHttp),
    deny: deny.map(withoutHttp),
    allow: allow.map((policy) => ({ ...policy, rules: policy.rules.filter((rule) => !asksForHttp(rule)) })),
    providers: {},
  };
}

const HTTP_SOURCE = ['requestPrincipals', 'notRequestPrincipals'] as const;
const HTTP_OPERATION = ['hosts', 'notHosts', 'methods', 'notMethods', 'paths', 'notPaths'] as const;

function asksForHttp({ from, to, when }: PolicyRuleConfig): boolean {
  return (
    from.some((source) => HTTP_SOURCE.some((field) => source[field] !== undefined)) ||
    to.some((operation) => HTTP_OPERATION.some((field) => operation[field] !== undefined)) ||
    when.some(isOfHttp)
  );
}

function withoutHttp(policy: PolicyConfig): PolicyConfig {
  return {
    ...policy,
    rules: policy.rules.map((rule) => ({
      ...rule,
      from: rule.from.map(sourceWithoutHttp),
      to: rule.to.map(operationWithoutHttp),
      when: rule.when.filter((condition) => !isOfHttp(condition)),
    })),
  };
}

function sourceWithoutHttp({ requestPrincipals, notRequestPrincipals, ...source }: SourceConfig): SourceConfig {
  return source;
}

function operationWithoutHttp({ ports, notPorts }: OperationConfig): OperationConfig {
  return { ...(ports === undefined ? {} : { ports }), ...(notPorts === undefined ? {} : { notPorts }) };
}

function isOfHttp({ key }: ConditionConfig): boolean {
  switch (key.kind) {
    case 'header':
    case 'request-principal':
    case 'request-audiences':
    case 'request-presenter':
    case 'request-claim':
      return true;
    default:
      return false;
  }
}
