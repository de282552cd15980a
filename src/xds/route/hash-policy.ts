import type { HashKey } from '../../mesh/outbound/outbound-cluster.ts';
import type { Fields } from '../any.ts';
import { milliseconds } from '../durations.ts';
import type { RouteAction_HashPolicySchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';

/** What of a request its endpoint is chosen by, as the clusters that a route leads to want it. */
export type HashKeysOf = (cluster: string) => HashKey | undefined;

export const NO_HASHING: HashKeysOf = () => undefined;

export function hashPolicy(key: HashKey): Fields<typeof RouteAction_HashPolicySchema> {
  switch (key.kind) {
    case 'header':
      return { policySpecifier: { case: 'header', value: { headerName: key.name } } };
    case 'cookie': {
      const { name, path, ttlMs } = key;
      const attributes = key.attributes.map((attribute) => ({ ...attribute }));
      const value = { name, path, attributes, ...(ttlMs === undefined ? {} : { ttl: milliseconds(ttlMs) }) };
      return { policySpecifier: { case: 'cookie', value } };
    }
    case 'source-ip':
      return { policySpecifier: { case: 'connectionProperties', value: { sourceIp: true } } };
    case 'query':
      return { policySpecifier: { case: 'queryParameter', value: { name: key.name } } };
  }
}

/** Of several destinations every key counts, each once. */
export function hashPolicies(
  clusters: readonly (string | undefined)[],
  keyOf: HashKeysOf,
): Fields<typeof RouteAction_HashPolicySchema>[] {
  const keys = new Map<string, HashKey>();
  for (const cluster of clusters) {
    const key = cluster === undefined ? undefined : keyOf(cluster);
    if (key !== undefined) keys.set(JSON.stringify(key), key);
  }
  return [...keys.values()].map(hashPolicy);
}
