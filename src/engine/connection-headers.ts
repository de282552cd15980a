import type { RequestFacts } from './facts.ts';
import type { Headers } from './header-bag.ts';

/**
 * Headers with which a caller could steer Envoy's router or tracing, or pass for somebody else. Only requests from
 * inside may keep them, and since Envoy 1.37 nobody is inside unless the configuration says so: Istio's gateway
 * does not.
 */
const STRIPPED: ReadonlySet<string> = new Set([
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
]);

/**
 * What Envoy's connection manager does to a request's headers before any filter or route sees them, as an Istio
 * gateway configures it (use_remote_address, Envoy documentation "HTTP header manipulation"): the client's address
 * is appended to X-Forwarded-For, X-Forwarded-Proto is the connection's own, requests from outside lose Envoy's
 * control headers and get a fresh request id.
 */
export class ConnectionHeaders {
  readonly #facts: RequestFacts;
  readonly #newRequestId: () => string;
  #forwardedFor: string | undefined;
  #requestId: string | undefined;

  constructor(facts: RequestFacts, newRequestId: () => string) {
    this.#facts = facts;
    this.#newRequestId = newRequestId;
  }

  get requestId(): string {
    this.#requestId ??= this.#newRequestId();
    return this.#requestId;
  }

  get forwardedFor(): string {
    if (this.#forwardedFor === undefined) {
      const sent = this.#facts.header('x-forwarded-for');
      const { peerAddress } = this.#facts;
      this.#forwardedFor = sent === null || sent === '' ? peerAddress : `${sent},${peerAddress}`;
    }
    return this.#forwardedFor;
  }

  /** The value that routes and policies see; undefined where the connection manager does not touch the header. */
  override(name: string): string | null | undefined {
    // Every name that is touched starts with `x-`: most look-ups end here.
    if (name.charCodeAt(0) !== 120 || name.charCodeAt(1) !== 45) return undefined;
    switch (name) {
      case 'x-forwarded-for':
        return this.forwardedFor;
      case 'x-forwarded-proto':
        return this.#facts.scheme;
      case 'x-request-id':
        return this.requestId;
      case 'x-envoy-external-address':
        return this.#facts.clientAddress;
      default:
        return STRIPPED.has(name) ? null : undefined;
    }
  }

  /** Sets what is set; taking off is `stripControlHeaders`. */
  apply(headers: Headers): void {
    headers.set('x-forwarded-for', this.forwardedFor);
    headers.set('x-forwarded-proto', this.#facts.scheme);
    headers.set('x-request-id', this.requestId);
    headers.set('x-envoy-external-address', this.#facts.clientAddress);
  }
}

/** Those of them that the gateway itself may set: what stands there later is its own word. */
const OWN: readonly string[] = ['x-envoy-expected-rq-timeout-ms', 'x-envoy-original-host', 'x-envoy-original-path'];

const OTHERS: readonly string[] = [...STRIPPED].filter((name) => !OWN.includes(name));

/**
 * Takes off what a client must not send. Where a cluster gateway is next, it does most of that: it is an Envoy, and
 * sixteen look-ups are a good part of what the edge costs.
 */
export function stripControlHeaders(headers: Headers, isGatewayNext: boolean): void {
  for (const name of OWN) if (headers.get(name) !== null) headers.delete(name);
  if (isGatewayNext) return;
  for (const name of OTHERS) if (headers.get(name) !== null) headers.delete(name);
}

/** Whether a header is one that the gateway behind the edge takes off. */
export function isStrippedByGateway(name: string): boolean {
  return OTHERS.includes(name);
}
