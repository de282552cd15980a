import { messages } from '../../resources/finding-messages.ts';
import type { IstioGateway } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import { type AnalysisContext, selectPods } from '../context.ts';
import type { AnalyzedPod } from '../pods.ts';
import { firstLabel, selectorText } from '../selector-text.ts';

/** Pods that serve a Gateway, in any namespace; an empty selector takes all. */
export function gatewayPods(gateway: IstioGateway, context: AnalysisContext): AnalyzedPod[] {
  return selectPods(context, gateway.spec.selector ?? {});
}

/** Where istioctl points for everything about the selector. */
export function selectorPath({ spec }: IstioGateway): FieldPath {
  return ['spec', 'selector', firstLabel(spec.selector)];
}

export function selectorNotFound(gateway: IstioGateway): AnalysisFinding {
  const args = { reftype: 'selector', refval: selectorText(gateway.spec.selector) };
  return onField(messages.ReferencedResourceNotFound, gateway, args, selectorPath(gateway));
}
