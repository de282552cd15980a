import { resolveInbound } from '../mesh/inbound/resolve.ts';
import type { Mesh } from '../mesh/model.ts';
import type { ProxyClient } from '../mesh/outbound/model.ts';
import { resolveOutbound } from '../mesh/outbound/resolve.ts';
import type { MeshWorkload } from '../mesh/registry.ts';
import { encodeInbound } from './inbound/inbound.ts';
import type { InboundCapture } from './inbound/options.ts';
import { encodeOutbound, type OutboundCapture } from './outbound/outbound.ts';
import type { XdsResource } from './resource.ts';

/** What an Envoy is for: beside a workload, or as a gateway of its own. */
export interface ProxyNode {
  readonly type: 'sidecar' | 'router';
  readonly workload: MeshWorkload;
  /** Whether its agent answers DNS: hosts without an address are given one then. */
  readonly dnsCapture?: boolean;
}

export interface ProxyOptions {
  readonly capture: InboundCapture;
  /** Where a workload that is not captured finds what it calls; undefined: nowhere but at its Sidecar's own listeners. */
  readonly outbound?: OutboundCapture;
}

/** Everything that one Envoy of the mesh gets. */
export function encodeProxy(mesh: Mesh, node: ProxyNode, options: ProxyOptions): XdsResource[] {
  const { capture } = options;
  switch (node.type) {
    case 'sidecar':
      return [
        ...encodeInbound(resolveInbound(mesh, node.workload), { capture }),
        ...encodeOutbound(resolveOutbound(mesh, clientOf(node, capture)), { capture: outboundCapture(options) }),
      ];
    case 'router':
      return [];
  }
}

function clientOf({ workload, dnsCapture = false }: ProxyNode, { mode }: InboundCapture): ProxyClient {
  const { namespace, labels, serviceAccount, network, locality, address } = workload;
  return { namespace, labels, serviceAccount, network, locality, address, interception: mode, dnsCapture };
}

function outboundCapture({ capture, outbound }: ProxyOptions): OutboundCapture {
  if (outbound !== undefined) return outbound;
  return capture.mode === 'REDIRECT' ? capture : { mode: 'NONE', bind: () => undefined };
}
