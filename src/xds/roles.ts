import { resolveInbound } from '../mesh/inbound/resolve.ts';
import type { Mesh } from '../mesh/model.ts';
import type { MeshWorkload } from '../mesh/registry.ts';
import { encodeInbound } from './inbound/inbound.ts';
import type { InboundCapture } from './inbound/options.ts';
import type { XdsResource } from './resource.ts';

/** What an Envoy is for: beside a workload, or as a gateway of its own. */
export interface ProxyNode {
  readonly type: 'sidecar' | 'router';
  readonly workload: MeshWorkload;
}

export interface ProxyOptions {
  readonly capture: InboundCapture;
}

/** Everything that one Envoy of the mesh gets. */
export function encodeProxy(mesh: Mesh, node: ProxyNode, { capture }: ProxyOptions): XdsResource[] {
  switch (node.type) {
    case 'sidecar':
      return encodeInbound(resolveInbound(mesh, node.workload), { capture });
    case 'router':
      return [];
  }
}
