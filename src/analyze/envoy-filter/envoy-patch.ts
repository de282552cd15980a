import { messages } from '../../resources/finding-messages.ts';
import type { EnvoyConfigPatch } from '../../resources/istio/envoy-filter-schema.ts';
import { kinds } from '../../resources/kinds.ts';
import { type AnalysisFinding, onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

const NOT_PATCHABLE: ReadonlySet<string> = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE']);
const REPLACEABLE: ReadonlySet<string> = new Set(['NETWORK_FILTER', 'HTTP_FILTER']);
const RELATIVE: ReadonlySet<string> = new Set(['INSERT_BEFORE', 'INSERT_AFTER', 'MERGE', 'REMOVE', 'REPLACE']);

export const envoyPatch: Analyzer = {
  name: 'envoyfilter.EnvoyPatchAnalyzer',
  description: 'Checks an envoyFilters ',
  analyze: ({ resources }) => {
    // Names of filters that an earlier patch limits to a proxy version, over all EnvoyFilters.
    const versioned = new Set<string>();
    const found: AnalysisFinding[] = [];
    for (const filter of resources.of(kinds.envoyFilter)) {
      for (const [index, entry] of (filter.spec.configPatches ?? []).entries()) {
        if (entry.patch === undefined) break;
        const name = nameOf(entry);
        const message = problemOf(entry, filter.spec.priority ?? 0, versioned.has(name));
        if (message !== undefined) {
          found.push(onField(message, filter, {}, ['spec', 'configPatches', index, 'patch', 'value']));
        }
        if (entry.match?.proxy?.proxyVersion) versioned.add(name);
      }
    }
    return found;
  },
};

function problemOf({ applyTo = 'INVALID', patch }: EnvoyConfigPatch, priority: number, isVersioned: boolean) {
  const operation = patch?.operation ?? '';
  const isNotPatchable = NOT_PATCHABLE.has(applyTo);
  if (operation === 'ADD') return isNotPatchable ? messages.EnvoyFilterUsesAddOperationIncorrectly : undefined;
  if (operation === 'REMOVE' && isNotPatchable) return messages.EnvoyFilterUsesRemoveOperationIncorrectly;
  if (operation === 'REPLACE' && !REPLACEABLE.has(applyTo)) return messages.EnvoyFilterUsesReplaceOperationIncorrectly;
  if (!RELATIVE.has(operation) || priority !== 0) return undefined;
  return isVersioned
    ? messages.EnvoyFilterUsesRelativeOperationWithProxyVersion
    : messages.EnvoyFilterUsesRelativeOperation;
}

/** Of the filter that a patch writes, or of the one beside which it goes; none without a value. */
function nameOf({ match, patch }: EnvoyConfigPatch): string {
  if (patch?.value === undefined) return '';
  const { name } = patch.value;
  return typeof name === 'string' ? JSON.stringify(name) : (match?.listener?.filterChain?.filter?.name ?? '');
}
