import type { RequestFacts } from './facts.ts';
import type { Headers } from './header-bag.ts';

/**
 * What Envoy's connection manager does to a request's headers before any filter or route sees them, as an Istio
 * gateway configures it (use_remote_address, Envoy documentation "HTTP header manipulation"): the client's address
 * is appended to X-Forwarded-For, X-Forwarded-Proto is the connection's own, requests from outside lose Envoy's
 * control headers and get a fresh request id.
 */
export interface ConnectionHeaders {
  /** The value that routes and policies see; undefined where the connection manager does not touch the header. */
  override(name: string): string | null | undefined;
  apply(headers: Headers): void;
  readonly requestId: string;
}

/**
 * Headers with which a caller could steer Envoy's router or tracing, or pass for somebody else. Only requests from
 * inside may keep them, and since Envoy 1.37 nobody is inside unless the configuration says so: Istio's gateway
 * does not.
 */
const STRIPPED: readonly string[] = [
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-internal',
  'x-envoy-ip-tags',
  'x-envoy-max-retries',
  'x-envoy-original-host',
  'x-envoy-original-path',
  'x-envoy-original-url',
  'x-envoy-retriable-header-names',
  'x-envoy-retriable-status-codes',
  'x-envoy-retry-grpc-on',
  'x-envoy-retry-on',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-upstream-rq-timeout-ms',
  // Of a client certificate that only the gateway itself may vouch for.
  'x-forwarded-client-cert',
];

const STRIPPED_SET: ReadonlySet<string> = new Set(STRIPPED);

export function connectionHeaders(facts: RequestFacts, newRequestId: () => string): ConnectionHeaders {
  const sentFor = facts.header('x-forwarded-for');
  const forwardedFor = sentFor === null || sentFor === '' ? facts.peerAddress : `${sentFor},${facts.peerAddress}`;
  let requestId: string | undefined;
  const idOf = (): string => {
    requestId ??= newRequestId();
    return requestId;
  };
  return {
    get requestId() {
      return idOf();
    },
    override(name) {
      // Every name that is touched starts with `x-`: most look-ups end here.
      if (name.charCodeAt(0) !== 120 || name.charCodeAt(1) !== 45) return undefined;
      switch (name) {
        case 'x-forwarded-for':
          return forwardedFor;
        case 'x-forwarded-proto':
          return facts.scheme;
        case 'x-request-id':
          return idOf();
        case 'x-envoy-external-address':
          return facts.clientAddress;
        default:
          return STRIPPED_SET.has(name) ? null : undefined;
      }
    },
    apply(headers) {
      headers.set('x-forwarded-for', forwardedFor);
      headers.set('x-forwarded-proto', facts.scheme);
      headers.set('x-request-id', idOf());
      headers.set('x-envoy-external-address', facts.clientAddress);
      for (const name of STRIPPED) if (facts.header(name) !== null) headers.delete(name);
    },
  };
}
