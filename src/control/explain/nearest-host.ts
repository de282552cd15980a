import type { ServingConfig } from '../../engine/serving.ts';
import type { ConfigOrigin } from '../../engine/values.ts';
import { editDistance } from '../../resources/did-you-mean.ts';

const MAX_NEAREST = 3;

/** The served hosts that look most like one that is not; all when they are few. */
export function nearestHosts(hosts: readonly string[], wanted: string): string[] {
  const ranked = hosts
    .map((name) => ({ name, distance: distanceOf(name, wanted) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const limit = Math.max(3, Math.floor(wanted.length / 2));
  return ranked
    .filter(({ distance }) => hosts.length <= MAX_NEAREST || distance <= limit)
    .slice(0, MAX_NEAREST)
    .map(({ name }) => name);
}

/** A wildcard is as near as its fixed part; names of the same parent domain are nearer than their letters say. */
function distanceOf(name: string, wanted: string): number {
  if (name.length > 253 || wanted.length > 253) return Number.POSITIVE_INFINITY;
  const [, parent] = splitHost(wanted);
  if (name.startsWith('*')) return name === '*' ? wanted.length : editDistance(name.slice(2), parent) + 1;
  const [, own] = splitHost(name);
  const distance = editDistance(name, wanted);
  return own !== '' && own === parent ? Math.min(distance, 2) : distance;
}

function splitHost(host: string): [label: string, parent: string] {
  const dot = host.indexOf('.');
  return dot === -1 ? [host, ''] : [host.slice(0, dot), host.slice(dot + 1)];
}

/** Where a domain's first rule stands: its host has no line of its own in the compiled form. */
export function domainOrigin(serving: ServingConfig, domain: string, table?: string): ConfigOrigin | undefined {
  const virtualHosts = serving.domain(domain)?.virtualHosts ?? {};
  const chosen = table === undefined ? Object.values(virtualHosts)[0] : virtualHosts[table];
  const origin = chosen?.routes[0]?.origin;
  if (origin === undefined) return undefined;
  const { kind, namespace, name, file, objectLine } = origin;
  return {
    kind,
    namespace,
    name,
    ...(file === undefined ? {} : { file }),
    ...(objectLine ? { line: objectLine } : {}),
  };
}
