import { isVisibleIn, visibilityOf } from '../../mesh/visibility.ts';
import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import { onPlace } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const delegateReferences: Analyzer = {
  name: 'foresail.DelegateAnalyzer',
  description: 'Checks that the VirtualServices that others delegate to exist',
  analyze: ({ resources, meshConfig }) => {
    const services = resources.of(kinds.virtualService);
    const delegates = new Map(
      services
        .filter(({ spec }) => (spec.hosts ?? []).length === 0)
        .map((service) => [`${service.metadata.namespace}/${service.metadata.name}`, service]),
    );
    return services.flatMap((service) =>
      (service.spec.http ?? []).flatMap(({ delegate }, index) => {
        if (delegate === undefined) return [];
        const { namespace } = service.metadata;
        const name = `${delegate.namespace || namespace}/${delegate.name ?? ''}`;
        const found = delegates.get(name);
        const { defaultVirtualServiceExportTo: defaults } = meshConfig;
        const isThere =
          found !== undefined &&
          isVisibleIn(visibilityOf(found.spec.exportTo, found.metadata.namespace, defaults), namespace);
        if (isThere) return [];
        return [onPlace(messages.DelegateNotFound, service, { delegate: name }, ['spec', 'http', index, 'delegate'])];
      }),
    );
  },
};
