import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { selectPods } from '../context.ts';

const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';

export const k8sGatewaySelector: Analyzer = {
  name: 'k8sgateway.SelectorAnalyzer',
  description: 'Check that selectors are effective for Kubernetes gateway',
  analyze: (context) =>
    [
      ...context.resources.of(kinds.authorizationPolicy),
      ...context.resources.of(kinds.requestAuthentication),
      ...context.resources.of(kinds.telemetry),
      ...context.resources.of(kinds.wasmPlugin),
    ].flatMap((policy) => {
      const { selector, targetRef } = policy.spec;
      if (selector === undefined || targetRef !== undefined) return [];
      const gateways = selectPods(context, selector.matchLabels ?? {}, policy.metadata.namespace).flatMap(
        ({ labels }) => labels[GATEWAY_NAME] ?? [],
      );
      return [...new Set(gateways)].map((gateway) =>
        onObject(messages.IneffectiveSelector, policy, { gateway }, ['spec', 'selector']),
      );
    }),
};
