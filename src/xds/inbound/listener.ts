import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { InboundPort, ResolvedInbound } from '../../mesh/inbound/model.ts';
import { addressOf, type HostPort } from '../address.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base_pb.ts';
import type {
  ListenerFilterChainMatchPredicateSchema,
  ListenerFilterSchema,
} from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { OriginalDstSchema } from '../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.ts';
import { HTTP_INSPECTOR, TLS_INSPECTOR } from '../listener-filters.ts';
import { BLACK_HOLE_CLUSTER } from '../outbound/built-in-clusters.ts';
import { isSniffed } from './chain-kinds.ts';
import { type FilterChainInit, passthroughChains, portChains, tcpProxy } from './filter-chain.ts';

type ListenerFilterInit = MessageInitShape<typeof ListenerFilterSchema>;
type PredicateInit = MessageInitShape<typeof ListenerFilterChainMatchPredicateSchema>;

export const VIRTUAL_INBOUND = 'virtualInbound';

/** Where iptables sends everything that comes to the pod. */
export function virtualInbound(inbound: ResolvedInbound, address: string): Listener {
  const { ports, passthrough, listener } = inbound;
  const captured = ports.filter(({ bind }) => bind === undefined);
  const filterChains = [
    {
      name: `${VIRTUAL_INBOUND}-blackhole`,
      filterChainMatch: { destinationPort: listener.port },
      filters: [tcpProxy(BLACK_HOLE_CLUSTER)],
    },
    ...captured.flatMap((port) => portChains(inbound, port, { destinationPort: port.port })),
    ...[...passthrough.ports].flatMap(([port, mode]) => passthroughChains(inbound, mode, { destinationPort: port })),
    ...passthroughChains(inbound, passthrough.mode, {}),
  ];
  const speechless = captured.filter(({ protocol }) => !isSniffed(protocol)).map(({ port }) => port);
  const plain = captured.filter(({ protocol, mode }) => mode === 'DISABLE' && !isSniffed(protocol));
  return listenerOf(VIRTUAL_INBOUND, { address, port: listener.port }, inbound, filterChains, [
    {
      name: 'envoy.filters.listener.original_dst',
      configType: { case: 'typedConfig', value: packed(OriginalDstSchema, {}) },
    },
    // An inspector waits for a client's first bytes: not where the server may be the one to speak first.
    { ...TLS_INSPECTOR, ...disabledOn(plain.map(({ port }) => port)) },
    { ...HTTP_INSPECTOR, ...disabledOn(speechless) },
  ]);
}

/** A port that clients connect to as it is. */
export function ownListener(inbound: ResolvedInbound, port: InboundPort, bound: HostPort): Listener {
  const filters = [
    ...(port.mode === 'DISABLE' && !isSniffed(port.protocol) ? [] : [TLS_INSPECTOR]),
    ...(isSniffed(port.protocol) ? [HTTP_INSPECTOR] : []),
  ];
  return listenerOf(`${bound.address}_${bound.port}`, bound, inbound, portChains(inbound, port, {}), filters);
}

function listenerOf(
  name: string,
  bound: HostPort,
  { listener }: ResolvedInbound,
  filterChains: readonly FilterChainInit[],
  listenerFilters: readonly ListenerFilterInit[],
): Listener {
  return create(ListenerSchema, {
    name,
    address: addressOf(bound),
    trafficDirection: TrafficDirection.INBOUND,
    filterChains: [...filterChains],
    listenerFilters: [...listenerFilters],
    listenerFiltersTimeout: milliseconds(listener.detectionTimeoutMs),
    continueOnListenerFiltersTimeout: true,
  });
}

function disabledOn(ports: readonly number[]): Pick<ListenerFilterInit, 'filterDisabled'> {
  const [only, ...others] = ports.map(onPort);
  if (only === undefined) return {};
  if (others.length === 0) return { filterDisabled: only };
  return { filterDisabled: { rule: { case: 'orMatch', value: { rules: [only, ...others] } } } };
}

function onPort(port: number): PredicateInit {
  return { rule: { case: 'destinationPortRange', value: { start: port, end: port + 1 } } };
}
