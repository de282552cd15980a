import type { Telemetry } from '../../resources/kinds.ts';
import { labelsMatch } from '../labels.ts';
import { type PolicyTarget, policiesFor } from '../policy-selection.ts';
import { byAge } from '../resource-set.ts';

/**
 * The Telemetry resources that count for a workload, widest first: the root namespace's, its own namespace's, the one
 * that selects it, the one that names it by targetRef. Each level has one: the oldest.
 */
export function telemetryLevels(
  all: readonly Telemetry[],
  target: PolicyTarget,
  rootNamespace: string,
): readonly Telemetry[] {
  const ordered = policiesFor(all, target, rootNamespace).toSorted(byAge);
  const isWhole = ({ spec }: Telemetry): boolean => !hasSelector(spec) && !hasTarget(spec);
  const inNamespace = (namespace: string) => (telemetry: Telemetry) => telemetry.metadata.namespace === namespace;
  const first = (...tests: readonly ((telemetry: Telemetry) => boolean)[]): Telemetry[] => {
    const found = ordered.find((telemetry) => tests.every((test) => test(telemetry)));
    return found === undefined ? [] : [found];
  };
  return [
    ...first(isWhole, inNamespace(rootNamespace)),
    ...(target.namespace === rootNamespace ? [] : first(isWhole, inNamespace(target.namespace))),
    // A selector in the root namespace selects workloads of the root namespace only.
    ...first(
      ({ spec }) => hasSelector(spec) && labelsMatch(spec.selector?.matchLabels, target.labels),
      inNamespace(target.namespace),
    ),
    ...first(({ spec }) => hasTarget(spec)),
  ];
}

function hasSelector({ selector }: Telemetry['spec']): boolean {
  return Object.keys(selector?.matchLabels ?? {}).length > 0;
}

function hasTarget({ targetRef, targetRefs }: Telemetry['spec']): boolean {
  return targetRef !== undefined || (targetRefs ?? []).length > 0;
}
