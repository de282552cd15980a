import type { ClusterConfig } from '../../../engine/config.ts';
import type { PolicyScope } from '../../../engine/policy-config.ts';
import type { ServingConfig } from '../../../engine/serving.ts';
import type { ConfigOrigin } from '../../../engine/values.ts';
import type { SnapshotInput } from '../../../snapshot/encode.ts';

/** One of the two configurations that are compared. */
export interface Side {
  /** As the user named it. */
  readonly name: string;
  readonly input: SnapshotInput;
  /** File and line, where the configuration itself does not carry them. */
  locate(origin: ConfigOrigin): ConfigOrigin;
}

export function servingOf({ config, domains, clusters }: SnapshotInput): ServingConfig {
  return {
    version: 0,
    gateway: config,
    domain: (name) => domains.get(name),
    cluster: (name) => clusters.get(name),
  };
}

/**
 * The configuration with the keys of all token issuers replaced by ones that we can sign with. Requests that are made
 * up need tokens; which keys verify them is compared elsewhere.
 */
export function withProbeKeys(input: SnapshotInput, jwks: string): SnapshotInput {
  const { keys } = JSON.parse(jwks) as { keys: readonly Readonly<Record<string, unknown>>[] };
  const replaced = new Map<PolicyScope, PolicyScope>();
  const inScope = (scope: PolicyScope): PolicyScope => {
    let result = replaced.get(scope);
    if (result === undefined) {
      result =
        scope.jwt.length === 0 ? scope : { ...scope, jwt: scope.jwt.map((rule) => ({ ...rule, keys: { keys } })) };
      replaced.set(scope, result);
    }
    return result;
  };
  const inCluster = (cluster: ClusterConfig): ClusterConfig => {
    const { enforced } = cluster;
    if (enforced === undefined) return cluster;
    return { ...cluster, enforced: { ...enforced, scopes: enforced.scopes.map(inScope) } };
  };
  const policies = Object.entries(input.config.policies).map(([name, scope]) => [name, inScope(scope)]);
  return {
    config: { ...input.config, policies: Object.fromEntries(policies) },
    domains: input.domains,
    clusters: new Map([...input.clusters].map(([name, cluster]) => [name, inCluster(cluster)])),
  };
}
