import type { RequestFacts } from '../facts.ts';
import type { Headers } from '../header-bag.ts';
import type { ConfigOrigin } from '../values.ts';
import { bodyOf, detailsOf, statusOf, type TokenFailure } from './failure.ts';
import { MAX_REALM_PATH_LENGTH } from './limits.ts';
import type { VerifiedToken } from './token.ts';

export type TokenOutcome = TokenPass | TokenReject;

export interface TokenPass {
  readonly kind: 'pass';
  /** Undefined when the request carries none: Istio lets it pass, policies decide. */
  readonly token: VerifiedToken | undefined;
  readonly mutateRequest: ((headers: Headers) => void) | undefined;
  /**
   * What `mutateRequest` will have made of a header: policies and routes that come after verification see it like
   * that. Undefined where the request's own value stands.
   */
  readonly override: ((name: string) => string | null | undefined) | undefined;
  /** Names as the query spells them. */
  readonly removeQueryParams: readonly string[];
}

export interface TokenReject {
  readonly kind: 'reject';
  readonly status: 401 | 403;
  readonly body: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly details: string;
  readonly why: string;
  readonly origin: ConfigOrigin;
}

export interface TokenRequest {
  readonly facts: RequestFacts;
  /** Normalised, without query. */
  readonly path: string;
}

const NO_PARAMS: readonly string[] = [];

/** The final state of every header that verification touches; null takes it off. */
export function pass(
  token: VerifiedToken | undefined,
  edits: ReadonlyMap<string, string | null>,
  removeQueryParams = NO_PARAMS,
): TokenPass {
  if (edits.size === 0) {
    return { kind: 'pass', token, mutateRequest: undefined, override: undefined, removeQueryParams };
  }
  return {
    kind: 'pass',
    token,
    mutateRequest(headers) {
      for (const [name, value] of edits) {
        if (value === null) headers.delete(name);
        else headers.set(name, value);
      }
    },
    override: (name) => edits.get(name),
    removeQueryParams,
  };
}

export function reject(
  failure: TokenFailure,
  why: string,
  origin: ConfigOrigin,
  { facts, path }: TokenRequest,
): TokenReject {
  const target = facts.query === undefined ? path : `${path}?${facts.query}`;
  const realm = `${facts.scheme}://${facts.authority}${target.slice(0, MAX_REALM_PATH_LENGTH)}`;
  return {
    kind: 'reject',
    status: statusOf(failure),
    body: bodyOf(failure),
    headers: [['www-authenticate', `Bearer realm="${realm}", error="invalid_token"`]],
    details: detailsOf(failure),
    why,
    origin,
  };
}
