import * as z from 'zod';
import { gatewayDuration } from './duration.ts';
import { httpRouteFilter } from './filters.ts';
import { backendReference, parentReference } from './references.ts';
import { headerMatch, sessionPersistence } from './route-rule.ts';

const pathMatch = z.strictObject({
  type: z.enum(['Exact', 'PathPrefix', 'RegularExpression']).default('PathPrefix'),
  value: z.string().max(1024).default('/'),
});

const httpRouteMatch = z.strictObject({
  path: pathMatch.prefault({}),
  headers: z.array(headerMatch).max(16).optional(),
  queryParams: z.array(headerMatch).max(16).optional(),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH']).optional(),
});

const httpBackendRef = z.strictObject({ ...backendReference, filters: z.array(httpRouteFilter).max(16).optional() });

const httpRouteRule = z.strictObject({
  name: z.string().min(1).max(253).optional(),
  matches: z.array(httpRouteMatch).max(64).prefault([{}]),
  filters: z.array(httpRouteFilter).max(16).optional(),
  backendRefs: z.array(httpBackendRef).max(16).optional(),
  timeouts: z
    .strictObject({ request: gatewayDuration.optional(), backendRequest: gatewayDuration.optional() })
    .optional(),
  retry: z
    .strictObject({
      codes: z.array(z.int().min(400).max(599)).optional(),
      attempts: z.int().min(0).optional(),
      backoff: gatewayDuration.optional(),
    })
    .optional(),
  sessionPersistence: sessionPersistence.optional(),
});

export const httpRouteSpec = z.strictObject({
  parentRefs: z.array(parentReference).max(32).optional(),
  hostnames: z.array(z.string()).max(16).optional(),
  rules: z.array(httpRouteRule).max(16).prefault([{}]),
  useDefaultGateways: z.enum(['All', 'None']).optional(),
});

export type HttpRouteSpec = z.output<typeof httpRouteSpec>;
export type HttpRouteRule = z.output<typeof httpRouteRule>;
export type HttpRouteMatch = z.output<typeof httpRouteMatch>;
export type HttpBackendRef = z.output<typeof httpBackendRef>;
