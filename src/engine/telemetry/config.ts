import type { ConfigOrigin } from '../values.ts';
import type { CelExpression } from './cel.ts';

/** The telemetry half of the compiled configuration, as effective for one workload in one role. */
export interface TelemetryScope {
  readonly accessLogs: readonly AccessLogConfig[];
  /** Undefined: no request is traced. */
  readonly tracing?: TracingConfig;
  /** Undefined: nothing is counted. */
  readonly metrics?: MetricsConfig;
}

/** One log that requests are written to. */
export interface AccessLogConfig {
  readonly provider: string;
  readonly sink: AccessLogSink;
  readonly format: AccessLogFormat;
  /** JSON keys whose value is missing are left out, instead of `-`. */
  readonly omitEmptyValues?: true;
  /** Only what it is true of is written. */
  readonly filter?: { readonly expression: string; readonly cel: CelExpression };
  readonly origin?: ConfigOrigin;
}

export type AccessLogSink =
  /** `/dev/stdout`, `/dev/stderr` or a file; at the edge the worker's log. */
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'otlp'; readonly backend: TelemetryBackend; readonly logName: string }
  | {
      readonly kind: 'grpc';
      readonly protocol: 'http' | 'tcp';
      readonly backend: TelemetryBackend;
      readonly logName: string;
      readonly requestHeaders: readonly string[];
      readonly responseHeaders: readonly string[];
      readonly responseTrailers: readonly string[];
      readonly filterStateObjects: readonly string[];
    };

/** Envoy's `%…%` operators, in a text or in the strings of a JSON object. */
export type AccessLogFormat = { readonly text: string } | { readonly json: Readonly<Record<string, JsonFormat>> };

export type JsonFormat =
  | string
  | number
  | boolean
  | null
  | readonly JsonFormat[]
  | { readonly [key: string]: JsonFormat };

/** A receiver inside the mesh. */
export interface TelemetryBackend {
  /** Fully qualified. */
  readonly host: string;
  readonly port: number;
  /** `outbound|9411||zipkin.istio-system.svc.cluster.local` */
  readonly cluster: string;
}

export interface TracingConfig {
  /** Percent of requests without a decision of their own, 0–100. */
  readonly samplingPercent: number;
  /** Undefined: headers are passed on, but no span is reported from here. */
  readonly provider?: TracingProvider;
  readonly customTags: readonly CustomTag[];
  readonly useRequestIdForSampling: boolean;
  readonly istioTags: boolean;
  /** Trace headers are left as they came. */
  readonly passOnly?: true;
  readonly maxTagLength?: number;
  readonly origin?: ConfigOrigin;
}

export interface TracingProvider {
  readonly name: string;
  readonly protocol: 'zipkin' | 'otlp-grpc' | 'otlp-http';
  readonly backend: TelemetryBackend;
  /** HTTP path of the receiver. */
  readonly path: string;
  /** Zipkin: B3 alone, or W3C beside it. */
  readonly usesW3c: boolean;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timeoutMs?: number;
}

export type CustomTag = { readonly name: string } & (
  | { readonly literal: string }
  | { readonly header: string; readonly fallback: string }
  | { readonly environment: string; readonly fallback: string }
  | { readonly formatter: string }
);

/** Istio's metrics as Telemetry names them. */
export type MetricName =
  | 'REQUEST_COUNT'
  | 'REQUEST_DURATION'
  | 'REQUEST_SIZE'
  | 'RESPONSE_SIZE'
  | 'TCP_OPENED_CONNECTIONS'
  | 'TCP_CLOSED_CONNECTIONS'
  | 'TCP_SENT_BYTES'
  | 'TCP_RECEIVED_BYTES'
  | 'GRPC_REQUEST_MESSAGES'
  | 'GRPC_RESPONSE_MESSAGES';

export interface MetricsConfig {
  /** Only metrics that are not as they are by default. */
  readonly overrides: Readonly<Partial<Record<MetricName, MetricOverride>>>;
}

export interface MetricOverride {
  readonly disabled?: true;
  /** By label, in Istio's names: taken off, or set to the value of an expression. */
  readonly tags: Readonly<Record<string, TagOverride>>;
}

export type TagOverride = { readonly remove: true } | { readonly expression: string; readonly cel: CelExpression };
