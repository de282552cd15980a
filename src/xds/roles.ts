import { allClusters, resolveGateway } from '../mesh/gateway/resolve.ts';
import { resolveInbound } from '../mesh/inbound/resolve.ts';
import type { Mesh } from '../mesh/model.ts';
import type { ProxyClient } from '../mesh/outbound/model.ts';
import { resolveOutbound } from '../mesh/outbound/resolve.ts';
import { proxySettings } from '../mesh/proxy-settings.ts';
import type { MeshWorkload } from '../mesh/registry.ts';
import { resolveTelemetry } from '../mesh/telemetry/resolve.ts';
import { workloadLabels } from '../mesh/telemetry/workload-labels.ts';
import type { HostPort } from './address.ts';
import { type ClusterGatewayOptions, encodeClusterGateway } from './cluster-gateway/cluster-gateway.ts';
import { encodeGatewayProxy } from './gateway/gateway-proxy.ts';
import { encodeInbound } from './inbound/inbound.ts';
import type { InboundCapture } from './inbound/options.ts';
import { encodeOutbound, type OutboundCapture } from './outbound/outbound.ts';
import type { ProxyResources } from './resource.ts';
import { withTelemetry } from './telemetry/with-telemetry.ts';

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
  /** What the entrance for the edge trusts and where it listens; undefined: there is none. */
  readonly clusterGateway?: ClusterGatewayOptions;
  /** Where a gateway binds its pod's ports, where that is not every address. */
  readonly gatewayBind?: (port: number) => HostPort;
}

/** The label of the workload that takes traffic from the edge; other routers serve the Gateways that select them. */
export const CLUSTER_GATEWAY_LABEL = 'foresail.dev/cluster-gateway';

/** Everything that one Envoy of the mesh gets. */
export function encodeProxy(mesh: Mesh, node: ProxyNode, options: ProxyOptions): ProxyResources {
  const input = { set: mesh.resources, settings: mesh.settings };
  return withTelemetry(encodeRole(mesh, node, options), {
    workload: workloadLabels(node.workload, mesh.settings),
    client: resolveTelemetry(node.workload, 'CLIENT', input).scope,
    server: resolveTelemetry(node.workload, 'SERVER', input).scope,
  });
}

function encodeRole(mesh: Mesh, node: ProxyNode, options: ProxyOptions): ProxyResources {
  const { workload } = node;
  const { capture, clusterGateway, gatewayBind } = options;
  if (node.type === 'sidecar') {
    const inbound = encodeInbound(resolveInbound(mesh, workload), { capture });
    const outbound = resolveOutbound(mesh, clientOf(node, capture));
    const { shared, own } = encodeOutbound(outbound, { capture: outboundCapture(options) });
    return { shared, own: [...inbound, ...own] };
  }
  if (workload.labels[CLUSTER_GATEWAY_LABEL] !== 'true') {
    const bind = gatewayBind === undefined ? {} : { bind: gatewayBind };
    return { shared: [], own: encodeGatewayProxy(resolveGateway(mesh, workload), bind) };
  }
  if (clusterGateway === undefined) return { shared: [], own: [] };
  const settings = proxySettings(workload, mesh.settings);
  return { shared: [], own: encodeClusterGateway({ clusters: allClusters(mesh, workload), settings }, clusterGateway) };
}

function clientOf({ workload, dnsCapture = false }: ProxyNode, { mode }: InboundCapture): ProxyClient {
  const { namespace, labels, serviceAccount, network, locality, address } = workload;
  return { namespace, labels, serviceAccount, network, locality, address, interception: mode, dnsCapture };
}

function outboundCapture({ capture, outbound }: ProxyOptions): OutboundCapture {
  if (outbound !== undefined) return outbound;
  return capture.mode === 'REDIRECT' ? capture : { mode: 'NONE', bind: () => undefined };
}
