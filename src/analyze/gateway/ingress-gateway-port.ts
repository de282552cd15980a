import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import type { AnalyzedPod } from '../pods.ts';
import { selectorText } from '../selector-text.ts';
import { gatewayPods, selectorNotFound, selectorPath } from './gateway-pods.ts';

export const ingressGatewayPort: Analyzer = {
  name: 'gateway.IngressGatewayPortAnalyzer',
  description: "Checks a gateway's ports against the gateway's Kubernetes service ports",
  analyze: (context) =>
    context.resources.of(kinds.istioGateway).flatMap((gateway): AnalysisFinding[] => {
      const pods = gatewayPods(gateway, context);
      if (pods.length === 0) return [selectorNotFound(gateway)];
      const open = openPorts(pods, context);
      const selector = selectorText(gateway.spec.selector);
      return (gateway.spec.servers ?? [])
        .map(({ port }) => port.number ?? 0)
        .filter((port) => !open.has(port))
        .map((port) =>
          onField(messages.GatewayPortNotDefinedOnService, gateway, { port, selector }, selectorPath(gateway)),
        );
    }),
};

/** What any Service opens on the pods: a Gateway server listens on the target port. */
function openPorts(pods: readonly AnalyzedPod[], { resources }: AnalysisContext): ReadonlySet<number> {
  const open = new Set<number>();
  for (const { metadata, spec } of resources.of(kinds.service)) {
    const isBehind = pods.some(
      ({ namespace, labels }) => namespace === metadata.namespace && labelsMatch(spec.selector, labels),
    );
    if (!isBehind) continue;
    for (const { port, targetPort, protocol = 'TCP' } of spec.ports ?? []) {
      if (protocol !== 'TCP') continue;
      const target = Number(targetPort ?? 0);
      open.add(Number.isInteger(target) && target !== 0 ? target : port);
    }
  }
  return open;
}
