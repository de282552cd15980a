import type { MeshPort, MeshService } from '../registry.ts';
import type { NameEntry, NameTable } from './model.ts';

/** What a proxy that answers DNS says of the services that its workload may call. Wildcards name nothing to ask for. */
export function nameTable(
  services: readonly MeshService[],
  addressesOf: (service: MeshService) => readonly string[],
  endpointsOf: (service: MeshService, port: MeshPort) => readonly { readonly address: string }[],
): NameTable {
  const names = new Map<string, NameEntry>();
  for (const service of services) {
    const { host, name, namespace, source, resolution } = service;
    if (host.startsWith('*') || names.has(host)) continue;
    const [port] = service.ports;
    const own = addressesOf(service).filter((address) => !address.includes('/'));
    // A headless service is its pods.
    const addresses =
      own.length === 0 && resolution === 'PASSTHROUGH' && port !== undefined
        ? [...new Set(endpointsOf(service, port).map(({ address }) => address))]
        : own;
    if (addresses.length === 0) continue;
    names.set(
      host,
      source === 'kubernetes'
        ? { addresses, registry: 'Kubernetes', shortName: name, namespace }
        : { addresses, registry: 'External' },
    );
  }
  return names;
}
