import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onPlace, type Subject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';

const CLASSIC = 'in the classic Envoy gateway';

/** Beside what the mesh passes say of Gateways and routes: filters for the gateway that the edge stands for. */
export const notExecutable: Analyzer = {
  name: 'foresail.EdgeAnalyzer',
  description: 'Tells what does not run at the edge',
  analyze: (context) => {
    const { resources } = context;
    return [
      ...resources
        .of(kinds.envoyFilter)
        .filter(({ metadata, spec }) => isForEdge(metadata.namespace, spec.workloadSelector?.labels, spec, context))
        .map((filter) => tell(filter, 'An EnvoyFilter for the gateway', 'there is no Envoy to be patched')),
      ...resources
        .of(kinds.wasmPlugin)
        .filter(({ metadata, spec }) => isForEdge(metadata.namespace, spec.selector?.matchLabels, spec, context))
        .map((plugin) => tell(plugin, 'A WasmPlugin for the gateway', 'a worker runs no proxy-wasm modules')),
      ...resources
        .of(kinds.trafficExtension)
        .filter(({ metadata, spec }) => isForEdge(metadata.namespace, spec.selector?.matchLabels, spec, context))
        .map((extension) =>
          tell(extension, 'A TrafficExtension for the gateway', 'a worker runs neither Wasm nor Lua filters'),
        ),
      ...[...resources.of(kinds.tcpRoute), ...resources.of(kinds.tlsRoute), ...resources.of(kinds.udpRoute)].map(
        (route) => tell(route, `A ${route.kind}`, 'a worker receives HTTP requests, not connections'),
      ),
      ...resources.of(kinds.virtualService).flatMap((service) => {
        const { gateways = [], tcp = [], tls = [] } = service.spec;
        if (!gateways.some((gateway) => gateway !== 'mesh')) return [];
        const why = 'a worker receives HTTP requests, not connections';
        return [
          ...(tcp.length === 0 ? [] : [tell(service, 'TCP routing', why, ['spec', 'tcp'])]),
          ...(tls.length === 0 ? [] : [tell(service, 'TLS routing', why, ['spec', 'tls'])]),
        ];
      }),
    ];
  },
};

interface Targets {
  readonly targetRefs?: readonly { readonly kind: string }[] | undefined;
  readonly targetRef?: { readonly kind: string } | undefined;
}

function isForEdge(
  namespace: string,
  selector: Readonly<Record<string, string>> | undefined,
  { targetRef, targetRefs = [] }: Targets,
  { mesh }: AnalysisContext,
): boolean {
  const targets = [...targetRefs, ...(targetRef === undefined ? [] : [targetRef])];
  if (targets.length > 0) return targets.some(({ kind }) => kind === 'Gateway' || kind === 'GatewayClass');
  const { workload } = mesh.edge;
  const isInScope = namespace === mesh.settings.rootNamespace || namespace === workload.namespace;
  return isInScope && labelsMatch(selector, workload.labels);
}

function tell(subject: Subject, what: string, why: string, path: readonly (string | number)[] = []): AnalysisFinding {
  return onPlace(messages.NotExecutableAtEdge, subject, { what, why, where: CLASSIC }, path);
}
