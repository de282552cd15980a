import type { ConsistentHash, LoadBalancerSettings } from '../../resources/istio/traffic-policy.ts';
import type { HashKey, LoadBalancer, SlowStart } from './outbound-cluster.ts';

/** Istio's default for both kinds of consistent hash that do not say otherwise. */
const DEFAULT_RING_SIZE = 1024;

export function resolveLoadBalancer(settings: LoadBalancerSettings | undefined): LoadBalancer {
  if (settings?.consistentHash !== undefined) return hashing(settings.consistentHash);
  const slowStart = slowStartOf(settings);
  const started = slowStart === undefined ? {} : { slowStart };
  switch (settings?.simple) {
    case 'RANDOM':
      return { kind: 'random' };
    case 'PASSTHROUGH':
      return { kind: 'passthrough' };
    case 'ROUND_ROBIN':
      return { kind: 'round-robin', ...started };
    default:
      return { kind: 'least-request', ...started };
  }
}

function hashing(hash: ConsistentHash): LoadBalancer {
  const key = keyOf(hash);
  if (hash.maglev !== undefined) return { kind: 'maglev', tableSize: hash.maglev.tableSize, key };
  const minimumRingSize = hash.ringHash?.minimumRingSize || hash.minimumRingSize || DEFAULT_RING_SIZE;
  return { kind: 'ring-hash', minimumRingSize, key };
}

function keyOf({
  httpHeaderName,
  httpCookie,
  useSourceIp,
  httpQueryParameterName,
}: ConsistentHash): HashKey | undefined {
  if (httpHeaderName) return { kind: 'header', name: httpHeaderName };
  if (httpCookie !== undefined) {
    const { name = '', path = '', ttl, attributes = [] } = httpCookie;
    return {
      kind: 'cookie',
      name,
      path,
      ttlMs: ttl,
      attributes: attributes.map(({ name: attribute, value = '' }) => ({ name: attribute, value })),
    };
  }
  if (useSourceIp === true) return { kind: 'source-ip' };
  return httpQueryParameterName ? { kind: 'query', name: httpQueryParameterName } : undefined;
}

function slowStartOf(settings: LoadBalancerSettings | undefined): SlowStart | undefined {
  const { warmup, warmupDurationSecs } = settings ?? {};
  if (warmup !== undefined) {
    const { duration, minimumPercent = 10, aggression = 1 } = warmup;
    return { durationMs: duration, minimumPercent, aggression };
  }
  return warmupDurationSecs === undefined
    ? undefined
    : { durationMs: warmupDurationSecs, minimumPercent: 10, aggression: 1 };
}
