import type { OutboundServicePort, ResolvedOutbound } from '../../mesh/outbound/model.ts';
import type { HostPort } from '../address.ts';
import { encodeCluster } from '../cluster/cluster.ts';
import { encodeNameTable, NAME_TABLE } from '../name-table.ts';
import { type ProxyResources, resourceOf, type XdsResource } from '../resource.ts';
import { builtInClusters } from './built-in-clusters.ts';
import { encodeCalledPort, encodeListener, encodeVirtualOutbound } from './listeners.ts';
import { encodeTable } from './route-table.ts';

export type OutboundCapture =
  /** Connections are captured on their way (iptables). */
  | { readonly mode: 'REDIRECT'; readonly address: '0.0.0.0' | '::' }
  /** The workload calls its proxy: each port of each service has an address of its own; undefined: none. */
  | { readonly mode: 'NONE'; readonly bind: (port: OutboundServicePort) => HostPort | undefined };

export interface OutboundOptions {
  readonly capture: OutboundCapture;
}

interface Common {
  readonly resources: readonly XdsResource[];
  /** With the listener for captured connections, by its address. */
  readonly captured: Map<string, readonly XdsResource[]>;
}

const encodings = new WeakMap<ResolvedOutbound, Common>();

/** Clusters, endpoints, listeners and routes by which a proxy carries what its workload calls. */
export function encodeOutbound(outbound: ResolvedOutbound, { capture }: OutboundOptions): ProxyResources {
  const { resources, captured } = commonOf(outbound);
  if (capture.mode === 'REDIRECT') {
    const { address } = capture;
    const shared = captured.get(address) ?? [...resources, encodeVirtualOutbound(outbound, address)];
    captured.set(address, shared);
    return { shared, own: [] };
  }
  const own = outbound.servicePorts.flatMap((port) => {
    const bound = capture.bind(port);
    return bound === undefined ? [] : [encodeCalledPort(port, bound, outbound)];
  });
  return { shared: resources, own };
}

/** What does not depend on where the proxy listens: encoded once for all whose calls are decided alike. */
function commonOf(outbound: ResolvedOutbound): Common {
  let common = encodings.get(outbound);
  if (common === undefined) {
    common = {
      captured: new Map(),
      resources: [
        ...builtInClusters(outbound),
        ...[...outbound.clusters.values()].flatMap(encodeCluster),
        ...outbound.listeners.map((listener) => encodeListener(listener, outbound)),
        ...[...outbound.tables.values()].map((table) => encodeTable(table, outbound)),
        resourceOf(NAME_TABLE, 'names', encodeNameTable(outbound.names), undefined),
      ],
    };
    encodings.set(outbound, common);
  }
  return common;
}
