import type { SourceConfig } from '../policy-config.ts';
import type { StringMatcher } from '../values.ts';
import { type Clause, clausePair } from './clause.ts';
import { compareAddress, compareText } from './comparisons.ts';
import { compareRequestPrincipal } from './request-principal.ts';
import {
  clientAddress,
  peerAddress,
  sourceNamespace,
  sourcePrincipal,
  sourceServiceAccount,
  sourceTrustDomain,
} from './source-facts.ts';

/** `from[].source`: all of its fields must hold. */
export function sourceClauses(source: SourceConfig): Clause[] {
  return [
    ...clausePair(source.principals, source.notPrincipals, (values) =>
      compareText(sourcePrincipal, principals(values)),
    ),
    ...clausePair(source.requestPrincipals, source.notRequestPrincipals, (values) => compareRequestPrincipal(values)),
    ...clausePair(source.namespaces, source.notNamespaces, (values) => compareText(sourceNamespace, values)),
    ...clausePair(source.serviceAccounts, source.notServiceAccounts, (values) =>
      compareText(
        sourceServiceAccount,
        values.map((exact) => ({ exact })),
      ),
    ),
    ...clausePair(source.trustDomains, source.notTrustDomains, (values) => compareText(sourceTrustDomain, values)),
    ...clausePair(source.ipBlocks, source.notIpBlocks, (values) => compareAddress(peerAddress, values)),
    ...clausePair(source.remoteIpBlocks, source.notRemoteIpBlocks, (values) => compareAddress(clientAddress, values)),
  ];
}

/** Principals may be written with or without the scheme of SPIFFE ids; facts come without. */
export function principals(matchers: readonly StringMatcher[]): readonly StringMatcher[] {
  return matchers.map((matcher) => {
    if ('exact' in matcher) return { exact: withoutScheme(matcher.exact) };
    if ('prefix' in matcher) return { prefix: withoutScheme(matcher.prefix) };
    return matcher;
  });
}

function withoutScheme(principal: string): string {
  return principal.startsWith('spiffe://') ? principal.slice('spiffe://'.length) : principal;
}
