import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Destination, ForwardAction, Mirror, PathMatcher, Rewrite } from '../../engine/config.ts';
import { milliseconds } from '../durations.ts';
import { partsPerMillion } from '../fractions.ts';
import type {
  RouteAction_RequestMirrorPolicySchema,
  RouteActionSchema,
  WeightedCluster_ClusterWeightSchema,
} from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { RegexMatchAndSubstituteSchema } from '../gen/envoy/type/matcher/v3/regex_pb.ts';
import { type HashKeysOf, hashPolicies, NO_HASHING } from './hash-policy.ts';
import { headerOperations } from './header-operations.ts';
import { retryPolicy } from './retries.ts';

type RouteActionInit = MessageInitShape<typeof RouteActionSchema>;

export function forward(
  action: ForwardAction,
  matched: PathMatcher | undefined,
  hashKeyOf: HashKeysOf = NO_HASHING,
): RouteActionInit {
  const [only, ...others] = action.destinations;
  const isPlain = others.length === 0 && !hasOwnHeaders(only);
  const authority = action.rewrite?.authority ?? (isPlain ? only?.authority : undefined);
  return {
    ...pathRewrite(action.rewrite?.path, matched),
    clusterSpecifier: isPlain
      ? { case: 'cluster', value: only?.cluster ?? NO_CLUSTER }
      : { case: 'weightedClusters', value: { clusters: action.destinations.map(share) } },
    hostRewriteSpecifier:
      authority === undefined ? { case: undefined } : { case: 'hostRewriteLiteral', value: authority },
    timeout: milliseconds(action.timeoutMs),
    ...(action.retries === undefined ? {} : { retryPolicy: retryPolicy(action.retries) }),
    requestMirrorPolicies: (action.mirrors ?? []).map(mirror),
    hashPolicy: hashPolicies(
      action.destinations.map(({ cluster }) => cluster),
      hashKeyOf,
    ),
  };
}

/** A cluster that never exists: what it should have gone to is not there. */
const NO_CLUSTER = 'UnknownService';

/** Only among weighted clusters, even if it is alone there, can a destination have header operations. */
function hasOwnHeaders(destination: Destination | undefined): boolean {
  return destination?.requestHeaders !== undefined || destination?.responseHeaders !== undefined;
}

function share(destination: Destination): MessageInitShape<typeof WeightedCluster_ClusterWeightSchema> {
  const { cluster, weight, authority, requestHeaders, responseHeaders } = destination;
  return {
    name: cluster ?? NO_CLUSTER,
    weight,
    ...headerOperations(requestHeaders, responseHeaders),
    ...(authority === undefined ? {} : { hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: authority } }),
  };
}

function mirror({
  cluster,
  partsPerMillion: parts,
}: Mirror): MessageInitShape<typeof RouteAction_RequestMirrorPolicySchema> {
  return {
    cluster,
    runtimeFraction: { defaultValue: partsPerMillion(parts) },
    disableShadowHostSuffixAppend: true,
  };
}

interface PathRewriteFields {
  readonly prefixRewrite?: string;
  readonly regexRewrite?: MessageInitShape<typeof RegexMatchAndSubstituteSchema>;
}

/** What of a path a rewrite replaces is what the match covers; Envoy's prefix_rewrite does the same. */
function pathRewrite(path: Rewrite['path'], matched: PathMatcher | undefined): PathRewriteFields {
  if (path === undefined) return {};
  if ('full' in path) return replaceAll(path.full);
  if ('regex' in path) return { regexRewrite: { pattern: { regex: path.regex }, substitution: path.substitution } };
  if (matched === undefined || !('segmentPrefix' in matched)) return { prefixRewrite: path.prefix };
  if (path.prefix.replace(/\/$/, '') !== '') return { prefixRewrite: path.prefix.replace(/\/$/, '') };
  // Taking a prefix off must leave a slash; Istio writes it as this expression.
  const quoted = matched.segmentPrefix.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return { regexRewrite: { pattern: { regex: `^${quoted}(/?)(.*)` }, substitution: '/\\2' } };
}

function replaceAll(path: string): PathRewriteFields {
  return { regexRewrite: { pattern: { regex: '(?s)^.*$' }, substitution: path.replaceAll('\\', '\\\\') } };
}
