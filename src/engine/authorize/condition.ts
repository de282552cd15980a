import type { ConditionConfig, ConditionKey } from '../policy-config.ts';
import type { StringMatcher } from '../values.ts';
import { type Clause, type Comparison, clausePair } from './clause.ts';
import {
  type AddressFact,
  compareAddress,
  compareList,
  comparePort,
  compareText,
  type TextFact,
} from './comparisons.ts';
import { isUnknown, Unknowable } from './policy-request.ts';
import { compareRequestPrincipal } from './request-principal.ts';
import { principals } from './source.ts';
import {
  clientAddress,
  isTokenUnknown,
  peerAddress,
  requestPresenter,
  sourceNamespace,
  sourcePrincipal,
  sourceServiceAccount,
  sourceTrustDomain,
} from './source-facts.ts';

/** `when[]`: one of `values` must match and none of `notValues` may. */
export function conditionClauses({ key, values, notValues }: ConditionConfig): Clause[] {
  return clausePair(values, notValues, (matchers) => compareKey(key, matchers));
}

/** A gateway never knows to which of its addresses a request came; a sidecar does. */
const destinationAddress: AddressFact = {
  name: 'destination address',
  read: () => null,
  unknowable: Unknowable.destinationAddress,
};

const sni: TextFact = {
  name: 'server name',
  read: (request) => request.facts.sni ?? null,
  isUnknown: (request) => isUnknown(request, Unknowable.sni),
};

const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization', 'x-api-key']);

function compareKey(key: ConditionKey, matchers: readonly StringMatcher[]): Comparison {
  switch (key.kind) {
    case 'header':
      return compareText(header(key.name.toLowerCase()), matchers);
    case 'source-ip':
      return compareAddress(peerAddress, texts(matchers));
    case 'remote-ip':
      return compareAddress(clientAddress, texts(matchers));
    case 'destination-ip':
      return compareAddress(destinationAddress, texts(matchers));
    case 'destination-port':
      return comparePort(texts(matchers).map(Number), Unknowable.destinationPort);
    case 'source-namespace':
      return compareText(sourceNamespace, matchers);
    case 'source-principal':
      return compareText(sourcePrincipal, principals(matchers));
    case 'source-service-account':
      return compareText(sourceServiceAccount, matchers);
    case 'source-trust-domain':
      return compareText(sourceTrustDomain, matchers);
    case 'request-principal':
      return compareRequestPrincipal(matchers);
    case 'request-presenter':
      return compareText(requestPresenter, matchers);
    case 'request-audiences':
      return compareList(
        { name: 'token audiences', read: (request) => request.token?.audiences, isUnknown: isTokenUnknown },
        matchers,
      );
    case 'request-claim': {
      const { claim } = key;
      const name = `claim ${claim.map((part) => `[${part}]`).join('')}`;
      return compareList(
        { name, read: (request) => request.token?.claimValues(claim), isUnknown: isTokenUnknown },
        matchers,
      );
    }
    case 'sni':
      return compareText(sni, matchers);
    case 'absent':
      return compareText({ name: key.key, read: () => null }, matchers);
  }
}

function header(name: string): TextFact {
  return {
    name: `header ${JSON.stringify(name)}`,
    dimension: `header:${name}`,
    emptyIsPresent: true,
    isJoined: true,
    isSecret: SECRET_HEADERS.has(name),
    read: (request) => request.header(name),
    isUnknown: (request) => request.isHeaderUnknown?.(name) === true,
  };
}

/** Addresses and ports come in the form of exact strings. */
function texts(matchers: readonly StringMatcher[]): string[] {
  return matchers.map((matcher) => ('exact' in matcher ? matcher.exact : ''));
}
