import type {
  AuthorizationConfig,
  ConditionConfig,
  ConditionKey,
  ExternalAuthorizerConfig,
  OperationConfig,
  PolicyConfig,
  PolicyPathMatcher,
  PolicyRuleConfig,
  SourceConfig,
} from '../engine/policy-config.ts';
import type { StringMatcher } from '../engine/values.ts';
import type {
  AuthorizationOperation as Operation,
  AuthorizationRule as Rule,
  AuthorizationSource as Source,
} from '../resources/istio/authorization-policy-schema.ts';
import type { AuthorizationPolicy } from '../resources/kinds.ts';
import { bracketedNames } from './claims.ts';
import { configOrigin } from './config-origin.ts';
import type { MeshSettings } from './model.ts';

/** Effective policies, by action, in the engine's words. `policies`: those that apply, see policiesFor. */
export function resolveAuthorization(
  policies: readonly AuthorizationPolicy[],
  settings: MeshSettings,
  providers: Readonly<Record<string, ExternalAuthorizerConfig>>,
): AuthorizationConfig {
  const byAction = (action: string): PolicyConfig[] =>
    policies.filter(({ spec }) => (spec.action ?? 'ALLOW') === action).map((policy) => resolvePolicy(policy, settings));
  return {
    custom: byAction('CUSTOM'),
    audit: byAction('AUDIT'),
    deny: byAction('DENY'),
    allow: byAction('ALLOW'),
    providers,
  };
}

function resolvePolicy(policy: AuthorizationPolicy, settings: MeshSettings): PolicyConfig {
  const { namespace, name, annotations } = policy.metadata;
  const provider = policy.spec.provider?.name;
  return {
    namespace,
    name,
    dryRun: annotations['istio.io/dry-run'] === 'true',
    ...(provider === undefined ? {} : { provider }),
    rules: (policy.spec.rules ?? []).map((rule, index) => resolveRule(policy, rule, index, settings)),
    origin: configOrigin(policy),
  };
}

function resolveRule(
  policy: AuthorizationPolicy,
  rule: Rule | null,
  index: number,
  settings: MeshSettings,
): PolicyRuleConfig {
  return {
    from: (rule?.from ?? []).map(({ source }) => resolveSource(source ?? {}, policy.metadata.namespace, settings)),
    to: (rule?.to ?? []).map(({ operation }) => resolveOperation(operation ?? {})),
    when: (rule?.when ?? []).map(({ key, values, notValues }) =>
      resolveCondition(key, values, notValues, policy, settings),
    ),
    origin: configOrigin(policy, ['spec', 'rules', index]),
  };
}

function resolveSource(source: Source, namespace: string, settings: MeshSettings): SourceConfig {
  const principals = (values: readonly string[]): StringMatcher[] =>
    values.flatMap((value) => principalMatchers(value, settings));
  const accounts = (values: readonly string[]): string[] =>
    values.map((value) => (value.includes('/') ? value : `${namespace}/${value}`));
  return {
    ...each('principals', source.principals, principals),
    ...each('notPrincipals', source.notPrincipals, principals),
    ...each('requestPrincipals', source.requestPrincipals, valueMatchers),
    ...each('notRequestPrincipals', source.notRequestPrincipals, valueMatchers),
    ...each('namespaces', source.namespaces, valueMatchers),
    ...each('notNamespaces', source.notNamespaces, valueMatchers),
    ...each('serviceAccounts', source.serviceAccounts, accounts),
    ...each('notServiceAccounts', source.notServiceAccounts, accounts),
    ...each('trustDomains', source.trustDomains, valueMatchers),
    ...each('notTrustDomains', source.notTrustDomains, valueMatchers),
    ...each('ipBlocks', source.ipBlocks, copied),
    ...each('notIpBlocks', source.notIpBlocks, copied),
    ...each('remoteIpBlocks', source.remoteIpBlocks, copied),
    ...each('notRemoteIpBlocks', source.notRemoteIpBlocks, copied),
  };
}

function resolveOperation(operation: Operation): OperationConfig {
  const ports = (values: readonly string[]): number[] => values.map(Number);
  return {
    ...each('hosts', operation.hosts, valueMatchers),
    ...each('notHosts', operation.notHosts, valueMatchers),
    ...each('ports', operation.ports, ports),
    ...each('notPorts', operation.notPorts, ports),
    ...each('methods', operation.methods, valueMatchers),
    ...each('notMethods', operation.notMethods, valueMatchers),
    ...each('paths', operation.paths, pathMatchers),
    ...each('notPaths', operation.notPaths, pathMatchers),
  };
}

