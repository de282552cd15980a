import type { ClusterGatewayOptions } from '../../xds/cluster-gateway/cluster-gateway.ts';
import type { InboundCapture } from '../../xds/inbound/options.ts';
import { encodeProxy } from '../../xds/roles.ts';
import { claimedWorkload } from './claimed-workload.ts';
import type { KnownProxy, ProxyEncoder } from './proxy-configs.ts';

export interface MeshEncoderOptions {
  /** What entrances for the edge trust and where they listen, at the moment; undefined: there are none. */
  readonly clusterGateway?: () => ClusterGatewayOptions | undefined;
}

/** The configuration of a proxy is that of its workload. */
export function meshEncoder({ clusterGateway }: MeshEncoderOptions = {}): ProxyEncoder {
  return {
    keyOf: (mesh, { claim, identity }) => {
      const { namespace, serviceAccount } = identity;
      const isKnown = mesh.registry.workloadAt(namespace, claim.pod) !== undefined;
      const told = isKnown ? '' : JSON.stringify([claim.labels, claim.ip]);
      return [
        claim.type,
        namespace,
        serviceAccount,
        claim.pod,
        claim.metadata.INTERCEPTION_MODE,
        answersDns({ claim }),
        told,
      ].join(' ');
    },
    encode: (mesh, proxy) => {
      const entrance = clusterGateway?.();
      return encodeProxy(
        mesh,
        { type: proxy.claim.type, workload: claimedWorkload(mesh, proxy), dnsCapture: answersDns(proxy) },
        { capture: captureOf(proxy), ...(entrance === undefined ? {} : { clusterGateway: entrance }) },
      );
    },
  };
}

function answersDns({ claim }: Pick<KnownProxy, 'claim'>): boolean {
  return String(claim.metadata.DNS_CAPTURE) === 'true';
}

/** Istio's annotation sidecar.istio.io/interceptionMode, as the node's metadata tell it. */
function captureOf({ claim: { ip, metadata } }: KnownProxy): InboundCapture {
  if (metadata.INTERCEPTION_MODE !== 'NONE') {
    return { mode: 'REDIRECT', address: ip.includes(':') ? '::' : '0.0.0.0' };
  }
  return {
    mode: 'NONE',
    bind: (port) => ({ address: ip, port }),
    app: (port) => ({ address: '127.0.0.1', port }),
  };
}
