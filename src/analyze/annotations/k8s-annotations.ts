import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { annotationProblem } from './annotation-values.ts';
import { ALWAYS_IGNORED, isIstioAnnotation, type KnownAnnotation, knownAnnotations } from './known-annotations.ts';

const INJECT = 'sidecar.istio.io/inject';

export const k8sAnnotations: Analyzer = {
  name: 'annotations.K8sAnalyzer',
  description: 'Checks for misplaced and invalid Istio annotations in Kubernetes resources',
  analyze: ({ resources }) => annotated(resources).flatMap(check),
};

export type Annotated = ReturnType<typeof annotated>[number];

/** The kinds that Istio looks at. */
export function annotated(resources: Parameters<Analyzer['analyze']>[0]['resources']) {
  return [
    ...resources.of(kinds.namespace),
    ...resources.of(kinds.service),
    ...resources.of(kinds.pod),
    ...resources.of(kinds.deployment),
  ];
}

function check(resource: Annotated): AnalysisFinding[] {
  const { annotations } = resource.metadata;
  return Object.entries(annotations).flatMap(([annotation, value]) => {
    if (!isIstioAnnotation(annotation) || ALWAYS_IGNORED.has(annotation)) return [];
    const path = ['metadata', 'annotations', annotation];
    const known = knownAnnotations.get(annotation);
    if (known === undefined) return [onObject(messages.UnknownAnnotation, resource, { annotation }, path)];
    const found = isOldAndUnreplaced(resource, annotation, known)
      ? [onObject(messages.DeprecatedAnnotation, resource, { annotation, extra: replacement(annotation) }, path)]
      : [];
    if (known.resources.includes('Any')) return found;
    if (!known.resources.some((kind) => kind === resource.kind)) {
      const kind = known.resources.join(', ');
      return [...found, onObject(messages.MisplacedAnnotation, resource, { annotation, kind }, path)];
    }
    const problem = annotationProblem(annotation, value);
    if (problem === undefined) return found;
    return [...found, onObject(messages.InvalidAnnotation, resource, { annotation, problem }, path)];
  });
}

/** Who has the label beside the old annotation keeps both on purpose. */
function isOldAndUnreplaced({ metadata }: Annotated, annotation: string, { isDeprecated }: KnownAnnotation): boolean {
  return isDeprecated && !(annotation === INJECT && metadata.labels[INJECT] !== undefined);
}

function replacement(annotation: string): string {
  return annotation === INJECT ? ` in favor of the "${INJECT}" label` : '';
}
