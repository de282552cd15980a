import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import type { GatewayConfig, ListenerConfig, RouteTableRef } from '../../engine/config.ts';
import { addressOf } from '../address.ts';
import type { FilterChainSchema } from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpConnectionManagerSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { DownstreamTlsContext } from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { TLS_INSPECTOR } from '../listener-filters.ts';
import { serverTransport } from '../tls/mesh-server.ts';
import { connectionManager } from './connection-manager.ts';

type FilterChainInit = MessageInitShape<typeof FilterChainSchema>;

export interface ListenerOptions {
  /** Where a server's port is bound; by default on every address of the machine, under its own number. */
  readonly bind?: (port: number) => { readonly address: string; readonly port: number };
  /** How a table's server terminates TLS; a table for which this has no answer is left out. */
  readonly tls?: (table: RouteTableRef) => DownstreamTlsContext | undefined;
  /** Chains of the same port whose connections are not opened as HTTP. */
  readonly streams?: (port: number) => readonly FilterChainInit[];
}

const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';

/** One listener for each port: of plaintext a single chain, of TLS one for each server, taken by SNI. */
export function gatewayListener(
  listener: ListenerConfig,
  tables: readonly RouteTableRef[],
  config: GatewayConfig,
  options: ListenerOptions,
): Listener | undefined {
  const { port, tls } = listener;
  const filterChains = [
    ...tables.flatMap((table) => filterChain(listener, table, config, options) ?? []),
    ...(options.streams?.(port) ?? []),
  ];
  return filterChains.length === 0 ? undefined : portListener(port, tls, filterChains, options);
}

export function portListener(
  port: number,
  isTls: boolean,
  filterChains: readonly FilterChainInit[],
  { bind }: ListenerOptions,
): Listener {
  return create(ListenerSchema, {
    name: `0.0.0.0_${port}`,
    address: addressOf(bind?.(port) ?? { address: '0.0.0.0', port }),
    filterChains: [...filterChains],
    listenerFilters: isTls ? [TLS_INSPECTOR] : [],
  });
}

function filterChain(
  { port, tls }: ListenerConfig,
  table: RouteTableRef,
  config: GatewayConfig,
  options: ListenerOptions,
): FilterChainInit | undefined {
  const policies = config.policies[table.policies];
  if (policies === undefined) throw new Error(`the configuration has no policies ${table.policies}`);
  const manager = connectionManager({ name: table.name, port, policies }, config.settings);
  const filters = [
    {
      name: CONNECTION_MANAGER,
      configType: { case: 'typedConfig' as const, value: anyPack(HttpConnectionManagerSchema, manager) },
    },
  ];
  if (!tls) return { filters };
  const context = options.tls?.(table);
  if (context === undefined) return undefined;
  return {
    filters,
    // A server for every host has no name to be taken by.
    filterChainMatch: { serverNames: table.sniHosts.filter((host) => host !== '*') },
    transportSocket: serverTransport(context),
  };
}
