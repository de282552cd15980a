import { messages } from '../../resources/finding-messages.ts';
import { kinds, type Sidecar } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField, onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { type AnalysisContext, selectPods } from '../context.ts';
import { isAmbient, isAmbientNamespace } from '../in-mesh.ts';
import type { AnalyzedPod } from '../pods.ts';
import { firstLabel, selectorText } from '../selector-text.ts';

export const sidecarSelector: Analyzer = {
  name: 'sidecar.SelectorAnalyzer',
  description:
    "Validates that sidecars that define a workload selector match at least one pod, and that there aren't multiple sidecar resources that select overlapping pods",
  analyze: (context) => {
    const sidecars = context.resources.of(kinds.sidecar);
    const selecting = sidecars.filter(hasSelector);
    const whole = sidecars.filter((sidecar) => !hasSelector(sidecar));
    return [...checkSelecting(selecting, context), ...checkWhole(whole, context)];
  },
};

function hasSelector({ spec }: Sidecar): boolean {
  return Object.keys(spec.workloadSelector?.labels ?? {}).length > 0;
}

function checkSelecting(sidecars: readonly Sidecar[], context: AnalysisContext): AnalysisFinding[] {
  const found: AnalysisFinding[] = [];
  const byPod = new Map<AnalyzedPod, Sidecar[]>();
  for (const sidecar of sidecars) {
    const labels = sidecar.spec.workloadSelector?.labels ?? {};
    const pods = selectPods(context, labels, sidecar.metadata.namespace);
    for (const pod of pods) byPod.set(pod, [...(byPod.get(pod) ?? []), sidecar]);
    if (pods.length > 0) continue;
    const args = { reftype: 'selector', refval: selectorText(labels) };
    const path = ['spec', 'workloadSelector', 'labels', firstLabel(labels)];
    found.push(onField(messages.ReferencedResourceNotFound, sidecar, args, path));
  }
  const reason = 'selected workload is in ambient mode, the policy has no impact';
  for (const [pod, all] of byPod) {
    if (isAmbient(pod)) {
      found.push(...all.map((sidecar) => onObject(messages.IneffectivePolicy, sidecar, { reason })));
    } else if (all.length > 1) {
      const args = { conflictingSidecars: namesOf(all), namespace: pod.namespace, workloadPod: pod.name };
      found.push(
        ...all.map((sidecar) =>
          onField(messages.ConflictingSidecarWorkloadSelectors, sidecar, args, ['metadata', 'name']),
        ),
      );
    }
  }
  return found;
}

/** One for a whole namespace is enough. */
function checkWhole(sidecars: readonly Sidecar[], context: AnalysisContext): AnalysisFinding[] {
  const byNamespace = Map.groupBy(sidecars, ({ metadata }) => metadata.namespace);
  const reason = 'namespace is in ambient mode, the policy has no impact';
  return [...byNamespace].flatMap(([namespace, all]) => {
    if (isAmbientNamespace(namespace, context)) {
      return all.map((sidecar) => onObject(messages.IneffectivePolicy, sidecar, { reason }));
    }
    if (all.length < 2) return [];
    const args = { conflictingSidecars: namesOf(all), namespace };
    return all.map((sidecar) => onObject(messages.MultipleSidecarsWithoutWorkloadSelectors, sidecar, args));
  });
}

function namesOf(sidecars: readonly Sidecar[]): string[] {
  return sidecars.map(({ metadata }) => metadata.name);
}
