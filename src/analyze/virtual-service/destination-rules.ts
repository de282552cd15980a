import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';
import { destinationsOf } from './destinations-of.ts';

export const destinationRules: Analyzer = {
  name: 'virtualservice.DestinationRuleAnalyzer',
  description: 'Checks the destination rules associated with each virtual service',
  analyze: ({ resources }) => {
    const defined = new Set(
      resources
        .of(kinds.destinationRule)
        .flatMap(({ metadata, spec }) =>
          (spec.subsets ?? []).map(({ name }) => `${hostKey(spec.host, metadata.namespace)} ${name}`),
        ),
    );
    return resources.of(kinds.virtualService).flatMap((service) =>
      destinationsOf(service).flatMap(({ destination: { host, subset }, isMirror, hostPath, path }) => {
        if (!subset || defined.has(`${hostKey(host, service.metadata.namespace)} ${subset}`)) return [];
        const reftype = `${isMirror ? 'mirror' : 'host'}+subset in destinationrule`;
        const args = { reftype, refval: `${host}+${subset}` };
        const found = onField(messages.ReferencedResourceNotFound, service, args, hostPath);
        return [{ ...found, place: service.originOf([...path, 'subset']) }];
      }),
    );
  },
};

const FQDN = /^(.+)\.(.+)\.svc\.cluster\.local$/;

/** Istio's util.GetResourceNameFromHost: any other name counts as one of the namespace that it is written in. */
function hostKey(host: string, namespace: string): string {
  const parts = FQDN.exec(host);
  return parts === null ? `${namespace}/${host}` : `${parts[2]}/${parts[1]}`;
}
