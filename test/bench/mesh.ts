import { compileMesh } from '../../src/control/compile.ts';
import type { ResolvedGateway } from '../../src/mesh/model.ts';
import type { AnyResource } from '../../src/resources/kinds.ts';
import type { Fields } from '../support/api-server/kube-object.ts';
import { parsed } from './big-mesh.ts';

/** What the edge, or an Envoy in its place, serves of these objects. */
export function compiled(objects: readonly Fields[]): ResolvedGateway {
  return edgeOf(objects.map(parsed));
}

export function edgeOf(resources: readonly AnyResource[]): ResolvedGateway {
  const { mesh, findings } = compileMesh(resources);
  const errors = findings.filter(({ level }) => level === 'Error');
  if (errors.length > 0) throw new Error(`the benchmark's mesh is wrong: ${errors.map(({ message }) => message)}`);
  return mesh.edge;
}

export const GATEWAY = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'Gateway',
  metadata: { name: 'gateway', namespace: 'shop' },
  spec: {
    selector: { istio: 'ingressgateway' },
    servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
  },
};

export const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: { selector: { app: 'shop' }, ports: [{ name: 'http', port: 80 }] },
};
