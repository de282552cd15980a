import type { SourceConfig } from '../../engine/policy-config.ts';
import type { StringMatcher } from '../../engine/values.ts';
import { ANYTHING, stringMatcher } from '../match/string-matcher.ts';
import { addressRange } from './address-range.ts';
import type { PrincipalInit } from './principal-init.ts';
import { requestPrincipal } from './request-principal.ts';

const ANY: PrincipalInit = { identifier: { case: 'any', value: true } };

export function sourcePrincipal(source: SourceConfig): PrincipalInit {
  return allPrincipals([
    ...pair(source.principals, source.notPrincipals, peer),
    ...pair(source.requestPrincipals, source.notRequestPrincipals, requestPrincipal),
    ...pair(source.namespaces, source.notNamespaces, peerNamespace),
    ...pair(source.serviceAccounts, source.notServiceAccounts, peerServiceAccount),
    ...pair(source.trustDomains, source.notTrustDomains, peerTrustDomain),
    ...pair(source.ipBlocks, source.notIpBlocks, directAddress),
    ...pair(source.remoteIpBlocks, source.notRemoteIpBlocks, remoteAddress),
  ]);
}

export function allPrincipals(ids: readonly PrincipalInit[]): PrincipalInit {
  const [only, ...others] = ids;
  if (only === undefined) return ANY;
  return others.length === 0 ? only : { identifier: { case: 'andIds', value: { ids: [...ids] } } };
}

/** One of the values; and none of the others. */
export function pair<V>(
  values: readonly V[] | undefined,
  notValues: readonly V[] | undefined,
  principal: (value: V) => PrincipalInit,
): PrincipalInit[] {
  const one = (list: readonly V[]): PrincipalInit => ({
    identifier: { case: 'orIds', value: { ids: list.map(principal) } },
  });
  const ids: PrincipalInit[] = [];
  if (values !== undefined && values.length > 0) ids.push(one(values));
  if (notValues !== undefined && notValues.length > 0)
    ids.push({ identifier: { case: 'notId', value: one(notValues) } });
  return ids;
}

export function directAddress(block: string): PrincipalInit {
  return { identifier: { case: 'directRemoteIp', value: addressRange(block) } };
}

export function remoteAddress(block: string): PrincipalInit {
  return { identifier: { case: 'remoteIp', value: addressRange(block) } };
}

/** The peer's SPIFFE id; values come without its scheme. */
export function peer(matcher: StringMatcher): PrincipalInit {
  if ('exact' in matcher) return authenticated({ exact: SCHEME + withoutScheme(matcher.exact) });
  if ('prefix' in matcher) return authenticated({ prefix: SCHEME + withoutScheme(matcher.prefix) });
  return authenticated(matcher);
}

const SCHEME = 'spiffe://';

function withoutScheme(text: string): string {
  return text.startsWith(SCHEME) ? text.slice(SCHEME.length) : text;
}

export function peerNamespace(matcher: StringMatcher): PrincipalInit {
  return authenticated({ regex: `.*/ns/${expression(matcher, '.*')}/.*` });
}

export function peerServiceAccount(account: string): PrincipalInit {
  const [namespace = '', name = ''] = account.split('/');
  return authenticated({ regex: `spiffe://.+/ns/${quoted(namespace)}/(.+/|)sa/${quoted(name)}(/.+)?` });
}

export function peerTrustDomain(matcher: StringMatcher): PrincipalInit {
  return authenticated({ regex: `spiffe://${expression(matcher, '[^/]*')}/.*` });
}

function authenticated(matcher: StringMatcher): PrincipalInit {
  const principalName = 'present' in matcher ? ANYTHING : stringMatcher(matcher);
  return { identifier: { case: 'authenticated', value: { principalName } } };
}

/** The matcher as part of a larger expression. */
function expression(matcher: StringMatcher, anything: string): string {
  if ('present' in matcher) return anything;
  if ('exact' in matcher) return quoted(matcher.exact);
  if ('prefix' in matcher) return quoted(matcher.prefix) + anything;
  if ('suffix' in matcher) return anything + quoted(matcher.suffix);
  if ('contains' in matcher) return anything + quoted(matcher.contains) + anything;
  return `(?:${matcher.regex})`;
}

function quoted(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
