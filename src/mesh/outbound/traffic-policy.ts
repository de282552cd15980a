import type { TrafficPolicy } from '../../resources/istio/traffic-policy.ts';
import type { DestinationRule } from '../../resources/kinds.ts';
import type { ResolvedSubset } from '../destinations.ts';

/** What DestinationRules say of one port of one subset, every level applied. */
export type EffectivePolicy = Omit<TrafficPolicy, 'portLevelSettings'>;

/**
 * Precedence (ISTIO.md 1.5): the subset's own port, the subset, the rule's port, the rule. A subset overrides field by
 * field; a port's settings stand in place of all four of the level that they are in.
 */
export function effectivePolicy(
  rules: readonly DestinationRule[],
  subset: ResolvedSubset | undefined,
  port: number,
): EffectivePolicy {
  const whole = atPort(rules[0]?.spec.trafficPolicy, port);
  if (subset?.trafficPolicy === undefined) return whole;
  const { portLevelSettings: _, ...own } = subset.trafficPolicy;
  const merged = { ...whole, ...defined(own) };
  return hasPort(subset.trafficPolicy, port) ? { ...merged, ...portPart(subset.trafficPolicy, port) } : merged;
}

function atPort(policy: TrafficPolicy | undefined, port: number): EffectivePolicy {
  if (policy === undefined) return {};
  const { portLevelSettings: _, ...own } = policy;
  return hasPort(policy, port) ? { ...own, ...portPart(policy, port) } : own;
}

function hasPort(policy: TrafficPolicy, port: number): boolean {
  return policy.portLevelSettings?.some((settings) => settings.port?.number === port) === true;
}

/** What a port does not set has its default, not the level's. */
function portPart(policy: TrafficPolicy, port: number): Partial<EffectivePolicy> {
  const settings = policy.portLevelSettings?.find((one) => one.port?.number === port);
  return {
    loadBalancer: settings?.loadBalancer,
    connectionPool: settings?.connectionPool,
    outlierDetection: settings?.outlierDetection,
    tls: settings?.tls,
  };
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== undefined)) as Partial<T>;
}
