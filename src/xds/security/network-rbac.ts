import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AuthorizationConfig, PolicyConfig } from '../../engine/policy-config.ts';
import { packed } from '../any.ts';
import type { FilterSchema } from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import { RBACSchema } from '../gen/envoy/extensions/filters/network/rbac/v3/rbac_pb.ts';
import { policyFilter } from './rbac.ts';

type FilterInit = MessageInitShape<typeof FilterSchema>;

/** Policies where a connection is all that there is to judge: AUDIT, then DENY, then ALLOW. */
export function networkPolicyFilters({ audit, deny, allow }: AuthorizationConfig): FilterInit[] {
  return [...filter('AUDIT', audit), ...filter('DENY', deny), ...filter('ALLOW', allow)];
}

function filter(action: 'AUDIT' | 'DENY' | 'ALLOW', policies: readonly PolicyConfig[]): FilterInit[] {
  const rules = policyFilter(action, policies);
  if (rules === undefined) return [];
  const value = packed(RBACSchema, { ...rules, statPrefix: 'tcp.' });
  return [{ name: 'envoy.filters.network.rbac', configType: { case: 'typedConfig', value } }];
}
