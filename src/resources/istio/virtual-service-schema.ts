import * as z from 'zod';
import { duration, durationOrZero } from '../scalars/duration.ts';
import { int32, percent, uint32 } from '../scalars/numbers.ts';
import { labels } from '../scalars/selector.ts';
import { stringMatch, stringMatchMap } from '../scalars/string-match.ts';
import { destination, routeDestination } from './destination.ts';

const strings = z.record(z.string(), z.string());

const headerOperations = z.strictObject({
  set: strings.optional(),
  add: strings.optional(),
  remove: z.array(z.string()).optional(),
});

const headers = z.strictObject({ request: headerOperations.optional(), response: headerOperations.optional() });

const httpMatchRequest = z.strictObject({
  name: z.string().optional(),
  uri: stringMatch.optional(),
  scheme: stringMatch.optional(),
  method: stringMatch.optional(),
  authority: stringMatch.optional(),
  /** `{}` or null means that the header is there. */
  headers: stringMatchMap.optional(),
  port: uint32.optional(),
  sourceLabels: labels.optional(),
  gateways: z.array(z.string()).optional(),
  queryParams: stringMatchMap.optional(),
  ignoreUriCase: z.boolean().optional(),
  withoutHeaders: stringMatchMap.optional(),
  sourceNamespace: z.string().optional(),
  statPrefix: z.string().optional(),
});

const httpRouteDestination = z.strictObject({
  destination,
  weight: int32.optional(),
  headers: headers.optional(),
});

const httpRedirect = z.strictObject({
  uri: z.string().optional(),
  prefixRewrite: z.string().optional(),
  authority: z.string().optional(),
  port: uint32.optional(),
  derivePort: z.enum(['FROM_PROTOCOL_DEFAULT', 'FROM_REQUEST_PORT']).optional(),
  scheme: z.string().optional(),
  redirectCode: uint32.optional(),
});

const httpDirectResponse = z.strictObject({
  status: uint32,
  /** `bytes` is base64. */
  body: z.strictObject({ string: z.string().optional(), bytes: z.base64().optional() }).optional(),
});

const httpRewrite = z.strictObject({
  uri: z.string().optional(),
  authority: z.string().optional(),
  uriRegexRewrite: z.strictObject({ match: z.string().optional(), rewrite: z.string().optional() }).optional(),
});

const httpRetry = z.strictObject({
  attempts: int32.optional(),
  perTryTimeout: duration.optional(),
  retryOn: z.string().optional(),
  retryRemoteLocalities: z.boolean().optional(),
  retryIgnorePreviousHosts: z.boolean().optional(),
  backoff: duration.optional(),
});

const corsPolicy = z.strictObject({
  allowOrigin: z.array(z.string()).optional(),
  allowOrigins: z.array(stringMatch).optional(),
  allowMethods: z.array(z.string()).optional(),
  allowHeaders: z.array(z.string()).optional(),
  exposeHeaders: z.array(z.string()).optional(),
  maxAge: durationOrZero.optional(),
  allowCredentials: z.boolean().optional(),
  unmatchedPreflights: z.enum(['UNSPECIFIED', 'FORWARD', 'IGNORE']).optional(),
});

const httpFaultInjection = z.strictObject({
  delay: z
    .strictObject({
      percent: int32.optional(),
      fixedDelay: duration.optional(),
      exponentialDelay: duration.optional(),
      percentage: percent.optional(),
    })
    .optional(),
  abort: z
    .strictObject({
      httpStatus: int32.optional(),
      grpcStatus: z.string().optional(),
      http2Error: z.string().optional(),
      percentage: percent.optional(),
    })
    .optional(),
});

const httpRoute = z.strictObject({
  name: z.string().optional(),
  match: z.array(httpMatchRequest).optional(),
  route: z.array(httpRouteDestination).optional(),
  redirect: httpRedirect.optional(),
  directResponse: httpDirectResponse.optional(),
  delegate: z.strictObject({ name: z.string().optional(), namespace: z.string().optional() }).optional(),
  rewrite: httpRewrite.optional(),
  /** 0 turns the timeout off. */
  timeout: durationOrZero.optional(),
  retries: httpRetry.optional(),
  fault: httpFaultInjection.optional(),
  mirror: destination.optional(),
  mirrors: z.array(z.strictObject({ destination, percentage: percent.optional() })).optional(),
  mirrorPercent: uint32.optional(),
  /** The CRD has the proto name too, for the oldest users; the same field. */
  mirror_percent: uint32.optional(),
  mirrorPercentage: percent.optional(),
  corsPolicy: corsPolicy.optional(),
  headers: headers.optional(),
});

const layer4Match = {
  destinationSubnets: z.array(z.string()).optional(),
  port: uint32.optional(),
  sourceLabels: labels.optional(),
  gateways: z.array(z.string()).optional(),
  sourceNamespace: z.string().optional(),
};

const tlsRoute = z.strictObject({
  match: z.array(z.strictObject({ sniHosts: z.array(z.string()), ...layer4Match })),
  route: z.array(routeDestination).optional(),
});

const tcpRoute = z.strictObject({
  match: z.array(z.strictObject({ ...layer4Match, sourceSubnet: z.string().optional() })).optional(),
  route: z.array(routeDestination).optional(),
});

export const virtualServiceSpec = z.strictObject({
  hosts: z.array(z.string()).optional(),
  gateways: z.array(z.string()).optional(),
  http: z.array(httpRoute).optional(),
  tls: z.array(tlsRoute).optional(),
  tcp: z.array(tcpRoute).optional(),
  exportTo: z.array(z.string()).optional(),
});

export type VirtualServiceSpec = z.output<typeof virtualServiceSpec>;
export type HttpRoute = z.output<typeof httpRoute>;
export type HttpMatchRequest = z.output<typeof httpMatchRequest>;
export type HttpRouteDestination = z.output<typeof httpRouteDestination>;
export type HttpRedirect = z.output<typeof httpRedirect>;
export type HttpDirectResponse = z.output<typeof httpDirectResponse>;
export type HttpRewrite = z.output<typeof httpRewrite>;
export type HttpRetry = z.output<typeof httpRetry>;
export type HttpFaultInjection = z.output<typeof httpFaultInjection>;
export type CorsPolicy = z.output<typeof corsPolicy>;
export type HeadersOperations = z.output<typeof headers>;
export type HeaderOperations = z.output<typeof headerOperations>;
export type TlsRoute = z.output<typeof tlsRoute>;
export type TcpRoute = z.output<typeof tcpRoute>;
