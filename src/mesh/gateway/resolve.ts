import { kinds } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import { withAuthorizers } from '../extension-providers.ts';
import { attachGateways } from '../gateway-servers.ts';
import { tcpAuthorization } from '../inbound/tcp-policies.ts';
import { resolveIngresses } from '../ingress.ts';
import type { Mesh } from '../model.ts';
import { OutboundClusters } from '../outbound/clusters.ts';
import { OutboundDestinations } from '../outbound/destinations.ts';
import type { ProxyClient } from '../outbound/model.ts';
import type { OutboundCluster } from '../outbound/outbound-cluster.ts';
import { visibleServices } from '../outbound/visible-services.ts';
import { proxySettings } from '../proxy-settings.ts';
import type { MeshWorkload } from '../registry.ts';
import { telemetryBackends } from '../telemetry/backends.ts';
import { resolveTelemetry } from '../telemetry/resolve.ts';
import { resolveGatewayRoutes } from '../virtual-hosts.ts';
import { workloadPort } from '../workload-port.ts';
import { Credentials } from './credentials.ts';
import type { GatewayProxy, ServerTls } from './model.ts';
import { resolveServerTls } from './server-tls.ts';
import { passingOn, streamChains } from './streams.ts';

const clustersByMesh = new WeakMap<Mesh, OutboundClusters>();

/** Names and collects clusters as a gateway reaches them: endpoints by their addresses, whoever asks for them. */
function destinationsOf(mesh: Mesh, workload: MeshWorkload): OutboundDestinations {
  let clusters = clustersByMesh.get(mesh);
  if (clusters === undefined) {
    clusters = new OutboundClusters(mesh);
    clustersByMesh.set(mesh, clusters);
  }
  const client: ProxyClient = { ...workload, interception: 'NONE' };
  return new OutboundDestinations(mesh, clusters, client);
}

/** Every cluster that a gateway may be told to go to. */
export function allClusters(mesh: Mesh, workload: MeshWorkload): readonly OutboundCluster[] {
  const destinations = destinationsOf(mesh, workload);
  for (const service of visibleServices(mesh, workload.namespace)) destinations.add(service);
  return [...destinations.clusters.values()];
}

/** An ingress or egress gateway: the Gateways that select this workload, with the VirtualServices bound to them. */
export function resolveGateway(mesh: Mesh, workload: MeshWorkload): GatewayProxy {
  const { resources, registry, settings } = mesh;
  const { namespace, labels } = workload;
  const destinations = destinationsOf(mesh, workload);
  const credentials = new Credentials(resources.of(kinds.secret), namespace);
  const ingress = resolveIngresses(
    resources.of(kinds.ingress),
    resources.of(kinds.ingressClass),
    workload,
    registry,
    settings,
  );
  const { listeners } = attachGateways(resources.of(kinds.istioGateway), workload, ingress.servers);
  const scope = `${namespace}/${workload.name}`;
  const routes = resolveGatewayRoutes(listeners, [...mesh.httpRules, ...ingress.rules], {
    settings,
    clusters: destinations,
    policies: scope,
    labels,
    namespace,
  });
  const policies = withAuthorizers(mesh.policiesOf(workload), settings, destinations);
  const telemetry = resolveTelemetry(workload, 'CLIENT', { set: resources, settings });
  for (const { host, port } of telemetryBackends(telemetry.scope)) {
    destinations.resolve({ host, port: { number: port } }, namespace, port);
  }
  if (hasAutoPassthrough(mesh)) {
    for (const service of visibleServices(mesh, namespace)) destinations.add(service);
  }
  const streams = streamChains({ mesh, workload, credentials, destinations, listeners });
  const clusters = new Map(destinations.clusters);
  for (const cluster of destinations.clusters.values()) {
    const closed = passingOn(cluster);
    if (streams.some((chain) => chain.destinations.some((one) => one.cluster === closed.name))) {
      clusters.set(closed.name, closed);
    }
  }
  const tls = new Map<string, ServerTls>();
  for (const { name, servers } of listeners.flatMap(({ tables }) => tables)) {
    const settingsOfServer = servers[0]?.tls;
    const ended = settingsOfServer === undefined ? undefined : resolveServerTls(settingsOfServer, credentials);
    if (ended !== undefined) tls.set(name, ended);
  }
  return {
    config: {
      listeners: routes.listeners,
      settings: proxySettings(workload, settings),
      policies: { [scope]: policies },
      telemetry: {},
    },
    domains: routes.domains,
    tls,
    streams,
    tcpPolicies: tcpAuthorization(policies.authorization),
    clusters,
    credentials: [...credentials.used.values()],
    podPorts: podPorts(mesh, workload),
    origin: configOrigin({ originOf: () => workload.origin }),
  };
}

function hasAutoPassthrough({ resources }: Mesh): boolean {
  return resources
    .of(kinds.istioGateway)
    .some(({ spec }) => (spec.servers ?? []).some(({ tls }) => tls?.mode === 'AUTO_PASSTHROUGH'));
}

/** A Gateway names ports of the gateway's Service; the pod listens on what they lead to (ISTIO.md 1.1). */
function podPorts({ registry }: Mesh, workload: MeshWorkload): ReadonlyMap<number, number> {
  const ports = new Map<number, number>();
  for (const service of registry.servicesOf(workload)) {
    for (const { number, targetPort } of service.ports) {
      const port = workloadPort(targetPort, number, workload);
      if (port !== undefined && port !== number && !ports.has(number)) ports.set(number, port);
    }
  }
  return ports;
}
