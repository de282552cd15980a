import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AuthorizationConfig, ExternalAuthorizerConfig } from '../../engine/policy-config.ts';
import type { StringMatcher } from '../../engine/values.ts';
import { milliseconds } from '../durations.ts';
import type { ExtAuthzSchema } from '../gen/envoy/extensions/filters/http/ext_authz/v3/ext_authz_pb.ts';
import type { RBACSchema as FilterSchema } from '../gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.ts';
import type { HttpStatusSchema } from '../gen/envoy/type/v3/http_status_pb.ts';
import type { StringMatcherInit } from '../match/string-matcher.ts';
import { stringMatcher } from '../match/string-matcher.ts';
import { rules } from './rbac.ts';

/** Names as in Istio, where tools look for them. */
const SHADOW_PREFIX = 'istio_ext_authz_';
const POLICY_PREFIX = 'istio-ext-authz-';
const RBAC_FILTER = 'envoy.filters.http.rbac';

export interface CustomFilters {
  /** Only finds out which requests are to be asked about. */
  readonly shadow: MessageInitShape<typeof FilterSchema>;
  /** Undefined: the provider is not known, and whatever a policy takes is refused. */
  readonly authorizer: MessageInitShape<typeof ExtAuthzSchema> | undefined;
}

/** One provider per workload; policies that name none that is known are refused outright. */
export function customFilters({ custom, providers }: AuthorizationConfig): CustomFilters | undefined {
  if (custom.length === 0) return undefined;
  const name = custom.find(({ provider }) => provider !== undefined)?.provider ?? '';
  const provider = providers[name];
  const isOne = custom.every((policy) => policy.provider === name);
  if (provider === undefined || !isOne) return { shadow: { rules: rules('DENY', custom) }, authorizer: undefined };
  return {
    shadow: { shadowRules: rules('DENY', custom, POLICY_PREFIX), shadowRulesStatPrefix: SHADOW_PREFIX },
    authorizer: authorizer(provider),
  };
}

function authorizer(provider: ExternalAuthorizerConfig): MessageInitShape<typeof ExtAuthzSchema> {
  const { includeRequestBody: body } = provider;
  return {
    services: {
      case: 'httpService',
      value: {
        serverUri: {
          uri: `http://${provider.name}`,
          httpUpstreamType: { case: 'cluster', value: provider.cluster },
          timeout: milliseconds(provider.timeoutMs),
        },
        pathPrefix: provider.pathPrefix,
        authorizationRequest: {
          headersToAdd: provider.includeAdditionalHeaders.map(({ name, value }) => ({ key: name, value })),
        },
        authorizationResponse: {
          ...listed('allowedUpstreamHeaders', provider.headersToUpstreamOnAllow),
          ...listed('allowedClientHeaders', provider.headersToDownstreamOnDeny),
          ...listed('allowedClientHeadersOnSuccess', provider.headersToDownstreamOnAllow),
        },
      },
    },
    ...listed('allowedHeaders', provider.includeRequestHeaders),
    failureModeAllow: provider.failOpen,
    statusOnError: { code: provider.statusOnError as HttpStatusCode },
    ...(body === undefined
      ? {}
      : { withRequestBody: { maxRequestBytes: body.maxBytes, allowPartialMessage: body.allowPartial } }),
    filterEnabledMetadata: {
      filter: RBAC_FILTER,
      path: [{ segment: { case: 'key', value: `${SHADOW_PREFIX}shadow_effective_policy_id` } }],
      value: {
        matchPattern: { case: 'stringMatch', value: { matchPattern: { case: 'prefix', value: POLICY_PREFIX } } },
      },
    },
  };
}

type HttpStatusCode = NonNullable<MessageInitShape<typeof HttpStatusSchema>['code']>;

function listed<K extends string>(
  field: K,
  matchers: readonly StringMatcher[],
): { [P in K]?: { patterns: StringMatcherInit[] } } {
  if (matchers.length === 0) return {};
  const patterns = matchers.map((matcher) => stringMatcher(matcher, true));
  return { [field]: { patterns } } as { [P in K]?: { patterns: StringMatcherInit[] } };
}
