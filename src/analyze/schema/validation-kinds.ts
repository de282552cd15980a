import { definitionOf, kindsOfGroup } from '../../resources/kinds.ts';
import type { Analyzer } from '../analyzer.ts';
import { unreachableRules } from './unreachable-rules.ts';

const GROUPS = ['networking.istio.io', 'security.istio.io', 'telemetry.istio.io', 'extensions.istio.io'];
const PREFIX = 'schema.ValidationAnalyzer.';

/** One for each of Istio's kinds. What they find is found when the objects are parsed; here they have a name. */
export const validationAnalyzers: readonly Analyzer[] = GROUPS.flatMap((group) =>
  kindsOfGroup(group)
    .filter((kind) => definitionOf(group, kind) !== undefined)
    .sort()
    .map(
      (kind): Analyzer =>
        kind === 'VirtualService'
          ? unreachableRules
          : {
              name: `${PREFIX}${kind}`,
              description: `Runs schema validation as an analyzer on '${kind}' resources`,
              analyze: () => [],
            },
    ),
);

/** The kind whose validation an analyzer stands for. */
export function validatedKind(analyzer: Analyzer): string | undefined {
  return analyzer.name.startsWith(PREFIX) ? analyzer.name.slice(PREFIX.length) : undefined;
}
