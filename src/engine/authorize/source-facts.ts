import type { AddressFact, TextFact } from './comparisons.ts';
import { isUnknown, type PolicyRequest, Unknowable } from './policy-request.ts';

/** Who sends the request: the peer's certificate, the verified token, the addresses. */
export const sourcePrincipal: TextFact = {
  name: 'source principal',
  dimension: 'source principal',
  read: (request) => request.facts.peer?.principal ?? null,
  isUnknown: isPeerUnknown,
};

export const sourceNamespace: TextFact = {
  name: 'source namespace',
  dimension: 'source namespace',
  read: (request) => request.facts.peer?.namespace ?? null,
  isUnknown: isPeerUnknown,
};

export const sourceServiceAccount: TextFact = {
  name: 'source service account',
  read: ({ facts: { peer } }) => (peer === undefined ? null : `${peer.namespace}/${peer.serviceAccount}`),
  isUnknown: isPeerUnknown,
};

export const sourceTrustDomain: TextFact = {
  name: 'source trust domain',
  read: (request) => request.facts.peer?.trustDomain ?? null,
  isUnknown: isPeerUnknown,
};

export const requestPrincipal: TextFact = {
  name: 'request principal',
  dimension: 'request principal',
  read: (request) => request.token?.principal ?? null,
  isUnknown: isTokenUnknown,
};

export const requestPresenter: TextFact = {
  name: 'token presenter',
  read: (request) => request.token?.presenter ?? null,
  isUnknown: isTokenUnknown,
};

export const peerAddress: AddressFact = {
  name: 'source address',
  read: (request) => request.facts.peerAddress,
  unknowable: Unknowable.peerAddress,
};

export const clientAddress: AddressFact = {
  name: 'remote address',
  read: (request) => request.facts.clientAddress,
  unknowable: Unknowable.clientAddress,
};

function isPeerUnknown(request: PolicyRequest): boolean {
  return isUnknown(request, Unknowable.peer);
}

export function isTokenUnknown(request: PolicyRequest): boolean {
  return isUnknown(request, Unknowable.token);
}
