import { peerIdentity } from '../../../engine/peer-identity.ts';
import type { ConditionConfig, OperationConfig, PolicyScope, SourceConfig } from '../../../engine/policy-config.ts';
import type { StringMatcher } from '../../../engine/values.ts';
import { addressSamples } from './address-samples.ts';
import type { Constraint, Draft } from './draft.ts';
import { setClaim, setHeader, setMethod, setPath } from './route-probes.ts';
import { joined, policyPathSamples, type Samples, samplesOf } from './sample-values.ts';
import { useToken } from './token-drafts.ts';

export function operationConstraints(operation: OperationConfig): Constraint[] {
  const list = <T>(
    values: readonly T[] | undefined,
    notValues: readonly T[] | undefined,
    sample: (value: T) => Samples,
    set: Constraint['set'],
  ): Constraint[] => pair(values?.map(sample), notValues?.map(sample), set);
  const port = (value: number): Samples => ({ fits: [String(value)], misses: [] });
  return [
    ...list(operation.paths, operation.notPaths, policyPathSamples, setPath),
    ...list(operation.methods, operation.notMethods, methodSamples, setMethod),
    ...list(operation.hosts, operation.notHosts, samplesOf, (draft, value) => setHeader(draft, ':authority', value)),
    ...list(operation.ports, operation.notPorts, port, (draft, value) => {
      if (value !== undefined) draft.port = Number(value);
    }),
  ];
}

function methodSamples(matcher: StringMatcher): Samples {
  return { fits: samplesOf(matcher).fits, misses: ['GET', 'DELETE'] };
}

function pair(
  values: readonly Samples[] | undefined,
  notValues: readonly Samples[] | undefined,
  set: Constraint['set'],
): Constraint[] {
  const constraints: Constraint[] = [];
  if (values !== undefined && values.length > 0) {
    const { fits, misses } = joined(values);
    constraints.push({ fits, misses: [...misses, undefined], set });
  }
  if (notValues !== undefined && notValues.length > 0) {
    const { fits, misses } = joined(notValues);
    constraints.push({ fits: [undefined, ...misses], misses: fits, set });
  }
  return constraints;
}

export function sourceConstraints(source: SourceConfig, scope: PolicyScope): Constraint[] {
  const exact = (value: string): Samples => ({ fits: [value], misses: [] });
  const matchers = (values: readonly StringMatcher[] | undefined): Samples[] | undefined => values?.map(samplesOf);
  const addresses = (values: readonly string[] | undefined): Samples[] | undefined => values?.map(addressSamples);
  return [
    ...pair(matchers(source.principals), matchers(source.notPrincipals), setPrincipal),
    ...pair(matchers(source.requestPrincipals), matchers(source.notRequestPrincipals), setRequestPrincipal(scope)),
    ...pair(matchers(source.namespaces), matchers(source.notNamespaces), setPeerPart('ns')),
    ...pair(source.serviceAccounts?.map(exact), source.notServiceAccounts?.map(exact), setServiceAccount),
    ...pair(matchers(source.trustDomains), matchers(source.notTrustDomains), setPeerPart('td')),
    ...pair(addresses(source.ipBlocks), addresses(source.notIpBlocks), setFrom),
    ...pair(addresses(source.remoteIpBlocks), addresses(source.notRemoteIpBlocks), setFrom),
  ];
}

export function conditionConstraints({ key, values, notValues }: ConditionConfig, scope: PolicyScope): Constraint[] {
  const isAddress = key.kind === 'source-ip' || key.kind === 'remote-ip';
  const sample = (matcher: StringMatcher): Samples =>
    isAddress && 'exact' in matcher ? addressSamples(matcher.exact) : samplesOf(matcher);
  const set = setterOf(key, scope);
  return set === undefined ? [] : pair(values.map(sample), notValues.map(sample), set);
}

/** Undefined for what no request can be given: it is decided elsewhere. */
function setterOf(key: ConditionConfig['key'], scope: PolicyScope): Constraint['set'] | undefined {
  switch (key.kind) {
    case 'header':
      return (draft, value) => setHeader(draft, key.name, value);
    case 'source-ip':
    case 'remote-ip':
      return setFrom;
    case 'source-namespace':
      return setPeerPart('ns');
    case 'source-trust-domain':
      return setPeerPart('td');
    case 'source-principal':
      return setPrincipal;
    case 'source-service-account':
      return setServiceAccount;
    case 'request-principal':
      return setRequestPrincipal(scope);
    case 'request-audiences':
      return setTokenClaim(scope, ['aud']);
    case 'request-presenter':
      return setTokenClaim(scope, ['azp']);
    case 'request-claim':
      return setTokenClaim(scope, key.claim);
    case 'destination-port':
      return (draft, value) => {
        if (value !== undefined && /^\d+$/.test(value)) draft.port = Number(value);
      };
    default:
      return undefined;
  }
}

function setFrom(draft: Draft, value: string | undefined): void {
  if (value !== undefined) draft.from = value;
}

function setPrincipal(draft: Draft, value: string | undefined): void {
  if (value === undefined) return;
  const text = value.replace(/^spiffe:\/\//, '');
  draft.peer = peerIdentity(`spiffe://${text}`) ?? peerIdentity(`spiffe://cluster.local/ns/${text}/sa/${text}`);
}

function setServiceAccount(draft: Draft, value: string | undefined): void {
  const [namespace, account] = value?.split('/') ?? [];
  if (account !== undefined) draft.peer = peerIdentity(`spiffe://cluster.local/ns/${namespace}/sa/${account}`);
}

function setPeerPart(part: 'ns' | 'td'): Constraint['set'] {
  return (draft, value) => {
    if (value === undefined || value === '') return;
    const { trustDomain = 'cluster.local', namespace = 'default', serviceAccount = 'default' } = draft.peer ?? {};
    const domain = part === 'td' ? value : trustDomain;
    draft.peer = peerIdentity(`spiffe://${domain}/ns/${part === 'ns' ? value : namespace}/sa/${serviceAccount}`);
  };
}

/** `iss/sub`, split at the last slash: issuers are URLs. */
function setRequestPrincipal(scope: PolicyScope): Constraint['set'] {
  return (draft, value) => {
    if (value === undefined || value === '') return;
    const slash = value.lastIndexOf('/');
    useToken(draft, scope, slash === -1 ? undefined : value.slice(0, slash));
    if (slash !== -1) setClaim(draft, ['sub'], value.slice(slash + 1) || 'probe');
  };
}

function setTokenClaim(scope: PolicyScope, claim: readonly string[]): Constraint['set'] {
  return (draft, value) => {
    if (value === undefined) return;
    useToken(draft, scope, undefined);
    setClaim(draft, claim, value);
  };
}
