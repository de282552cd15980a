import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const telemetryDefaultSelector: Analyzer = {
  name: 'telemetry.DefaultSelectorAnalyzer',
  description: "Validates that there aren't multiple telemetry resources that have no selector",
  analyze: ({ resources }) => {
    const whole = resources
      .of(kinds.telemetry)
      // Those that name what they are for share no workloads.
      .filter(
        ({ spec }) => spec.selector === undefined && spec.targetRef === undefined && spec.targetRefs === undefined,
      );
    const byNamespace = Map.groupBy(whole, ({ metadata }) => metadata.namespace);
    return [...byNamespace].flatMap(([namespace, all]) => {
      if (all.length < 2) return [];
      const conflictingTelemetries = all.map(({ metadata }) => metadata.name).sort();
      return all.map((telemetry) =>
        onObject(messages.MultipleTelemetriesWithoutWorkloadSelectors, telemetry, {
          conflictingTelemetries,
          namespace,
        }),
      );
    });
  },
};
