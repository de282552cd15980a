import type { PolicyScope } from '../../engine/policy-config.ts';
import { packed } from '../any.ts';
import { ExtAuthzSchema } from '../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts';
import { JwtAuthenticationSchema } from '../gen/envoy/extensions/filters/http/jwt_authn/v3/config_pb.ts';
import { RBACSchema } from '../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts';
import { type HttpFilterInit, httpFilter } from '../http/http-filter.ts';
import { SERVING_FILTERS } from '../http/serving-filters.ts';
import { JWT_FILTER } from '../match/claim-matcher.ts';
import { customFilters } from '../security/external-authorizer.ts';
import { jwtAuthentication } from '../security/jwt-authn.ts';
import { policyFilter } from '../security/rbac.ts';

const RBAC_FILTER = 'envoy.filters.http.rbac';

/**
 * The filters of a gateway in Istio's order: external authorizer, tokens, policies, fault, CORS, router. Whatever
 * refuses a request comes before whatever serves it.
 *
 * @param routesByClaims whether routes look at claims, so that they are chosen again once a token is verified
 */
export function httpFilters({ jwt, authorization }: PolicyScope, routesByClaims = true): HttpFilterInit[] {
  const filters: HttpFilterInit[] = [];
  const custom = customFilters(authorization);
  if (custom !== undefined) {
    filters.push(httpFilter(RBAC_FILTER, packed(RBACSchema, custom.shadow)));
    if (custom.authorizer !== undefined) {
      filters.push(httpFilter('envoy.filters.http.ext_authz', packed(ExtAuthzSchema, custom.authorizer)));
    }
  }
  if (jwt.length > 0)
    filters.push(httpFilter(JWT_FILTER, packed(JwtAuthenticationSchema, jwtAuthentication(jwt, routesByClaims))));
  for (const filter of [
    policyFilter('AUDIT', authorization.audit),
    policyFilter('DENY', authorization.deny),
    policyFilter('ALLOW', authorization.allow),
  ]) {
    if (filter !== undefined) filters.push(httpFilter(RBAC_FILTER, packed(RBACSchema, filter)));
  }
  filters.push(...SERVING_FILTERS);
  return filters;
}
