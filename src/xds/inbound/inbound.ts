import type { ResolvedInbound } from '../../mesh/inbound/model.ts';
import { authorizationAtPort } from '../../mesh/inbound/policies-at-port.ts';
import { Remembered } from '../../mesh/remember.ts';
import { type Cluster, ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { encoded, type XdsResource } from '../resource.ts';
import { inboundCluster, inboundPassthrough } from './clusters.ts';
import { ownListener, virtualInbound } from './listener.ts';
import type { InboundCapture, InboundOptions } from './options.ts';

/** The inbound half of a sidecar. Where it is captured it is encoded once for each value that is resolved. */
export function encodeInbound(inbound: ResolvedInbound, { capture }: InboundOptions): readonly XdsResource[] {
  if (capture.mode === 'NONE') return encode(inbound, capture);
  return captured.get(inbound, [capture.address], () => encode(inbound, capture));
}

const captured = new Remembered<ResolvedInbound, readonly XdsResource[]>();

function encode(inbound: ResolvedInbound, capture: InboundCapture): readonly XdsResource[] {
  const resources: XdsResource[] = [];
  const cluster = (message: Cluster, { origin }: { origin: ResolvedInbound['origin'] } = inbound): void => {
    resources.push(encoded(ClusterSchema, message.name, message, origin));
  };
  const listener = (message: Listener, { origin }: { origin: ResolvedInbound['origin'] } = inbound): void => {
    resources.push(encoded(ListenerSchema, message.name, message, origin));
  };
  for (const port of inbound.ports) cluster(inboundCluster(inbound, port, capture), port);
  if (capture.mode === 'REDIRECT') {
    cluster(inboundPassthrough(inbound));
    listener(virtualInbound(inbound, capture.address));
  }
  for (const port of inbound.ports) {
    const bound = capture.mode === 'NONE' ? capture.bind(port.port) : boundApart(port.bind, port.port);
    if (bound === undefined) continue;
    const served = bound.port === port.port ? inbound : atPort(inbound, port.port);
    listener(ownListener(served, port, bound), port);
  }
  return resources;
}

function atPort(inbound: ResolvedInbound, port: number): ResolvedInbound {
  const { policies, tcpPolicies } = inbound;
  return {
    ...inbound,
    policies: { ...policies, authorization: authorizationAtPort(policies.authorization, port) },
    tcpPolicies: authorizationAtPort(tcpPolicies, port),
  };
}

function boundApart(address: string | undefined, port: number): { address: string; port: number } | undefined {
  return address === undefined ? undefined : { address, port };
}
