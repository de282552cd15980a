import { create } from '@bufbuild/protobuf';
import type { DomainConfig, RouteConfig, VirtualHostConfig } from '../../engine/config.ts';
import {
  VirtualHost_TlsRequirementType as TlsRequirement,
  type VirtualHost,
  VirtualHostSchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { type RouteConfiguration, RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { route } from './route.ts';

/** Istio's limit for the body of a direct response. */
const MAX_DIRECT_RESPONSE_BYTES = 1024 * 1024;

/** The route table of that name: every domain that has a virtual host in it. */
export function routeConfiguration(name: string, port: number, domains: Iterable<DomainConfig>): RouteConfiguration {
  const virtualHosts: VirtualHost[] = [];
  for (const { domain, virtualHosts: byTable } of domains) {
    const host = byTable[name];
    if (host !== undefined) virtualHosts.push(virtualHost(domain, host));
  }
  virtualHosts.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (virtualHosts.length === 0) virtualHosts.push(blackhole(port));
  return routeTable(name, virtualHosts);
}

export function routeTable(name: string, virtualHosts: readonly VirtualHost[]): RouteConfiguration {
  return create(RouteConfigurationSchema, {
    name,
    virtualHosts: [...virtualHosts],
    validateClusters: false,
    ignorePortInHostMatching: true,
    maxDirectResponseBodySizeBytes: MAX_DIRECT_RESPONSE_BYTES,
  });
}

function virtualHost(domain: string, { name, httpsRedirect, routes }: VirtualHostConfig): VirtualHost {
  return create(VirtualHostSchema, {
    name,
    domains: [domain],
    requireTls: httpsRedirect ? TlsRequirement.ALL : TlsRequirement.NONE,
    includeRequestAttemptCount: true,
    routes: routes.map((config: RouteConfig) => route(config)),
  });
}

function blackhole(port: number): VirtualHost {
  return create(VirtualHostSchema, { name: `blackhole:${port}`, domains: ['*'] });
}
