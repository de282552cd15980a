import type { Observation } from './authorize/verdict.ts';
import type { ClusterConfig, Mirror, RetryPolicy } from './config.ts';
import type { Headers as HeaderBag } from './header-bag.ts';
import type { ConfigOrigin } from './values.ts';

/**
 * What becomes of a request. Expected outcomes (no route, deny, fault) are values, never exceptions.
 * `reply`: answered here, with Envoy's code, body and headers. `forward`: goes to a cluster.
 */
export type Decision = LocalReply | Forward;

/** Envoy's response flags as far as a decision can set them (`-` = none). */
export type ResponseFlag = '-' | 'NR' | 'NC' | 'UH' | 'FI' | 'DI' | 'UAEX' | 'RL' | 'UT' | 'UF' | 'URX' | 'UO';

export interface LocalReply {
  readonly kind: 'reply';
  readonly status: number;
  /** For gRPC requests, where it is not simply what the HTTP status maps to. */
  readonly grpcStatus?: number;
  /** Empty string: no body. */
  readonly body: string | Uint8Array<ArrayBuffer>;
  /** Beside `server` and, with a text body, `content-type: text/plain`, which are always there. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly flag: ResponseFlag;
  /** Envoy's RESPONSE_CODE_DETAILS: `route_not_found`, `rbac_access_denied_matched_policy[…]` … */
  readonly details: string;
  /** The rule that made the decision, when one did. */
  readonly origin: ConfigOrigin | undefined;
  /** For logs and explanations, when `details` does not say everything (issuer, time, error). Never a secret. */
  readonly why?: string;
  /** Milliseconds to wait before answering (a delay fault). */
  readonly delayMs: number;
  readonly routeName: string;
  /** What policies would have said that are only watched (AUDIT, dry run); for counters and logs. */
  readonly observed: readonly Observation[];
  /** Applies the route's response header operations and CORS headers; undefined when there are none. */
  readonly mutateResponse: ((headers: HeaderBag) => void) | undefined;
}

export interface Forward {
  readonly kind: 'forward';
  readonly cluster: ClusterConfig;
  /** Path and query to send upstream. */
  readonly target: string;
  /** Authority to send upstream. */
  readonly authority: string;
  /**
   * Brings the request's headers into the state that the upstream sees: what the edge adds for every request, what
   * token verification strips and adds, then destination and route operations. Called once, after
   * `stripControlHeaders`.
   */
  readonly mutateRequest: (headers: HeaderBag) => void;
  /** `status`: the upstream's, for operations that write it. */
  readonly mutateResponse: ((headers: HeaderBag, status?: number) => void) | undefined;
  /** 0 = none. */
  readonly timeoutMs: number;
  readonly retries: RetryPolicy | undefined;
  /** Already diced: every one of these is to be sent. */
  readonly mirrors: readonly Mirror[];
  readonly delayMs: number;
  readonly routeName: string;
  readonly origin: ConfigOrigin;
  /** `<iss>/<sub>` of the verified token, when there is one; goes into the edge pass. */
  readonly requestPrincipal: string | undefined;
  readonly observed: readonly Observation[];
}
