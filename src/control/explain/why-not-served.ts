import { configOrigin } from '../../mesh/config-origin.ts';
import { isSubsetOf, resolveHost } from '../../mesh/host-names.ts';
import { gatewayKey } from '../../mesh/http-rules.ts';
import { labelsMatch } from '../../mesh/labels.ts';
import type { Mesh } from '../../mesh/model.ts';
import { isVisibleIn, visibilityOf } from '../../mesh/visibility.ts';
import { kinds, type VirtualService } from '../../resources/kinds.ts';
import { type ExplainNode, node } from './node.ts';
import type { Told } from './told.ts';

/** Resources that name the host and yet do not serve it here: the commonest riddle behind a 404. */
export function whyNotServed({ mesh, facts }: Told, host: string): ExplainNode[] {
  if (mesh === undefined) return [];
  const nodes: ExplainNode[] = [];
  for (const service of mesh.resources.of(kinds.virtualService)) {
    const hosts = service.spec.hosts ?? [];
    const index = hosts.findIndex((name) => covers(mesh, name, service.metadata.namespace, host));
    if (index === -1) continue;
    const reason = reasonOf(mesh, service, host, facts.port);
    const { namespace, name } = service.metadata;
    const text = `VirtualService ${namespace}/${name} names this host, but ${reason}`;
    nodes.push(node('not-served', 'near', text, { origin: configOrigin(service, ['spec', 'hosts', index]) }));
  }
  for (const { origin, conditions, parent } of mesh.apiStatus.routes) {
    const refused = conditions.find(({ status }) => status === 'False');
    if (refused === undefined || !routeNames(mesh, origin, host)) continue;
    const { line, ...rest } = origin;
    const text = `${origin.kind} ${origin.namespace}/${origin.name} is not ${refused.type} by ${parent}: ${refused.message}`;
    nodes.push(node('not-served', 'near', text, { origin: line === undefined ? rest : { ...rest, line } }));
  }
  return nodes;
}

function covers(mesh: Mesh, name: string, namespace: string, host: string): boolean {
  return isSubsetOf(host, resolveHost(name, namespace, mesh.settings.domainSuffix));
}

function routeNames(mesh: Mesh, origin: { namespace: string; name: string }, host: string): boolean {
  const route = [...mesh.resources.of(kinds.httpRoute), ...mesh.resources.of(kinds.grpcRoute)].find(
    ({ metadata }) => metadata.name === origin.name && metadata.namespace === origin.namespace,
  );
  const names = route?.spec.hostnames ?? [];
  return names.length === 0 || names.some((name) => isSubsetOf(host, name));
}

function reasonOf(mesh: Mesh, service: VirtualService, host: string, port: number): string {
  const { namespace } = service.metadata;
  const { workload } = mesh.edge;
  const visibility = visibilityOf(
    service.spec.exportTo,
    namespace,
    mesh.settings.meshConfig.defaultVirtualServiceExportTo,
  );
  if (!isVisibleIn(visibility, workload.namespace)) {
    return `its exportTo keeps it from the gateway's namespace ${workload.namespace}`;
  }
  const wanted = (service.spec.gateways ?? ['mesh']).map((name) => gatewayKey(name, namespace));
  const named = wanted.filter((name) => name !== 'mesh');
  if (named.length === 0) return 'it is bound to the mesh only: `gateways` names no Gateway';
  const gateways = mesh.resources
    .of(kinds.istioGateway)
    .filter(({ metadata }) => named.includes(`${metadata.namespace}/${metadata.name}`));
  if (gateways.length === 0) return `there is no Gateway ${named.join(', ')}`;
  const attached = gateways.filter(({ spec }) => labelsMatch(spec.selector, workload.labels));
  if (attached.length === 0) return `the selector of Gateway ${named.join(', ')} does not fit the edge's labels`;
  const servers = attached.flatMap(({ spec }) => spec.servers ?? []);
  const open = servers.filter(({ hosts }) =>
    (hosts ?? []).some((text) => isSubsetOf(host, text.slice(text.indexOf('/') + 1).toLowerCase())),
  );
  if (open.length === 0) return `no server of Gateway ${named.join(', ')} has this host`;
  const ports = open.map((server) => server.port.number);
  if (!ports.includes(port)) return `Gateway ${named.join(', ')} serves it on port ${ports.join(', ')}, not ${port}`;
  return (service.spec.http ?? []).length === 0 ? 'it has no http rules' : 'its rules did not become routes here';
}
