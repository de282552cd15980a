import * as z from 'zod';
import { duration } from '../scalars/duration.ts';
import { portNumber, uint32 } from '../scalars/numbers.ts';

const httpService = z.strictObject({
  path: z.string().optional(),
  timeout: duration.optional(),
  headers: z
    .array(z.strictObject({ name: z.string(), value: z.string().optional(), envName: z.string().optional() }))
    .optional(),
});

const grpcService = z.strictObject({
  timeout: duration.optional(),
  initialMetadata: z
    .array(z.strictObject({ name: z.string(), value: z.string().optional(), envName: z.string().optional() }))
    .optional(),
});

const includeRequestBody = z.strictObject({
  maxRequestBytes: uint32.optional(),
  allowPartialMessage: z.boolean().optional(),
  packAsBytes: z.boolean().optional(),
});

/** Host of a service (`[namespace/]host`) and its port: where a provider is reached. */
const backend = { service: z.string(), port: portNumber };

const extAuthz = {
  ...backend,
  timeout: duration.optional(),
  failOpen: z.boolean().optional(),
  clearRouteCache: z.boolean().optional(),
  statusOnError: z.string().optional(),
  includeRequestBodyInCheck: includeRequestBody.optional(),
};

const envoyExtAuthzHttp = z.strictObject({
  ...extAuthz,
  pathPrefix: z.string().optional(),
  includeHeadersInCheck: z.array(z.string()).optional(),
  includeRequestHeadersInCheck: z.array(z.string()).optional(),
  includeAdditionalHeadersInCheck: z.record(z.string(), z.string()).optional(),
  headersToUpstreamOnAllow: z.array(z.string()).optional(),
  headersToDownstreamOnDeny: z.array(z.string()).optional(),
  headersToDownstreamOnAllow: z.array(z.string()).optional(),
});

const maxTagLength = uint32.optional();

const logFormat = z.strictObject({
  text: z.string().optional(),
  labels: z.record(z.string(), z.unknown()).optional(),
});

const accessLogService = {
  ...backend,
  logName: z.string().optional(),
  filterStateObjectsToLog: z.array(z.string()).optional(),
};

export const extensionProvider = z.strictObject({
  name: z.string().min(1),
  envoyExtAuthzHttp: envoyExtAuthzHttp.optional(),
  envoyExtAuthzGrpc: z.strictObject(extAuthz).optional(),
  zipkin: z
    .strictObject({
      ...backend,
      maxTagLength,
      enable64bitTraceId: z.boolean().optional(),
      path: z.string().optional(),
      traceContextOption: z.enum(['USE_B3', 'USE_B3_WITH_W3C_PROPAGATION']).optional(),
      timeout: duration.optional(),
      headers: httpService.shape.headers,
    })
    .optional(),
  lightstep: z.strictObject({ ...backend, accessToken: z.string().optional(), maxTagLength }).optional(),
  datadog: z.strictObject({ ...backend, maxTagLength }).optional(),
  stackdriver: z
    .strictObject({
      debug: z.boolean().optional(),
      maxNumberOfAttributes: z.int().optional(),
      maxNumberOfAnnotations: z.int().optional(),
      maxNumberOfMessageEvents: z.int().optional(),
      maxTagLength,
      logging: z.strictObject({ labels: z.record(z.string(), z.string()).optional() }).optional(),
    })
    .optional(),
  opencensus: z.strictObject({ ...backend, context: z.array(z.string()).optional(), maxTagLength }).optional(),
  skywalking: z.strictObject({ ...backend, accessToken: z.string().optional() }).optional(),
  opentelemetry: z
    .strictObject({
      ...backend,
      maxTagLength,
      http: httpService.optional(),
      grpc: grpcService.optional(),
      resourceDetectors: z.record(z.string(), z.unknown()).optional(),
      dynatraceSampler: z.record(z.string(), z.unknown()).optional(),
      serviceAttributeEnrichment: z.string().optional(),
    })
    .optional(),
  prometheus: z.strictObject({}).optional(),
  envoyFileAccessLog: z
    .strictObject({
      path: z.string().optional(),
      logFormat: logFormat.optional(),
      omitEmptyValues: z.boolean().optional(),
    })
    .optional(),
  envoyHttpAls: z
    .strictObject({
      ...accessLogService,
      additionalRequestHeadersToLog: z.array(z.string()).optional(),
      additionalResponseHeadersToLog: z.array(z.string()).optional(),
      additionalResponseTrailersToLog: z.array(z.string()).optional(),
    })
    .optional(),
  envoyTcpAls: z.strictObject(accessLogService).optional(),
  envoyOtelAls: z
    .strictObject({ ...backend, logName: z.string().optional(), logFormat: logFormat.optional() })
    .optional(),
  sds: z.strictObject({ ...backend, name: z.string().optional() }).optional(),
});

export type ExtensionProvider = z.output<typeof extensionProvider>;
