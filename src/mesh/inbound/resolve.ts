import { kinds } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import { ClusterResolver } from '../destinations.ts';
import { externalAuthorizers } from '../extension-providers.ts';
import type { Mesh } from '../model.ts';
import { proxySettings } from '../proxy-settings.ts';
import type { MeshWorkload } from '../registry.ts';
import { sidecarOf } from '../sidecar-selection.ts';
import type { InboundListenerSettings, ResolvedInbound } from './model.ts';
import { effectivePeerAuthentication } from './peer-authentication.ts';
import { inboundPorts } from './ports.ts';
import { tcpAuthorization } from './tcp-policies.ts';

/** What a workload's sidecar takes, from whom, and where it goes. */
export function resolveInbound(mesh: Mesh, workload: MeshWorkload): ResolvedInbound {
  const { settings, resources, policiesOf } = mesh;
  const { rootNamespace, trustDomain, meshConfig } = settings;
  const sidecar = sidecarOf(resources.of(kinds.sidecar), workload, rootNamespace);
  const { workload: whole, ports: perPort } = effectivePeerAuthentication(
    resources.of(kinds.peerAuthentication),
    workload,
    rootNamespace,
  );
  const ports = inboundPorts(mesh, workload, sidecar).map((port) => ({
    ...port,
    mode: (perPort.get(port.port) ?? whole).mode,
  }));
  const named = new Set(ports.map(({ port }) => port));
  const { jwt, authorization } = policiesOf(workload);
  return {
    workload: `${workload.name}.${workload.namespace}`,
    address: workload.address,
    ports,
    passthrough: {
      mode: whole.mode,
      ports: new Map([...perPort].filter(([port]) => !named.has(port)).map(([port, { mode }]) => [port, mode])),
    },
    trustDomains: [...new Set([trustDomain, ...meshConfig.trustDomainAliases])],
    policies: { jwt, authorization: { ...authorization, providers: providersFor(mesh, workload) } },
    tcpPolicies: tcpAuthorization(authorization),
    settings: proxySettings(workload, settings),
    listener: listenerSettings(mesh),
    origin: configOrigin({ originOf: () => workload.origin }),
  };
}

function providersFor(mesh: Mesh, workload: MeshWorkload): ResolvedInbound['policies']['authorization']['providers'] {
  const { registry, destinationRules, settings, policiesOf } = mesh;
  const clusters = new ClusterResolver(registry, destinationRules, settings, workload.namespace, policiesOf);
  return externalAuthorizers(settings, clusters);
}

function listenerSettings({ settings: { meshConfig } }: Mesh): InboundListenerSettings {
  return {
    port: meshConfig.proxyInboundListenPort,
    detectionTimeoutMs: meshConfig.protocolDetectionTimeout,
    connectTimeoutMs: meshConfig.connectTimeout,
    minTlsVersion: meshConfig.meshMTLS?.minProtocolVersion === 'TLSV1_3' ? 'TLSv1_3' : 'TLSv1_2',
    forwardTo: meshConfig.inboundTrafficPolicy.mode === 'LOCALHOST' ? 'loopback' : 'original-address',
  };
}
