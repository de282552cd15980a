import { packed } from '../any.ts';
import { CorsSchema } from '../gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import { HTTPFaultSchema } from '../gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';
import { RouterSchema } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { CORS_FILTER, FAULT_FILTER } from '../route/route.ts';
import { type HttpFilterInit, httpFilter } from './http-filter.ts';

/** What does as the route says, once nothing has refused the request. */
export const SERVING_FILTERS: readonly HttpFilterInit[] = [
  httpFilter(FAULT_FILTER, packed(HTTPFaultSchema, {})),
  httpFilter(CORS_FILTER, packed(CorsSchema, {})),
  httpFilter('envoy.filters.http.router', packed(RouterSchema, {})),
];
