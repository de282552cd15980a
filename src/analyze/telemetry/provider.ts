import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const telemetryProvider: Analyzer = {
  name: 'telemetry.ProviderAnalyzer',
  description: 'Validates that providers in telemetry resource is valid',
  analyze: ({ resources, meshConfig }) => {
    if ((meshConfig.defaultProviders.accessLogging ?? []).length > 0) return [];
    return resources.of(kinds.telemetry).flatMap((telemetry) => {
      const { name, namespace } = telemetry.metadata;
      return (telemetry.spec.accessLogging ?? []).flatMap(({ disabled, providers = [] }, index) =>
        disabled === true || providers.length > 0
          ? []
          : [
              onObject(messages.InvalidTelemetryProvider, telemetry, { name, namespace }, [
                'spec',
                'accessLogging',
                index,
              ]),
            ],
      );
    });
  },
};
