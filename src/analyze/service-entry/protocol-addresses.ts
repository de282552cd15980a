import { messages } from '../../resources/finding-messages.ts';
import { kinds } from '../../resources/kinds.ts';
import type { MeshConfig } from '../../resources/mesh-config.ts';
import { onField } from '../analysis-finding.ts';
import type { Analyzer } from '../analyzer.ts';

export const protocolAddresses: Analyzer = {
  name: 'serviceentry.Analyzer',
  description: 'Checks the validity of ServiceEntry',
  analyze: ({ resources, meshConfig }) => {
    if (isAutoAllocated(meshConfig)) return [];
    return resources
      .of(kinds.serviceEntry)
      .filter(({ spec, status }) => (spec.addresses ?? []).length === 0 && (status?.addresses ?? []).length === 0)
      .flatMap((entry) =>
        (entry.spec.ports ?? []).flatMap(({ protocol = '' }, index) =>
          protocol === '' || protocol.toUpperCase() === 'TCP'
            ? [onField(messages.ServiceEntryAddressesRequired, entry, {}, ['spec', 'ports', index, 'name'])]
            : [],
        ),
      );
  },
};

function isAutoAllocated({ defaultConfig }: MeshConfig): boolean {
  const metadata: Readonly<Record<string, unknown>> = defaultConfig?.proxyMetadata ?? {};
  if (metadata.ISTIO_META_DNS_CAPTURE !== 'true') return false;
  return metadata.ISTIO_META_DNS_AUTO_ALLOCATE === 'true' || metadata.PILOT_ENABLE_IP_AUTOALLOCATE === 'true';
}
