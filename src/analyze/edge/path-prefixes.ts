import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onPlace } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const pathPrefixes: Analyzer = {
  name: 'foresail.PathPrefixAnalyzer',
  description: 'Tells prefixes that match more than the path segment they name',
  analyze: ({ resources }) =>
    resources.of(kinds.virtualService).flatMap((service) =>
      (service.spec.http ?? []).flatMap(({ match = [] }, index) =>
        match.flatMap(({ uri }, at) => {
          const prefix = uri?.prefix ?? '';
          // One that ends inside a name (`/img-`, `/v1.`) is meant as it is.
          if (!/[A-Za-z0-9]$/.test(prefix)) return [];
          const path = ['spec', 'http', index, 'match', at, 'uri', 'prefix'];
          return [onPlace(messages.PrefixMatchesSiblings, service, { prefix }, path)];
        }),
      ),
    ),
};
