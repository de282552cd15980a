import { type PolicyTarget, policiesFor } from '../../mesh/policy-selection.ts';
import { messages } from '../../resources/finding-messages.ts';
import type { AuthorizationPolicySpec } from '../../resources/istio/authorization-policy-schema.ts';
import { kinds, type RequestAuthentication } from '../../resources/kinds.ts';
import { type AnalysisFinding, onPlace } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import type { AnalysisContext } from '../context.ts';
import { firstClaim } from '../virtual-service/jwt-claim-route.ts';

interface Target extends PolicyTarget {
  readonly name: string;
}

/** A RequestAuthentication refuses bad tokens, not missing ones: that takes a policy about the principal. */
export const anonymousRequests: Analyzer = {
  name: 'foresail.AnonymousRequestsAnalyzer',
  description: 'Tells RequestAuthentications beside which no policy requires a token',
  analyze: (context) => {
    const targets = targetsOf(context);
    return context.resources
      .of(kinds.requestAuthentication)
      .flatMap((authentication) =>
        (authentication.spec.jwtRules ?? []).length === 0 ? [] : check(authentication, targets, context),
      );
  },
};

function check(
  authentication: RequestAuthentication,
  targets: readonly Target[],
  { resources, mesh }: AnalysisContext,
): AnalysisFinding[] {
  const { rootNamespace } = mesh.settings;
  const policies = resources.of(kinds.authorizationPolicy);
  const covered = targets.filter((target) => policiesFor([authentication], target, rootNamespace).length > 0);
  const isAsked = covered.some((target) =>
    policiesFor(policies, target, rootNamespace).some(({ spec }) => asksForToken(spec)),
  );
  const [open] = covered;
  // Where some of them ask for a token, the rest may be open on purpose.
  if (open === undefined || isAsked) return [];
  return [onPlace(messages.AnonymousRequestsPass, authentication, { workload: open.name }, ['spec', 'jwtRules'])];
}

function targetsOf({ workloads, mesh, resources }: AnalysisContext): Target[] {
  // Routes that match on claims are closed to those without a token.
  const routesByClaims = resources.of(kinds.virtualService).some((service) => firstClaim(service) !== undefined);
  const { workload } = mesh.edge;
  const edge: Target = { namespace: workload.namespace, labels: workload.labels, name: 'the gateway' };
  const gateways = resources.of(kinds.k8sGateway).map(
    ({ metadata, spec }): Target => ({
      namespace: metadata.namespace,
      labels: { 'gateway.networking.k8s.io/gateway-name': metadata.name },
      gateway: { name: metadata.name, className: spec.gatewayClassName },
      name: `Gateway ${metadata.namespace}/${metadata.name}`,
    }),
  );
  const own = workloads
    .filter(({ labels }) => labels.istio !== 'ingressgateway')
    .map(({ namespace, labels, name }): Target => ({ namespace, labels, name: `${namespace}/${name}` }));
  return [...(routesByClaims ? [] : [edge]), ...gateways, ...own];
}

/** Whether any rule looks at who the token says the caller is. */
function asksForToken({ action = 'ALLOW', rules = [] }: AuthorizationPolicySpec): boolean {
  if (action === 'AUDIT') return false;
  // Nothing is allowed at all, or someone else decides.
  if (action === 'CUSTOM' || (action === 'ALLOW' && rules.length === 0)) return true;
  return rules.some(
    ({ from = [], when = [] }) =>
      from.some(
        ({ source }) => source?.requestPrincipals !== undefined || source?.notRequestPrincipals !== undefined,
      ) || when.some(({ key }) => key.startsWith('request.auth.')),
  );
}
