import type { DestinationRule, Sidecar } from '../../resources/kinds.ts';
import type { MeshConfig } from '../../resources/mesh-config.ts';
import { configOrigin } from '../config-origin.ts';
import { connectionPoolOf } from '../connection-pool.ts';
import { protocolByName } from '../protocol.ts';
import type { MeshService, MeshWorkload } from '../registry.ts';
import { workloadPort } from '../workload-port.ts';
import type { InboundEndpoint, InboundPort } from './model.ts';

/** All of a port but the mode of mutual TLS. */
export type InboundPortDraft = Omit<InboundPort, 'mode'>;

/**
 * The ports at which a workload takes calls of services: those that its Sidecar lists, else the target ports of all
 * services that select it. Where two services name one port the older one says what is spoken there.
 */
export function inboundPorts(selected: Selected, workload: MeshWorkload, meshConfig: MeshConfig): InboundPortDraft[] {
  const { sidecar, services } = selected;
  return sidecar !== undefined && (sidecar.spec.ingress ?? []).length > 0
    ? ofSidecar(services, workload, sidecar, meshConfig)
    : ofServices(selected, workload, meshConfig);
}

interface Selected {
  readonly sidecar: Sidecar | undefined;
  /** Those that select the workload, and of each the rule that governs it there. */
  readonly services: readonly MeshService[];
  readonly rules: readonly (DestinationRule | undefined)[];
}

function ofServices(
  { sidecar, services, rules }: Selected,
  workload: MeshWorkload,
  meshConfig: MeshConfig,
): InboundPortDraft[] {
  const ports = new Map<number, InboundPortDraft>();
  for (const [index, service] of services.entries()) {
    const rule = rules[index];
    for (const { number, protocol, targetPort } of service.ports) {
      const port = workloadPort(targetPort, number, workload);
      if (port === undefined || protocol === 'UDP' || ports.has(port)) continue;
      ports.set(port, {
        port,
        protocol,
        bind: undefined,
        endpoint: { kind: 'default' },
        tls: undefined,
        // Istio: limits of a service hold on the receiving side too.
        connectionPool: connectionPoolOf(
          sidecar?.spec.inboundConnectionPool ?? rule?.spec.trafficPolicy?.connectionPool,
          meshConfig,
        ),
        operation: `${service.host}:${number}`,
        origin: configOrigin({ originOf: () => service.origin }),
      });
    }
  }
  return [...ports.values()].sort((a, b) => a.port - b.port);
}

function ofSidecar(
  services: readonly MeshService[],
  workload: MeshWorkload,
  sidecar: Sidecar,
  meshConfig: MeshConfig,
): InboundPortDraft[] {
  const [service] = services;
  const { ingress = [], inboundConnectionPool } = sidecar.spec;
  return ingress.map(({ port, bind, captureMode, defaultEndpoint, tls, connectionPool }, index): InboundPortDraft => {
    const number = port.number ?? 0;
    const own = bind === undefined || bind === '' ? undefined : bind;
    return {
      port: number,
      protocol: protocolByName((port.protocol ?? '').toLowerCase()) ?? 'AUTO',
      bind: own ?? (captureMode === 'NONE' ? (workload.address ?? '0.0.0.0') : undefined),
      endpoint: endpointOf(defaultEndpoint),
      tls,
      connectionPool: connectionPoolOf(connectionPool ?? inboundConnectionPool, meshConfig),
      operation: `${service?.host ?? `${workload.name}.${workload.namespace}`}:${number}`,
      origin: configOrigin(sidecar, ['spec', 'ingress', index]),
    };
  });
}

/** `127.0.0.1:p`, `0.0.0.0:p` (the pod's own address), their likes of IPv6, or `unix://path`. */
function endpointOf(text: string | undefined): InboundEndpoint {
  if (text === undefined || text === '') return { kind: 'default' };
  if (text.startsWith('unix://')) return { kind: 'unix', path: text.slice('unix://'.length) };
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, colon);
  const port = Number(text.slice(colon + 1));
  if (host === '0.0.0.0' || host === '[::]') return { kind: 'own-address', port };
  return { kind: 'loopback', address: host === '[::1]' ? '::1' : '127.0.0.1', port };
}
