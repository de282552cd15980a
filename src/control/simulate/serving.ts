import type { ServingConfig } from '../../engine/serving.ts';
import type { ResolvedGateway } from '../../mesh/model.ts';

/** A resolved gateway as the engine reads it, without a snapshot in between. */
export function servingConfigOf(gateway: ResolvedGateway, version = 0): ServingConfig {
  return {
    version,
    gateway: gateway.config,
    domain: (name) => gateway.domains.get(name),
    cluster: (name) => gateway.clusters.get(name),
  };
}
