import type { ConfigOrigin, StringMatcher } from './values.ts';

/** The policies' half of the compiled configuration: tokens and authorization, as effective for one workload. */

/** What is effective for one workload. */
export interface PolicyScope {
  readonly jwt: readonly JwtRuleConfig[];
  readonly authorization: AuthorizationConfig;
}

/** One jwtRule; the list is sorted by issuer as in Istio. */
export interface JwtRuleConfig {
  /** Empty: any issuer. */
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly keys: JwksConfig;
  /** Where the token is looked for, in this order: headers, params, cookies. */
  readonly fromHeaders: readonly { readonly name: string; readonly prefix: string }[];
  readonly fromParams: readonly string[];
  readonly fromCookies: readonly string[];
  readonly forwardOriginalToken: boolean;
  /** Lower case. */
  readonly outputPayloadToHeader?: string;
  readonly outputClaimToHeaders: readonly { readonly header: string; readonly claim: readonly string[] }[];
  /** Claims besides `scope` and `permission` whose string value is a space-delimited list. */
  readonly spaceDelimitedClaims: readonly string[];
  readonly origin: ConfigOrigin;
}

/** RFC 7517 keys travel in the snapshot; when they could not be had, every token fails and the reason says why. */
export type JwksConfig =
  | { readonly keys: readonly Readonly<Record<string, unknown>>[]; readonly uri?: string }
  | { readonly unavailable: string; readonly uri?: string };

/** Effective policies of a workload, by action, in evaluation order: CUSTOM, then AUDIT, DENY, ALLOW. */
export interface AuthorizationConfig {
  readonly custom: readonly PolicyConfig[];
  readonly audit: readonly PolicyConfig[];
  readonly deny: readonly PolicyConfig[];
  readonly allow: readonly PolicyConfig[];
  /** By provider name, for `custom`. */
  readonly providers: Readonly<Record<string, ExternalAuthorizerConfig>>;
}

export interface PolicyConfig {
  readonly namespace: string;
  readonly name: string;
  /** Annotation istio.io/dry-run: counted and logged, never enforced. */
  readonly dryRun: boolean;
  /** CUSTOM only. */
  readonly provider?: string;
  /** No rules: never matches. */
  readonly rules: readonly PolicyRuleConfig[];
  readonly origin: ConfigOrigin;
}

/** Matches when one of `from` (or none given), one of `to` (or none given) and all of `when` hold. */
export interface PolicyRuleConfig {
  readonly from: readonly SourceConfig[];
  readonly to: readonly OperationConfig[];
  readonly when: readonly ConditionConfig[];
  readonly origin: ConfigOrigin;
}

/** A field that is absent does not constrain. `not…`: none of them may match. */
export interface SourceConfig {
  /** `<trust domain>/ns/<ns>/sa/<sa>`, trust-domain aliases already expanded. */
  readonly principals?: readonly StringMatcher[];
  readonly notPrincipals?: readonly StringMatcher[];
  /** `<iss>/<sub>`. */
  readonly requestPrincipals?: readonly StringMatcher[];
  readonly notRequestPrincipals?: readonly StringMatcher[];
  readonly namespaces?: readonly StringMatcher[];
  readonly notNamespaces?: readonly StringMatcher[];
  /** `<namespace>/<service account>`. */
  readonly serviceAccounts?: readonly string[];
  readonly notServiceAccounts?: readonly string[];
  readonly trustDomains?: readonly StringMatcher[];
  readonly notTrustDomains?: readonly StringMatcher[];
  /** CIDRs or addresses: the direct peer. */
  readonly ipBlocks?: readonly string[];
  readonly notIpBlocks?: readonly string[];
  /** CIDRs or addresses: the original client. */
  readonly remoteIpBlocks?: readonly string[];
  readonly notRemoteIpBlocks?: readonly string[];
}

export type PolicyPathMatcher = StringMatcher | { readonly template: string };

export interface OperationConfig {
  /** Compared without case against `:authority` including the port. */
  readonly hosts?: readonly StringMatcher[];
  readonly notHosts?: readonly StringMatcher[];
  readonly ports?: readonly number[];
  readonly notPorts?: readonly number[];
  readonly methods?: readonly StringMatcher[];
  readonly notMethods?: readonly StringMatcher[];
  readonly paths?: readonly PolicyPathMatcher[];
  readonly notPaths?: readonly PolicyPathMatcher[];
}

export type ConditionKey =
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'source-ip' }
  | { readonly kind: 'remote-ip' }
  | { readonly kind: 'source-namespace' }
  | { readonly kind: 'source-principal' }
  | { readonly kind: 'source-service-account' }
  | { readonly kind: 'source-trust-domain' }
  | { readonly kind: 'request-principal' }
  | { readonly kind: 'request-audiences' }
  | { readonly kind: 'request-presenter' }
  | { readonly kind: 'request-claim'; readonly claim: readonly string[] }
  | { readonly kind: 'destination-ip' }
  | { readonly kind: 'destination-port' }
  | { readonly kind: 'sni' }
  /** A fact that an edge never has (Envoy filter metadata): compared as absent. */
  | { readonly kind: 'absent'; readonly key: string };

export interface ConditionConfig {
  readonly key: ConditionKey;
  /** CIDRs for the address keys, decimal numbers for destination-port, matchers in the form of strings otherwise. */
  readonly values: readonly StringMatcher[];
  readonly notValues: readonly StringMatcher[];
}

export interface ExternalAuthorizerConfig {
  readonly name: string;
  /** Cluster of the authorizer service. */
  readonly cluster: string;
  readonly pathPrefix: string;
  readonly timeoutMs: number;
  readonly failOpen: boolean;
  readonly statusOnError: number;
  readonly includeRequestHeaders: readonly StringMatcher[];
  readonly includeAdditionalHeaders: readonly { readonly name: string; readonly value: string }[];
  readonly includeRequestBody?: { readonly maxBytes: number; readonly allowPartial: boolean };
  readonly headersToUpstreamOnAllow: readonly StringMatcher[];
  readonly headersToDownstreamOnDeny: readonly StringMatcher[];
  readonly headersToDownstreamOnAllow: readonly StringMatcher[];
}
