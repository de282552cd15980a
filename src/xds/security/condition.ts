import type { ConditionConfig } from '../../engine/policy-config.ts';
import type { StringMatcher } from '../../engine/values.ts';
import { claimMatcher } from '../match/claim-matcher.ts';
import { valueOfHeader } from '../match/header-matcher.ts';
import { stringMatcher } from '../match/string-matcher.ts';
import { addressRange } from './address-range.ts';
import { destinationPort, type PermissionInit, pair as permissionPair } from './permission.ts';
import {
  directAddress,
  peer,
  peerNamespace,
  peerServiceAccount,
  peerTrustDomain,
  pair as principalPair,
  remoteAddress,
} from './principal.ts';
import { ofMetadata, type PrincipalInit } from './principal-init.ts';
import { requestPrincipal } from './request-principal.ts';

/** A condition is about where the request goes, or about who sends it: Envoy keeps the two apart. */
export interface ConditionParts {
  readonly permissions: readonly PermissionInit[];
  readonly principals: readonly PrincipalInit[];
}

export function conditionParts(condition: ConditionConfig): ConditionParts {
  const permission = permissionOf(condition.key);
  if (permission !== undefined) {
    return { permissions: permissionPair(condition.values, condition.notValues, permission), principals: [] };
  }
  return { permissions: [], principals: principalsOf(condition) };
}

function permissionOf(key: ConditionConfig['key']): ((value: StringMatcher) => PermissionInit) | undefined {
  switch (key.kind) {
    case 'destination-ip':
      return (value) => ({ rule: { case: 'destinationIp', value: addressRange(text(value)) } });
    case 'destination-port':
      return (value) => destinationPort(Number(text(value)));
    case 'sni':
      return (value) => ({ rule: { case: 'requestedServerName', value: stringMatcher(value) } });
    default:
      return undefined;
  }
}

function principalsOf({ key, values, notValues }: ConditionConfig): PrincipalInit[] {
  const each = (principal: (value: StringMatcher) => PrincipalInit): PrincipalInit[] =>
    principalPair(values, notValues, principal);
  const claim = (path: readonly string[]): PrincipalInit[] =>
    principalPair(
      values.length === 0 ? [] : [values],
      notValues.length === 0 ? [] : [notValues],
      (matchers: readonly StringMatcher[]) => ofMetadata(claimMatcher(path, matchers)),
    );
  switch (key.kind) {
    case 'header':
      return each((value) => ({ identifier: { case: 'header', value: valueOfHeader(key.name, value) } }));
    case 'source-ip':
      return each((value) => directAddress(text(value)));
    case 'remote-ip':
      return each((value) => remoteAddress(text(value)));
    case 'source-namespace':
      return each(peerNamespace);
    case 'source-principal':
      return each(peer);
    case 'source-service-account':
      return each((value) => peerServiceAccount(text(value)));
    case 'source-trust-domain':
      return each(peerTrustDomain);
    case 'request-principal':
      return each(requestPrincipal);
    case 'request-audiences':
      return claim(['aud']);
    case 'request-presenter':
      return claim(['azp']);
    case 'request-claim':
      return claim(key.claim);
    default:
      return each(() => NOBODY);
  }
}

const NOBODY: PrincipalInit = {
  identifier: { case: 'notId', value: { identifier: { case: 'any', value: true } } },
};

/** Addresses, ports and accounts come in the form of exact strings. */
function text(matcher: StringMatcher): string {
  return 'exact' in matcher ? matcher.exact : '';
}
