import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import type { OutboundTable, OutboundVirtualHost, ResolvedOutbound } from '../../mesh/outbound/model.ts';
import { NO_TIME } from '../durations.ts';
import { type VirtualHost, VirtualHostSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import { ROUTES, resourceOf, type XdsResource } from '../resource.ts';
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
  const takesAll = table.virtualHosts.some(({ domains }) => domains.includes('*'));
  const rest = routeTable(table.name, takesAll ? [] : [unknownHost(outbound)]);
  const writer = new BinaryWriter();
  // Messages of the same type one after the other are one message: virtual hosts are encoded once for all tables.
  for (const host of table.virtualHosts) {
    writer.tag(RouteConfigurationSchema.field.virtualHosts.number, WireType.LengthDelimited);
    writer.bytes(virtualHostBytes(host, hashKeyOf));
  }
  writer.raw(toBinary(RouteConfigurationSchema, rest));
  return resourceOf(ROUTES, table.name, writer.finish(), table.virtualHosts[0]?.origin);
}

const encodings = new WeakMap<OutboundVirtualHost, Uint8Array>();

/** What an endpoint is chosen by is the client's own: a virtual host with such routes is not shared. */
function virtualHostBytes(host: OutboundVirtualHost, hashKeyOf: HashKeysOf): Uint8Array {
  const hashes = host.routes.some(
    ({ action }) =>
      action.kind === 'forward' &&
      action.destinations.some(({ cluster }) => cluster !== undefined && hashKeyOf(cluster) !== undefined),
  );
  const known = hashes ? undefined : encodings.get(host);
  if (known !== undefined) return known;
  const bytes = toBinary(VirtualHostSchema, virtualHost(host, hashKeyOf));
  if (!hashes) encodings.set(host, bytes);
  return bytes;
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
