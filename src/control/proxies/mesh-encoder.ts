import type { Mesh } from '../../mesh/model.ts';
import type { MeshWorkload } from '../../mesh/registry.ts';
import type { InboundCapture } from '../../xds/inbound/options.ts';
import { encodeProxy } from '../../xds/roles.ts';
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
      return [claim.type, namespace, serviceAccount, claim.pod, claim.metadata.INTERCEPTION_MODE, told].join(' ');
    },
    encode: (mesh, proxy) =>
      encodeProxy(mesh, { type: proxy.claim.type, workload: workloadOf(mesh, proxy) }, { capture: captureOf(proxy) }),
  };
}

/** The pod; of one that the mesh does not know yet, what it says of itself counts, under the account that it has proven. */
function workloadOf(mesh: Mesh, { claim, identity }: KnownProxy): MeshWorkload {
  const { namespace, serviceAccount } = identity;
  const known = mesh.registry.workloadAt(namespace, claim.pod);
  if (known !== undefined) return known;
  const { pod, labels, ip } = claim;
  return {
    namespace,
    name: pod,
    labels,
    annotations: {},
    serviceAccount,
    address: ip,
    ports: {},
    network: labels['topology.istio.io/network'] ?? '',
    locality: labels['istio-locality'] ?? '',
    ready: true,
    hasSidecar: true,
    origin: { kind: 'Pod', namespace, name: pod },
  };
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
