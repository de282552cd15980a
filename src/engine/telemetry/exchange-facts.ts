import type { ConfigOrigin } from '../values.ts';

/** What became of a request: the facts behind Envoy's operators that only an access log can have. */
export interface ExchangeFacts {
  readonly startedMs: number;
  /** `-` for none. */
  readonly flags: string;
  readonly details: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  /** From the request's start to the upstream's first byte. */
  readonly upstreamAnsweredMs: number | undefined;
  readonly upstreamHost: string | undefined;
  readonly upstreamFailure: string | undefined;
  readonly attempts: number;
  /** The edge itself: its location. */
  readonly hostname: string;
  readonly connectionId: string;
  readonly traceId: string | undefined;
  /** Of an answer whose headers say it; trailers reach no worker. */
  readonly grpcStatus: string | undefined;
  /** The rule that decided. */
  readonly origin: ConfigOrigin | undefined;
  /** What the details leave open, of a refusal. */
  readonly why: string | undefined;
}

/** Undefined: no operator of this name. Null: the fact is missing. */
export function exchangeReader(name: string): ((exchange: ExchangeFacts) => string | null) | undefined {
  return Object.hasOwn(READERS, name) ? READERS[name] : undefined;
}

const missing = (): null => null;
const number = (value: number | undefined): string | null => (value === undefined ? null : String(value));

const READERS: Readonly<Record<string, (exchange: ExchangeFacts) => string | null>> = {
  RESPONSE_FLAGS: ({ flags }) => flags,
  RESPONSE_CODE_DETAILS: ({ details }) => details,
  BYTES_RECEIVED: ({ bytesReceived }) => String(bytesReceived),
  BYTES_SENT: ({ bytesSent }) => String(bytesSent),
  DURATION: ({ durationMs }) => String(durationMs),
  RESPONSE_DURATION: ({ upstreamAnsweredMs }) => number(upstreamAnsweredMs),
  RESPONSE_TX_DURATION: ({ durationMs, upstreamAnsweredMs }) =>
    number(upstreamAnsweredMs === undefined ? undefined : durationMs - upstreamAnsweredMs),
  UPSTREAM_HOST: ({ upstreamHost }) => upstreamHost ?? null,
  UPSTREAM_REMOTE_ADDRESS: ({ upstreamHost }) => upstreamHost ?? null,
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ upstreamFailure }) => upstreamFailure ?? null,
  UPSTREAM_REQUEST_ATTEMPT_COUNT: ({ attempts }) => String(attempts),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ({ hostname }) => hostname,
  HOSTNAME: ({ hostname }) => hostname,
  CONNECTION_ID: ({ connectionId }) => connectionId,
  TRACE_ID: ({ traceId }) => traceId ?? null,
  GRPC_STATUS: ({ grpcStatus }) => grpcStatus ?? null,
  GRPC_STATUS_NUMBER: ({ grpcStatus }) => grpcStatus ?? null,
  // Foresail's own: which object decided, and where it stands.
  FORESAIL_ORIGIN: ({ origin }) => originText(origin),
  FORESAIL_WHY: ({ why }) => why ?? null,
  // What a worker cannot know of its connections, and what no filter here sets.
  CONNECTION_TERMINATION_DETAILS: missing,
  UPSTREAM_LOCAL_ADDRESS: missing,
  TRAILER: missing,
  DYNAMIC_METADATA: missing,
  FILTER_STATE: missing,
  REQUEST_DURATION: missing,
};

/** `AuthorizationPolicy/default/deny-admin policies.yaml:12` */
function originText(origin: ConfigOrigin | undefined): string | null {
  if (origin === undefined) return null;
  const { kind, namespace, name, file, line } = origin;
  const place = file === undefined ? '' : ` ${file}${line === undefined ? '' : `:${line}`}`;
  return `${kind}/${namespace}/${name}${place}`;
}
