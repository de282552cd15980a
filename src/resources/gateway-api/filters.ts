import * as z from 'zod';
import { backendObjectReference, localReference } from './references.ts';

const httpHeader = z.strictObject({ name: z.string().min(1).max(256), value: z.string().min(1).max(4096) });

const headerFilter = z.strictObject({
  set: z.array(httpHeader).max(16).optional(),
  add: z.array(httpHeader).max(16).optional(),
  remove: z.array(z.string()).max(16).optional(),
});

const pathModifier = z.strictObject({
  type: z.enum(['ReplaceFullPath', 'ReplacePrefixMatch']),
  replaceFullPath: z.string().max(1024).optional(),
  replacePrefixMatch: z.string().max(1024).optional(),
});

const requestMirror = z.strictObject({
  backendRef: z.strictObject(backendObjectReference),
  percent: z.int().min(0).max(100).optional(),
  fraction: z.strictObject({ numerator: z.int().min(0), denominator: z.int().min(1).default(100) }).optional(),
});

const requestRedirect = z.strictObject({
  scheme: z.enum(['http', 'https']).optional(),
  hostname: z.string().min(1).max(253).optional(),
  path: pathModifier.optional(),
  port: z.int().min(1).max(65535).optional(),
  statusCode: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]).default(302),
});

const cors = z.strictObject({
  allowOrigins: z.array(z.string()).max(64).optional(),
  allowCredentials: z.boolean().optional(),
  allowMethods: z.array(z.string()).max(9).optional(),
  allowHeaders: z.array(z.string()).max(64).optional(),
  exposeHeaders: z.array(z.string()).max(64).optional(),
  maxAge: z.int().min(1).default(5),
});

const externalAuth = z.strictObject({
  protocol: z.enum(['HTTP', 'GRPC']),
  backendRef: z.strictObject(backendObjectReference),
  grpc: z.strictObject({ allowedHeaders: z.array(z.string()).max(64).optional() }).optional(),
  http: z
    .strictObject({
      path: z.string().optional(),
      allowedHeaders: z.array(z.string()).max(64).optional(),
      allowedResponseHeaders: z.array(z.string()).max(64).optional(),
    })
    .optional(),
  forwardBody: z.strictObject({ maxSize: z.int().min(0).optional() }).optional(),
});

const common = {
  requestHeaderModifier: headerFilter.optional(),
  responseHeaderModifier: headerFilter.optional(),
  requestMirror: requestMirror.optional(),
  extensionRef: localReference.optional(),
};

export const httpRouteFilter = z.strictObject({
  type: z.enum([
    'RequestHeaderModifier',
    'ResponseHeaderModifier',
    'RequestMirror',
    'RequestRedirect',
    'URLRewrite',
    'CORS',
    'ExternalAuth',
    'ExtensionRef',
  ]),
  ...common,
  requestRedirect: requestRedirect.optional(),
  urlRewrite: z
    .strictObject({ hostname: z.string().min(1).max(253).optional(), path: pathModifier.optional() })
    .optional(),
  cors: cors.optional(),
  externalAuth: externalAuth.optional(),
});

export const grpcRouteFilter = z.strictObject({
  type: z.enum(['RequestHeaderModifier', 'ResponseHeaderModifier', 'RequestMirror', 'ExtensionRef']),
  ...common,
});

export type HttpRouteFilter = z.output<typeof httpRouteFilter>;
export type GrpcRouteFilter = z.output<typeof grpcRouteFilter>;
export type HttpPathModifier = z.output<typeof pathModifier>;
