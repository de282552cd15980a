import { messages } from '../../resources/finding-messages.ts';
import { kinds, type Telemetry } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { selectPods } from '../context.ts';
import type { AnalyzedPod } from '../pods.ts';
import { firstLabel, selectorText } from '../selector-text.ts';

export const telemetrySelector: Analyzer = {
  name: 'telemetry.SelectorAnalyzer',
  description:
    "Validates that telemetries that define a selector match at least one pod, and that there aren't multiple telemetry resources that select overlapping pods",
  analyze: (context) => {
    const found: AnalysisFinding[] = [];
    const byPod = new Map<AnalyzedPod, Telemetry[]>();
    for (const telemetry of context.resources.of(kinds.telemetry)) {
      const labels = telemetry.spec.selector?.matchLabels ?? {};
      if (Object.keys(labels).length === 0) continue;
      const pods = selectPods(context, labels, telemetry.metadata.namespace);
      for (const pod of pods) byPod.set(pod, [...(byPod.get(pod) ?? []), telemetry]);
      if (pods.length > 0) continue;
      const args = { reftype: 'selector', refval: selectorText(labels) };
      const path = ['spec', 'selector', 'matchLabels', firstLabel(labels)];
      found.push(onField(messages.ReferencedResourceNotFound, telemetry, args, path));
    }
    for (const [pod, all] of byPod) {
      if (all.length < 2) continue;
      const conflictingTelemetries = all.map(({ metadata }) => metadata.name).sort();
      const args = { conflictingTelemetries, namespace: pod.namespace, workloadPod: pod.name };
      found.push(
        ...all.map((telemetry) =>
          onField(messages.ConflictingTelemetryWorkloadSelectors, telemetry, args, ['metadata', 'name']),
        ),
      );
    }
    return found;
  },
};
