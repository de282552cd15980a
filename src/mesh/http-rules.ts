import type { HttpMatchRequest, HttpRoute } from '../resources/istio/virtual-service-schema.ts';
import type { VirtualService } from '../resources/kinds.ts';
import type { FieldPath, Resource } from '../resources/resource.ts';
import type { Visibility } from './visibility.ts';

/** One `http` entry on its way to routes; a delegate's comes with what its root has given it. */
export interface HttpRule {
  readonly http: HttpRoute;
  /** The resource that `http` stands in: short host names resolve in its namespace. */
  readonly owner: RuleOwner;
  readonly path: FieldPath;
  /** Undefined: no conditions at all. */
  readonly matches: readonly HttpRuleMatch[] | undefined;
  /** Prefixes are of whole path segments (Ingress), not plain strings. */
  readonly segmentPrefixes: boolean;
}

export type RuleOwner = Pick<Resource, 'metadata' | 'originOf'>;

export interface HttpRuleMatch {
  /** `gateways` already as `ns/name`. */
  readonly match: HttpMatchRequest;
  readonly path: FieldPath;
}

/** HTTP rules with the hosts that they are for, of a VirtualService or of Ingresses. */
export interface HttpRules {
  readonly owner: RuleOwner;
  /** Full names, lower case. */
  readonly hosts: readonly string[];
  /** `ns/name` of the Gateways that they are bound to, or `mesh`. */
  readonly gateways: readonly string[];
  readonly visibility: Visibility;
  readonly rules: readonly HttpRule[];
}

/** The rules of a VirtualService as they are written. */
export function ownRules(service: VirtualService): HttpRule[] {
  return (service.spec.http ?? []).map((http, index) => {
    const path: FieldPath = ['spec', 'http', index];
    return { http, owner: service, path, matches: ownMatches(service, http, path), segmentPrefixes: false };
  });
}

function ownMatches(
  { metadata }: VirtualService,
  { match: matches }: HttpRoute,
  path: FieldPath,
): HttpRuleMatch[] | undefined {
  if (matches === undefined || matches.length === 0) return undefined;
  return matches.map((match, index) => ({
    match:
      match.gateways === undefined
        ? match
        : { ...match, gateways: match.gateways.map((gateway) => gatewayKey(gateway, metadata.namespace)) },
    path: [...path, 'match', index],
  }));
}

/** `ns/name` of a gateway as a VirtualService in `namespace` names it; also the old `name.ns.svc…` form. */
export function gatewayKey(gateway: string, namespace: string): string {
  if (gateway === 'mesh') return gateway;
  const slash = gateway.indexOf('/');
  if (slash !== -1) return gateway.startsWith('./') ? `${namespace}/${gateway.slice(2)}` : gateway;
  const [name = '', otherNamespace] = gateway.split('.');
  return `${otherNamespace ?? namespace}/${name}`;
}
