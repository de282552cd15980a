import { labelsMatch } from '../../mesh/labels.ts';
import { type Deployment, kinds, type Service } from '../../resources/kinds.ts';
import type { AnalysisContext } from '../context.ts';

/** Services of its namespace that select what a Deployment makes; one without a selector selects nothing. */
export function matchingServices({ metadata, spec }: Deployment, { resources }: AnalysisContext): Service[] {
  const labels = spec.template?.metadata?.labels ?? {};
  return resources
    .of(kinds.service)
    .filter(
      (service) =>
        service.metadata.namespace === metadata.namespace &&
        Object.keys(service.spec.selector ?? {}).length > 0 &&
        labelsMatch(service.spec.selector, labels),
    );
}
