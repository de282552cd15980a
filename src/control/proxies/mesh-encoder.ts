import type { InboundCapture } from '../../xds/inbound/options.ts';
import { encodeProxy } from '../../xds/roles.ts';
import { claimedWorkload } from './claimed-workload.ts';
import type { KnownProxy, ProxyEncoder } from './proxy-configs.ts';

/** How connections come to a proxy, by what it says of itself. */
export type CaptureOf = (proxy: KnownProxy) => InboundCapture;

/** The configuration of a proxy is that of its workload. */
export function meshEncoder(captureOf: CaptureOf = captureByMetadata): ProxyEncoder {
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
    encode: (mesh, proxy) =>
      encodeProxy(
        mesh,
        { type: proxy.claim.type, workload: claimedWorkload(mesh, proxy), dnsCapture: answersDns(proxy) },
        { capture: captureOf(proxy) },
      ),
  };
}

function answersDns({ claim }: Pick<KnownProxy, 'claim'>): boolean {
  return String(claim.metadata.DNS_CAPTURE) === 'true';
}

/** Istio's annotation sidecar.istio.io/interceptionMode, as the node's metadata tell it. */
function captureByMetadata({ claim: { ip, metadata } }: KnownProxy): InboundCapture {
  if (metadata.INTERCEPTION_MODE !== 'NONE') {
    return { mode: 'REDIRECT', address: ip.includes(':') ? '::' : '0.0.0.0' };
  }
  return {
    mode: 'NONE',
    bind: (port) => ({ address: ip, port }),
    app: (port) => ({ address: '127.0.0.1', port }),
  };
}
