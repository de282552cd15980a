import { labelsMatch } from '../../mesh/labels.ts';
import { messages } from '../../resources/finding-messages.ts';
import { type IstioGateway, kinds, type VirtualService } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { gatewayPods } from '../gateway/gateway-pods.ts';
import type { AnalyzedPod } from '../pods.ts';
import { gatewayReference } from './gateway-reference.ts';

const CLAIMS = '@request.auth.claims';

export const jwtClaimRoute: Analyzer = {
  name: 'virtualservice.JWTClaimRouteAnalyzer',
  description: 'Checks the VirtualService using JWT claim based routing has corresponding RequestAuthentication',
  analyze: (context) => {
    const gateways = new Map(
      context.resources
        .of(kinds.istioGateway)
        .map((gateway) => [`${gateway.metadata.namespace}/${gateway.metadata.name}`, gateway]),
    );
    return context.resources.of(kinds.virtualService).flatMap((service) => check(service, gateways, context));
  },
};

function check(
  service: VirtualService,
  gateways: ReadonlyMap<string, IstioGateway>,
  context: AnalysisContext,
): AnalysisFinding[] {
  const claim = firstClaim(service);
  if (claim === undefined) return [];
  return (service.spec.gateways ?? []).flatMap((reference) => {
    const name = gatewayReference(reference, service.metadata.namespace);
    const gateway = gateways.get(name);
    if (reference === 'mesh' || gateway === undefined) return [];
    return gatewayPods(gateway, context)
      .filter((pod) => !isAuthenticated(pod, context))
      .map((pod) => {
        const args = { key: claim.key, gateway: name, pod: pod.name };
        return onObject(messages.JwtClaimBasedRoutingWithoutRequestAuthN, service, args, claim.path);
      });
  });
}

function isAuthenticated({ namespace, labels }: AnalyzedPod, { resources, mesh }: AnalysisContext): boolean {
  return resources
    .of(kinds.requestAuthentication)
    .some(
      ({ metadata, spec }) =>
        (metadata.namespace === namespace || metadata.namespace === mesh.settings.rootNamespace) &&
        labelsMatch(spec.selector?.matchLabels, labels),
    );
}

export function firstClaim({ spec }: VirtualService): { readonly key: string; readonly path: FieldPath } | undefined {
  for (const [index, { match = [] }] of (spec.http ?? []).entries()) {
    for (const [at, request] of match.entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        const key = Object.keys(request[field] ?? {}).find((name) => name.startsWith(CLAIMS));
        if (key !== undefined) return { key, path: ['spec', 'http', index, 'match', at, field, key] };
      }
    }
  }
  return undefined;
}
