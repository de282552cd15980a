import type { PolicyScope } from '../../engine/policy-config.ts';
import { type DestinationRule, kinds, type Sidecar } from '../../resources/kinds.ts';
import { configOrigin } from '../config-origin.ts';
import { ClusterResolver } from '../destinations.ts';
import { withAuthorizers } from '../extension-providers.ts';
import type { Mesh } from '../model.ts';
import { proxySettings } from '../proxy-settings.ts';
import type { MeshService, MeshWorkload } from '../registry.ts';
import { Remembered } from '../remember.ts';
import { sidecarOf } from '../sidecar-selection.ts';
import type { InboundListenerSettings, ResolvedInbound } from './model.ts';
import { type EffectivePeerAuthentication, effectivePeerAuthentication } from './peer-authentication.ts';
import { inboundPorts } from './ports.ts';
import { tcpAuthorization } from './tcp-policies.ts';

/** What a workload's sidecar takes, from whom, and where it goes: the same value as long as nothing of it changes. */
export function resolveInbound(mesh: Mesh, workload: MeshWorkload): ResolvedInbound {
  const { settings, resources, policiesOf, registry, destinationRules } = mesh;
  const { rootNamespace, meshConfig } = settings;
  const services = registry.servicesOf(workload);
  const given: Given = {
    sidecar: sidecarOf(resources.of(kinds.sidecar), workload, rootNamespace),
    services,
    rules: services.map(({ host, namespace }) => destinationRules.find(host, namespace, workload.namespace)[0]),
    modes: effectivePeerAuthentication(resources.of(kinds.peerAuthentication), workload, rootNamespace),
    policies: policiesOf(workload),
  };
  const inputs = [
    settings,
    given.sidecar,
    given.policies,
    given.modes.workload.mode,
    ...[...given.modes.ports].flatMap(([port, { mode }]) => [port, mode]),
    ...services.flatMap(({ host, ports, origin }) => [host, ports, origin]),
    ...given.rules,
    // Authorizers are services like others.
    ...(meshConfig.extensionProviders.length === 0 ? [] : [registry, destinationRules]),
  ];
  return remembered.get(workload, inputs, () => resolve(mesh, workload, given));
}

const remembered = new Remembered<MeshWorkload, ResolvedInbound>();

interface Given {
  readonly sidecar: Sidecar | undefined;
  /** Those that select it, and of each the rule that governs it here. */
  readonly services: readonly MeshService[];
  readonly rules: readonly (DestinationRule | undefined)[];
  readonly modes: EffectivePeerAuthentication;
  readonly policies: PolicyScope;
}

function resolve(mesh: Mesh, workload: MeshWorkload, given: Given): ResolvedInbound {
  const { settings } = mesh;
  const { trustDomain, meshConfig } = settings;
  const { workload: whole, ports: perPort } = given.modes;
  const ports = inboundPorts(given, workload, meshConfig).map((port) => ({
    ...port,
    mode: (perPort.get(port.port) ?? whole).mode,
  }));
  const named = new Set(ports.map(({ port }) => port));
  const policies = withAuthorizers(given.policies, settings, clustersFor(mesh, workload));
  return {
    workload: `${workload.name}.${workload.namespace}`,
    address: workload.address,
    ports,
    passthrough: {
      mode: whole.mode,
      ports: new Map([...perPort].filter(([port]) => !named.has(port)).map(([port, { mode }]) => [port, mode])),
    },
    trustDomains: [...new Set([trustDomain, ...meshConfig.trustDomainAliases])],
    policies,
    tcpPolicies: tcpAuthorization(policies.authorization),
    settings: proxySettings(workload, settings),
    listener: listenerSettings(mesh),
    origin: configOrigin({ originOf: () => workload.origin }),
  };
}

/** As the workload reaches its authorizers. */
function clustersFor(mesh: Mesh, { namespace }: MeshWorkload): ClusterResolver {
  const { registry, destinationRules, settings, policiesOf } = mesh;
  return new ClusterResolver(registry, destinationRules, settings, namespace, policiesOf);
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
