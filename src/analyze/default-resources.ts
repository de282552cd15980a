import { type AnyResource, isKind, kinds } from '../resources/kinds.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import { parseObject } from '../resources/parse.ts';

const NAMESPACE = 'istio-system';
const LABELS = { istio: 'ingressgateway' };
const PORTS = { http2: 80, https: 443, tcp: 31_400, tls: 15_443 };

/**
 * The ingress gateway that istioctl takes for granted when it sees files only, so that nobody has to hand in Istio's
 * own objects. What the files define themselves stays theirs.
 */
export function defaultResources(given: readonly AnyResource[], meshConfig: MeshConfig): AnyResource[] {
  if (meshConfig.ingressControllerMode === 'OFF') return [];
  const name = meshConfig.ingressService;
  const isGiven = given.some(
    (resource) =>
      isKind(resource, kinds.service) && resource.metadata.name === name && resource.metadata.namespace === NAMESPACE,
  );
  const objects = [pod(`${name}-dummypod`), ...(isGiven ? [] : [service(name)])];
  return objects.flatMap((object) => parseObject(object).resources);
}

function pod(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: NAMESPACE, labels: LABELS },
    // A gateway is a proxy: policies that select it are in force.
    spec: { containers: [{ name: 'istio-proxy', image: 'auto-provided' }] },
  };
}

function service(name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      selector: LABELS,
      ports: Object.entries(PORTS).map(([portName, port]) => ({
        name: portName,
        port,
        protocol: 'TCP',
        targetPort: port,
      })),
    },
  };
}
