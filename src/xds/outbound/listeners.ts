import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { ConfigOrigin } from '../../engine/values.ts';
import type { ListenerBind, OutboundChain, OutboundServicePort, ResolvedOutbound } from '../../mesh/outbound/model.ts';
import { addressOf, type HostPort } from '../address.ts';
import { milliseconds } from '../durations.ts';
import type { AddressSchema } from '../gen/envoy/config/core/v3/address_pb.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { HTTP_INSPECTOR, TLS_INSPECTOR } from '../listener-filters.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { BLACK_HOLE_CLUSTER, unknownCluster } from './built-in-clusters.ts';
import { filterChain, tcpProxy } from './filter-chains.ts';

interface ListenerParts {
  readonly name: string;
  readonly bind: ListenerBind;
  readonly bindsToPort: boolean;
  readonly chains: readonly OutboundChain[];
  readonly fallsThrough: boolean;
  readonly origin: ConfigOrigin | undefined;
}

export function encodeListener(parts: ListenerParts, outbound: ResolvedOutbound): XdsResource {
  const { name, bind, bindsToPort, chains, fallsThrough, origin } = parts;
  const looks = fallsThrough || chains.length > 1;
  const looksForHttp = looks && chains.some(({ kind }) => kind === 'http');
  const looksForNames = chains.some((chain) => chain.kind === 'tcp' && chain.serverNames.length > 0);
  const message = create(ListenerSchema, {
    name,
    address: addressOfBind(bind),
    ...(bindsToPort ? {} : { bindToPort: false }),
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: chains.map((chain) => filterChain(chain, looks, outbound)),
    ...(fallsThrough
      ? { defaultFilterChain: { filters: [tcpProxy(unknownCluster(outbound), toUnknown(outbound), outbound)] } }
      : {}),
    ...(looksForHttp || looksForNames
      ? {
          listenerFilters: [TLS_INSPECTOR, ...(looksForHttp ? [HTTP_INSPECTOR] : [])],
          // A client may be one that waits for the server's first word.
          listenerFiltersTimeout: milliseconds(outbound.settings.meshConfig.protocolDetectionTimeout),
          continueOnListenerFiltersTimeout: true,
        }
      : {}),
  });
  return encoded(ListenerSchema, name, message, origin);
}

/** A listener for one port of a service, which its callers call as if it were the service. */
export function encodeCalledPort(
  { host, port, chains, origin }: OutboundServicePort,
  { address, port: boundPort }: HostPort,
  outbound: ResolvedOutbound,
): XdsResource {
  const bind: ListenerBind = { kind: 'address', address, port: boundPort };
  const name = `${host}_${port}`;
  return encodeListener({ name, bind, bindsToPort: true, chains, fallsThrough: false, origin }, outbound);
}

/** Where all captured connections arrive, to be handed over by where they were going; the rest is not known. */
export function encodeVirtualOutbound(outbound: ResolvedOutbound, address: string): XdsResource {
  const name = 'virtualOutbound';
  const port = outbound.settings.meshConfig.proxyListenPort;
  const message = create(ListenerSchema, {
    name,
    address: addressOf({ address, port }),
    useOriginalDst: true,
    trafficDirection: TrafficDirection.OUTBOUND,
    filterChains: [
      {
        name: 'virtualOutbound-blackhole',
        // Whoever calls this very port would be sent to it again, without end.
        filterChainMatch: { destinationPort: port },
        filters: [tcpProxy(BLACK_HOLE_CLUSTER, [{ cluster: BLACK_HOLE_CLUSTER, weight: 1 }], outbound)],
      },
      {
        name: 'virtualOutbound-catchall-tcp',
        filters: [tcpProxy(unknownCluster(outbound), toUnknown(outbound), outbound)],
      },
    ],
  });
  return encoded(ListenerSchema, name, message, undefined);
}

function toUnknown(outbound: ResolvedOutbound): { cluster: string; weight: number }[] {
  return [{ cluster: unknownCluster(outbound), weight: 1 }];
}

function addressOfBind(bind: ListenerBind): MessageInitShape<typeof AddressSchema> {
  return bind.kind === 'unix' ? { address: { case: 'pipe', value: { path: bind.path } } } : addressOf(bind);
}
