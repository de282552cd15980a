import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

const REMOVED_GROUP = 'rbac.istio.io';
const REMOVED: ReadonlySet<string> = new Set(['ClusterRbacConfig', 'RbacConfig', 'ServiceRole', 'ServiceRoleBinding']);

export const deprecation: Analyzer = {
  name: 'deprecation.DeprecationAnalyzer',
  description: 'Checks for deprecated Istio types and fields',
  analyze: ({ resources }) => [
    ...resources.of(kinds.virtualService).flatMap((service) =>
      (service.spec.http ?? []).flatMap(({ fault }, index) => {
        if ((fault?.delay?.percent ?? 0) <= 0) return [];
        const detail = 'HTTPRoute.fault.delay.percent is deprecated; use HTTPRoute.fault.delay.percentage';
        const path = ['spec', 'http', index, 'fault', 'delay', 'percent'];
        return [onObject(messages.Deprecated, service, { detail }, path)];
      }),
    ),
    ...resources
      .of(kinds.sidecar)
      .filter(({ spec }) => spec.outboundTrafficPolicy?.egressProxy !== undefined)
      .map((sidecar) => {
        const path = ['spec', 'outboundTrafficPolicy', 'egressProxy'];
        return onObject(messages.Deprecated, sidecar, { detail: 'OutboundTrafficPolicy.EgressProxy ignored' }, path);
      }),
    ...resources.of(kinds.customResourceDefinition).flatMap((definition) => {
      const { group, names } = definition.spec;
      if (group !== REMOVED_GROUP || !REMOVED.has(names?.kind ?? '')) return [];
      return [
        onObject(messages.Deprecated, definition, {
          detail: `Custom resource type ${group} ${names?.kind} is removed`,
        }),
      ];
    }),
  ],
};
