import type { MeshService } from '../registry.ts';

/**
 * Under which names a client may ask for a service: its own, the shorter ones that Kubernetes' DNS would complete, and
 * its addresses (ISTIO.md 4.1). The bare name is for its own namespace only.
 */
export function domainsOf(
  { host, name, namespace, source }: MeshService,
  clientNamespace: string,
  addresses: readonly string[],
): string[] {
  const names = [host];
  if (!host.startsWith('*')) names.push(`${host}.`);
  if (source === 'kubernetes') {
    if (namespace === clientNamespace) names.push(name);
    names.push(`${name}.${namespace}`, `${name}.${namespace}.svc`);
  }
  const plain = [...new Set(addresses)].filter((address) => !address.includes('/'));
  return [...names, ...plain.map((address) => (address.includes(':') ? `[${address}]` : address))];
}
