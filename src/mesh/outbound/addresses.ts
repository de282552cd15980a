import type { Mesh } from '../model.ts';
import type { MeshService } from '../registry.ts';

/** Addresses that stand for services which have none: 240.240.0.0/16, as Istio's. */
const SPACE = 255 * 255;

/**
 * An address for every ServiceEntry host that names something and has none, for proxies that answer DNS. The same
 * host has the same address wherever it is computed, as long as nobody else had it first.
 */
export function allocateAddresses(mesh: Mesh): ReadonlyMap<MeshService, string> {
  const taken = new Set<string>();
  const allocated = new Map<MeshService, string>();
  const waiting = mesh.registry.services.filter(needsAddress);
  const sorted = waiting.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).slice(0, SPACE);
  for (const service of sorted) {
    let slot = hash(keyOf(service)) % SPACE;
    while (taken.has(addressAt(slot))) slot = (slot + 1) % SPACE;
    taken.add(addressAt(slot));
    allocated.set(service, addressAt(slot));
  }
  return allocated;
}

function needsAddress({ source, addresses, resolution, host }: MeshService): boolean {
  return source === 'service-entry' && addresses.length === 0 && resolution !== 'NONE' && !host.startsWith('*');
}

function keyOf({ namespace, host }: MeshService): string {
  return `${namespace}/${host}`;
}

/** No octet is zero. */
function addressAt(slot: number): string {
  return `240.240.${Math.floor(slot / 255)}.${(slot % 255) + 1}`;
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
