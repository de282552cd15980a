import type { MessageInitShape } from '@bufbuild/protobuf';
import type { RetryPolicy } from '../../engine/config.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import type { RetryPolicySchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { PreviousHostsPredicateSchema } from '../gen/envoy/extensions/retry/host/previous_hosts/v3/previous_hosts_pb.ts';

/** Retries go elsewhere: hosts that were tried are avoided, as in Istio. */
export function retryPolicy(policy: RetryPolicy): MessageInitShape<typeof RetryPolicySchema> {
  const { perTryTimeoutMs, backoffMs } = policy;
  return {
    retryOn: policy.retryOn.join(','),
    numRetries: policy.attempts,
    retriableStatusCodes: [...policy.statusCodes],
    retryHostPredicate: [
      {
        name: 'envoy.retry_host_predicates.previous_hosts',
        configType: { case: 'typedConfig', value: packed(PreviousHostsPredicateSchema, {}) },
      },
    ],
    hostSelectionRetryMaxAttempts: 5n,
    ...(perTryTimeoutMs === undefined ? {} : { perTryTimeout: milliseconds(perTryTimeoutMs) }),
    ...(backoffMs === undefined ? {} : { retryBackOff: { baseInterval: milliseconds(backoffMs) } }),
  };
}