/** Absent and empty lists do not constrain. */
function each<K extends string, V>(
  key: K,
  values: readonly string[] | undefined,
  convert: (values: readonly string[]) => readonly V[],
): { [P in K]?: readonly V[] } {
  if (values === undefined || values.length === 0) return {};
  return { [key]: convert(values) } as { [P in K]?: readonly V[] };
}

function copied(values: readonly string[]): readonly string[] {
  return values;
}

/** Exact, `prefix*`, `*suffix`, or `*` for anything that is there and not empty (ISTIO.md 1.10). */
export function valueMatcher(value: string): StringMatcher {
  if (value === '*') return { present: true };
  if (value.startsWith('*')) return { suffix: value.slice(1) };
  if (value.endsWith('*')) return { prefix: value.slice(0, -1) };
  return { exact: value };
}

function valueMatchers(values: readonly string[]): StringMatcher[] {
  return values.map(valueMatcher);
}

function pathMatchers(values: readonly string[]): PolicyPathMatcher[] {
  return values.map((value) =>
    value.includes('{*}') || value.includes('{**}') ? { template: value } : valueMatcher(value),
  );
}

/**
 * `spiffe://` may be left out, and a principal of this mesh's trust domain stands for its aliases too. `cluster.local`
 * is what people write who never chose a trust domain: it means the mesh's own.
 */
function principalMatchers(value: string, { trustDomain, meshConfig }: MeshSettings): StringMatcher[] {
  const principal = value.startsWith('spiffe://') ? value.slice('spiffe://'.length) : value;
  const slash = principal.indexOf('/');
  const domain = slash === -1 ? principal : principal.slice(0, slash);
  const own = [trustDomain, ...(meshConfig.trustDomainAliases ?? [])];
  if (slash === -1 || !(own.includes(domain) || domain === 'cluster.local')) return [valueMatcher(principal)];
  return own.map((name) => valueMatcher(name + principal.slice(slash)));
}

function resolveCondition(
  key: string,
  values: readonly string[] | undefined,
  notValues: readonly string[] | undefined,
  policy: AuthorizationPolicy,
  settings: MeshSettings,
): ConditionConfig {
  const conditionKey = resolveKey(key);
  const convert = (list: readonly string[] = []): StringMatcher[] => {
    switch (conditionKey.kind) {
      case 'source-principal':
        return list.flatMap((value) => principalMatchers(value, settings));
      case 'source-service-account':
        return list.map((value) => ({ exact: value.includes('/') ? value : `${policy.metadata.namespace}/${value}` }));
      case 'source-ip':
      case 'remote-ip':
      case 'destination-ip':
      case 'destination-port':
        return list.map((value) => ({ exact: value }));
      default:
        return list.map(valueMatcher);
    }
  };
  return { key: conditionKey, values: convert(values), notValues: convert(notValues) };
}

const PLAIN_KEYS: ReadonlyMap<string, ConditionKey> = new Map([
  ['source.ip', { kind: 'source-ip' }],
  ['remote.ip', { kind: 'remote-ip' }],
  ['source.namespace', { kind: 'source-namespace' }],
  ['source.principal', { kind: 'source-principal' }],
  ['source.serviceAccount', { kind: 'source-service-account' }],
  ['source.trustDomain', { kind: 'source-trust-domain' }],
  ['request.auth.principal', { kind: 'request-principal' }],
  ['request.auth.audiences', { kind: 'request-audiences' }],
  ['request.auth.presenter', { kind: 'request-presenter' }],
  ['destination.ip', { kind: 'destination-ip' }],
  ['destination.port', { kind: 'destination-port' }],
  ['connection.sni', { kind: 'sni' }],
]);

function resolveKey(key: string): ConditionKey {
  const plain = PLAIN_KEYS.get(key);
  if (plain !== undefined) return plain;
  if (key.startsWith('request.headers')) {
    const names = bracketedNames(key.slice('request.headers'.length));
    if (names?.length === 1 && names[0] !== undefined) return { kind: 'header', name: names[0].toLowerCase() };
  }
  if (key.startsWith('request.auth.claims')) {
    const claim = bracketedNames(key.slice('request.auth.claims'.length));
    if (claim !== undefined) return { kind: 'request-claim', claim };
  }
  return { kind: 'absent', key };
}
