import { create } from '@bufbuild/protobuf';
import type { OutboundTable, OutboundVirtualHost, ResolvedOutbound } from '../../mesh/outbound/model.ts';
import { NO_TIME } from '../durations.ts';
import { type VirtualHost, VirtualHostSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { encoded, type XdsResource } from '../resource.ts';
import type { HashKeysOf } from '../route/hash-policy.ts';
import { route } from '../route/route.ts';
import { routeTable } from '../route/route-configuration.ts';
import { unknownCluster } from './built-in-clusters.ts';

/** A table with, last, what becomes of hosts that nobody has. */
export function encodeTable(table: OutboundTable, outbound: ResolvedOutbound): XdsResource {
  const hashKeyOf: HashKeysOf = (cluster) => {
    const balancer = outbound.clusters.get(cluster)?.loadBalancer;
    return balancer !== undefined && 'key' in balancer ? balancer.key : undefined;
  };
  const own = table.virtualHosts.map((host) => virtualHost(host, hashKeyOf));
  const takesAll = table.virtualHosts.some(({ domains }) => domains.includes('*'));
  const message = routeTable(table.name, takesAll ? own : [...own, unknownHost(outbound)]);
  return encoded(RouteConfigurationSchema, table.name, message, table.virtualHosts[0]?.origin);
}

function virtualHost({ name, domains, routes }: OutboundVirtualHost, hashKeyOf: HashKeysOf): VirtualHost {
  return create(VirtualHostSchema, {
    name,
    domains: [...domains],
    includeRequestAttemptCount: true,
    routes: routes.map((config) => route(config, hashKeyOf)),
  });
}

/** Istio's `allow_any` and `block_all`, which answers 502. */
function unknownHost(outbound: ResolvedOutbound): VirtualHost {
  const isBlocked = outbound.unknown.kind === 'block';
  const name = isBlocked ? 'block_all' : 'allow_any';
  return create(VirtualHostSchema, {
    name,
    domains: ['*'],
    includeRequestAttemptCount: true,
    routes: [
      {
        name,
        match: { pathSpecifier: { case: 'prefix', value: '/' } },
        action: isBlocked
          ? { case: 'directResponse', value: { status: 502 } }
          : {
              case: 'route',
              value: { clusterSpecifier: { case: 'cluster', value: unknownCluster(outbound) }, timeout: NO_TIME },
            },
      },
    ],
  });
}
