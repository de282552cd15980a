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

/** Headers with which a caller could steer Envoy's router or tracing; only requests from inside may keep them. */
const CONTROL_HEADERS: readonly string[] = [
  'x-envoy-decorator-operation',
  'x-envoy-downstream-service-cluster',
  'x-envoy-downstream-service-node',
  'x-envoy-expected-rq-timeout-ms',
  'x-envoy-force-trace',
  'x-envoy-hedge-on-per-try-timeout',
  'x-envoy-ip-tags',
  'x-envoy-max-retries',
  'x-envoy-original-url',
  'x-envoy-retriable-header-names',
  'x-envoy-retriable-status-codes',
  'x-envoy-retry-grpc-on',
  'x-envoy-retry-on',
  'x-envoy-upstream-alt-stat-name',
  'x-envoy-upstream-rq-per-try-timeout-ms',
  'x-envoy-upstream-rq-timeout-alt-response',
  'x-envoy-upstream-rq-timeout-ms',
];

const CONTROL_HEADER_SET: ReadonlySet<string> = new Set(CONTROL_HEADERS);

export function connectionHeaders(facts: RequestFacts, newRequestId: () => string): ConnectionHeaders {
  const sentFor = facts.header('x-forwarded-for');
  const internal = sentFor === null && isInternalAddress(facts.clientAddress);
  const forwardedFor = sentFor === null ? facts.peerAddress : `${sentFor},${facts.peerAddress}`;
  const sentId = facts.header('x-request-id');
  let requestId = internal && sentId !== null && sentId !== '' ? sentId : undefined;
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
        case 'x-envoy-internal':
          return internal ? 'true' : null;
        case 'x-envoy-external-address':
          return internal ? undefined : facts.clientAddress;
        default:
          return !internal && CONTROL_HEADER_SET.has(name) ? null : undefined;
      }
    },
    apply(headers) {
      headers.set('x-forwarded-for', forwardedFor);
      headers.set('x-forwarded-proto', facts.scheme);
      headers.set('x-request-id', idOf());
      if (internal) {
        headers.set('x-envoy-internal', 'true');
        return;
      }
      headers.set('x-envoy-external-address', facts.clientAddress);
      headers.delete('x-envoy-internal');
      for (const name of CONTROL_HEADERS) if (facts.header(name) !== null) headers.delete(name);
    },
  };
}

/** Envoy's default internal addresses: loopback, RFC 1918, RFC 4193. */
function isInternalAddress(address: string): boolean {
  return (
    /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/.test(address) ||
    address === '::1' ||
    /^f[cd][0-9a-f]{2}:/i.test(address)
  );
}
