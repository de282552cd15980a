import { messages } from '../../resources/finding-messages.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { annotated } from './k8s-annotations.ts';
import { ALWAYS_IGNORED, isIstioAnnotation, knownAnnotations } from './known-annotations.ts';

/** Not among those that run by themselves: most of Istio's annotations are alpha. */
export const alphaAnnotations: Analyzer = {
  name: 'annotations.AlphaAnalyzer',
  description: 'Checks for alpha Istio annotations in Kubernetes resources',
  analyze: ({ resources }) =>
    annotated(resources).flatMap((resource) =>
      Object.keys(resource.metadata.annotations)
        .filter((name) => isIstioAnnotation(name) && !ALWAYS_IGNORED.has(name))
        .filter((name) => knownAnnotations.get(name)?.isAlpha === true)
        .map((annotation) =>
          onObject(messages.AlphaAnnotation, resource, { annotation }, ['metadata', 'annotations', annotation]),
        ),
    ),
};
