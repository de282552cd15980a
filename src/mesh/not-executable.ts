import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import { kinds } from '../resources/kinds.ts';
import type { Origin } from '../resources/origin.ts';
import type { FieldPath } from '../resources/resource.ts';
import { labelsMatch } from './labels.ts';
import type { GatewayWorkload, MeshSettings } from './model.ts';
import type { ResourceSet } from './resource-set.ts';

const CLASSIC = 'in the classic Envoy gateway';
const NO_CONNECTIONS = 'a worker receives HTTP requests, not connections';

/** Beside what the passes say of servers and routes: what is meant for the gateway, and no worker can do. */
export function notExecutable(set: ResourceSet, workload: GatewayWorkload, settings: MeshSettings): Finding[] {
  const isForEdge = (
    { namespace }: { readonly namespace: string },
    selector: Readonly<Record<string, string>> | undefined,
    targets: Targets,
  ): boolean => isMeant(namespace, selector, targets, workload, settings);
  return [
    ...set
      .of(kinds.envoyFilter)
      .filter(({ metadata, spec }) => isForEdge(metadata, spec.workloadSelector?.labels, spec))
      .map((filter) => tell(filter, 'An EnvoyFilter for the gateway', 'there is no Envoy to be patched')),
    ...set
      .of(kinds.wasmPlugin)
      .filter(({ metadata, spec }) => isForEdge(metadata, spec.selector?.matchLabels, spec))
      .map((plugin) => tell(plugin, 'A WasmPlugin for the gateway', 'a worker runs no proxy-wasm modules')),
    ...set
      .of(kinds.trafficExtension)
      .filter(({ metadata, spec }) => isForEdge(metadata, spec.selector?.matchLabels, spec))
      .map((extension) =>
        tell(extension, 'A TrafficExtension for the gateway', 'a worker runs neither Wasm nor Lua filters'),
      ),
    ...[...set.of(kinds.tcpRoute), ...set.of(kinds.tlsRoute), ...set.of(kinds.udpRoute)].map((route) =>
      tell(route, `A ${route.kind}`, NO_CONNECTIONS),
    ),
    ...set
      .of(kinds.backendTlsPolicy)
      .map((policy) => tell(policy, 'A BackendTLSPolicy', 'the cluster gateway, not the edge, connects to backends')),
    ...[...set.of(kinds.listenerSet), ...set.of(kinds.xListenerSet)].map((listeners) =>
      tell(listeners, `A ${listeners.kind}`, 'the edge serves the listeners of Gateways themselves'),
    ),
    ...set.of(kinds.virtualService).flatMap((service) => {
      const { gateways = [], tcp = [], tls = [] } = service.spec;
      if (!gateways.some((gateway) => gateway !== 'mesh')) return [];
      return [
        ...(tcp.length === 0 ? [] : [tell(service, 'TCP routing', NO_CONNECTIONS, ['spec', 'tcp'])]),
        ...(tls.length === 0 ? [] : [tell(service, 'TLS routing', NO_CONNECTIONS, ['spec', 'tls'])]),
      ];
    }),
  ];
}

interface Targets {
  readonly targetRefs?: readonly { readonly kind: string }[] | undefined;
  readonly targetRef?: { readonly kind: string } | undefined;
}

function isMeant(
  namespace: string,
  selector: Readonly<Record<string, string>> | undefined,
  { targetRef, targetRefs = [] }: Targets,
  workload: GatewayWorkload,
  { rootNamespace }: MeshSettings,
): boolean {
  const targets = [...targetRefs, ...(targetRef === undefined ? [] : [targetRef])];
  if (targets.length > 0) return targets.some(({ kind }) => kind === 'Gateway' || kind === 'GatewayClass');
  return (namespace === rootNamespace || namespace === workload.namespace) && labelsMatch(selector, workload.labels);
}

function tell(
  subject: { originOf(path?: FieldPath): Origin },
  what: string,
  why: string,
  path: FieldPath = [],
): Finding {
  return finding(messages.NotExecutableAtEdge, subject.originOf(path), { what, why, where: CLASSIC });
}
