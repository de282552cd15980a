import type { ConfigOrigin } from '../values.ts';

/** What is kept of one request, whoever has served it: no header values but those named here, no query, no token. */
export interface AccessLogEntry {
  readonly timeMs: number;
  /** Who tells: the edge, a cluster gateway, a sidecar at one of the two ends. */
  readonly reporter: 'edge' | 'gateway' | 'sidecar';
  /** Name of the reporter: a location of the edge, a pod. */
  readonly instance: string;
  /** `x-request-id`: the same at the edge and at every Envoy behind it. */
  readonly requestId: string;
  /** 32 hexadecimal digits, when the request is traced. */
  readonly traceId?: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
  /** Normalised, without query. */
  readonly path: string;
  /** 0: the client has left before there was an answer. */
  readonly code: number;
  /** Envoy's, `-` for none. */
  readonly flags: string;
  /** Envoy's RESPONSE_CODE_DETAILS. */
  readonly details: string;
  /** What the details leave open, of a refusal. */
  readonly why?: string;
  /** The rule that decided. */
  readonly origin?: ConfigOrigin;
  readonly routeName: string;
  /** Envoy cluster name; empty: the request went nowhere. */
  readonly cluster: string;
  /** Fully qualified; empty with an empty cluster. */
  readonly service: string;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
  readonly upstreamMs?: number;
  readonly clientAddress: string;
  /** ISO 3166 country of the client; empty: nobody knows. */
  readonly region: string;
  readonly userAgent: string;
}
