import type { ProxyResources, XdsResource } from '../../../src/xds/resource.ts';

/** As a proxy gets them: its own before those that it shares. */
export function allResources({ shared, own }: ProxyResources): XdsResource[] {
  const byName = new Map([...shared, ...own].map((resource) => [`${resource.typeUrl} ${resource.name}`, resource]));
  return [...byName.values()];
}
