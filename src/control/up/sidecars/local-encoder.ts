import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import type { HostPort } from '../../../xds/address.ts';
import type { PassTrust } from '../../../xds/cluster-gateway/pass-filter.ts';
import { CLUSTER_GATEWAY_LABEL, encodeProxy, type ProxyOptions } from '../../../xds/roles.ts';
import { claimedWorkload } from '../../proxies/claimed-workload.ts';
import type { ProxyEncoder } from '../../proxies/proxy-configs.ts';

/** Where everything is on this machine. */
export interface LocalPlaces {
  /** Where the application of a pod answers; undefined: nowhere. */
  appOf(pod: string, port: number): HostPort | undefined;
  /** Where a pod's sidecar takes its application's calls to a service; undefined: it takes none. */
  outboundOf(pod: string, host: string, port: number): HostPort | undefined;
  readonly gateway: HostPort;
  /** Of the edge that `up` runs. */
  readonly passTrust: PassTrust;
}

/** Proxies without capture: each has an address of this machine's own, and knows where its application is. */
export function localEncoder(places: LocalPlaces): ProxyEncoder {
  return {
    keyOf: (_, { claim }) => claim.id,
    encode: (mesh, proxy) => {
      const workload = workloadOf(mesh, proxy);
      return encodeProxy(mesh, { type: proxy.claim.type, workload }, optionsOf(workload, places));
    },
  };
}

/** The only router is the entrance for the edge, whose policies and destinations are those of the mesh's gateway. */
function workloadOf(mesh: Mesh, proxy: Parameters<ProxyEncoder['encode']>[1]): MeshWorkload {
  const workload = claimedWorkload(mesh, proxy);
  if (proxy.claim.type === 'sidecar') return workload;
  return { ...workload, labels: { ...mesh.edge.workload.labels, [CLUSTER_GATEWAY_LABEL]: 'true' } };
}

function optionsOf({ namespace, name, address = '' }: MeshWorkload, places: LocalPlaces): ProxyOptions {
  const pod = `${namespace}/${name}`;
  return {
    capture: {
      mode: 'NONE',
      bind: (port) => (places.appOf(pod, port) === undefined ? undefined : { address, port }),
      app: (port) => places.appOf(pod, port) ?? { address: '127.0.0.1', port },
    },
    outbound: { mode: 'NONE', bind: ({ host, port }) => places.outboundOf(pod, host, port) },
    clusterGateway: { ...places.passTrust, bind: places.gateway },
  };
}
