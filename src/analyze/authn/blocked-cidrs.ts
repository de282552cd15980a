import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onObject } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

const VARIABLE = 'BLOCKED_CIDRS_IN_JWKS_URIS';
const MAX_NAMES = 5;

export const blockedCidrs: Analyzer = {
  name: 'authn.BlockedCIDRsAnalyzer',
  description: `Checks that ${VARIABLE} is configured on istiod when RequestAuthentication resources exist`,
  analyze: ({ resources }) => {
    const all = resources
      .of(kinds.requestAuthentication)
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    if (all.length === 0) return [];
    const shown = all.slice(0, MAX_NAMES).join(', ');
    const names = all.length > MAX_NAMES ? `${shown}, and ${all.length - MAX_NAMES} more` : shown;
    return resources
      .of(kinds.deployment)
      .filter(({ metadata, spec }) => {
        const containers = spec.template?.spec?.containers ?? [];
        const isSet = containers.some(({ env = [] }) => env.some(({ name, value }) => name === VARIABLE && value));
        return metadata.labels.app === 'istiod' && !isSet;
      })
      .map((istiod) => onObject(messages.JwksUriFetchUnrestricted, istiod, { count: all.length, names }));
  },
};
