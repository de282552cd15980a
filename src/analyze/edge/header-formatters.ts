import { isKnownFormatter } from '../../engine/formatter.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import type { FieldPath } from '../../resources/resource.ts';
import { type AnalysisFinding, onPlace, type Subject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { isEnvoyFormatter } from './envoy-formatters.ts';

/** Envoy's `%%` is a percent sign and begins no name. */
const FORMATTER = /%%|%([A-Z][A-Z0-9_]*)(?:\([^)]*\))?(?::\d+)?%/g;

interface HeaderOperations {
  readonly request?: Values | undefined;
  readonly response?: Values | undefined;
}

interface Values {
  readonly set?: Readonly<Record<string, string>> | undefined;
  readonly add?: Readonly<Record<string, string>> | undefined;
}

export const headerFormatters: Analyzer = {
  name: 'foresail.HeaderFormatterAnalyzer',
  description: 'Checks that the formatters in header values are known where they are evaluated',
  analyze: ({ resources }) =>
    resources.of(kinds.virtualService).flatMap((service) =>
      (service.spec.http ?? []).flatMap(({ headers, route = [] }, index) => {
        const path = ['spec', 'http', index];
        return [
          ...unknownFormatters(service, headers, [...path, 'headers']),
          ...route.flatMap((entry, at) => unknownFormatters(service, entry.headers, [...path, 'route', at, 'headers'])),
        ];
      }),
    ),
};

function unknownFormatters(
  subject: Subject,
  headers: HeaderOperations | undefined,
  path: FieldPath,
): readonly AnalysisFinding[] {
  return (['request', 'response'] as const).flatMap((side) =>
    (['set', 'add'] as const).flatMap((operation) =>
      Object.entries(headers?.[side]?.[operation] ?? {}).flatMap(([name, value]) =>
        formatterNames(value)
          .filter((formatter) => !isKnownFormatter(formatter))
          .map((formatter) => {
            const args = { formatter: `%${formatter}%`, header: name };
            const message = isEnvoyFormatter(formatter) ? messages.FormatterNotAtEdge : messages.UnknownFormatter;
            return onPlace(message, subject, args, [...path, side, operation, name]);
          }),
      ),
    ),
  );
}

function formatterNames(value: string): string[] {
  return [...value.matchAll(FORMATTER)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}
