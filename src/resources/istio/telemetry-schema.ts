import * as z from 'zod';
import { duration } from '../scalars/duration.ts';
import { policyTarget } from './policy-target.ts';

const providers = z.array(z.strictObject({ name: z.string() })).optional();
const mode = z.enum(['CLIENT_AND_SERVER', 'CLIENT', 'SERVER']).optional();

const customTag = z.strictObject({
  literal: z.strictObject({ value: z.string() }).optional(),
  environment: z.strictObject({ name: z.string(), defaultValue: z.string().optional() }).optional(),
  header: z.strictObject({ name: z.string(), defaultValue: z.string().optional() }).optional(),
  formatter: z.strictObject({ value: z.string() }).optional(),
});

const tracing = z.strictObject({
  match: z.strictObject({ mode }).optional(),
  providers,
  randomSamplingPercentage: z.number().optional(),
  disableSpanReporting: z.boolean().optional(),
  customTags: z.record(z.string(), customTag).optional(),
  useRequestIdForTraceSampling: z.boolean().optional(),
  enableIstioTags: z.boolean().optional(),
  disableContextPropagation: z.boolean().optional(),
});

/** Istio's standard metrics. */
export const METRIC_NAMES = [
  'REQUEST_COUNT',
  'REQUEST_DURATION',
  'REQUEST_SIZE',
  'RESPONSE_SIZE',
  'TCP_OPENED_CONNECTIONS',
  'TCP_CLOSED_CONNECTIONS',
  'TCP_SENT_BYTES',
  'TCP_RECEIVED_BYTES',
  'GRPC_REQUEST_MESSAGES',
  'GRPC_RESPONSE_MESSAGES',
] as const;

const metric = z.enum(['ALL_METRICS', ...METRIC_NAMES]);

const metricsOverride = z.strictObject({
  match: z.strictObject({ metric: metric.optional(), customMetric: z.string().optional(), mode }).optional(),
  disabled: z.boolean().optional(),
  /** Values are CEL expressions. */
  tagOverrides: z
    .record(
      z.string(),
      z.strictObject({ operation: z.enum(['UPSERT', 'REMOVE']).optional(), value: z.string().optional() }),
    )
    .optional(),
});

const metrics = z.strictObject({
  providers,
  overrides: z.array(metricsOverride).optional(),
  reportingInterval: duration.optional(),
});

const accessLogging = z.strictObject({
  match: z.strictObject({ mode }).optional(),
  providers,
  disabled: z.boolean().optional(),
  /** A CEL expression. */
  filter: z.strictObject({ expression: z.string().optional() }).optional(),
});

export const telemetryParts = {
  tracing: z.array(tracing).optional(),
  metrics: z.array(metrics).optional(),
  accessLogging: z.array(accessLogging).optional(),
};

const telemetrySpec = z.strictObject({ ...policyTarget, ...telemetryParts });

export type TelemetrySpec = z.output<typeof telemetrySpec>;
export type TelemetryTracing = z.output<typeof tracing>;
export type TelemetryMetrics = z.output<typeof metrics>;
export type TelemetryAccessLogging = z.output<typeof accessLogging>;
