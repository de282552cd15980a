/**
 * The compiled configuration: what the snapshot carries and the engine decides by. Plain JSON values, every Istio
 * rule already resolved (names, order, defaults, precedence), every rule with its origin. `prepare*.ts` turns it
 * into indexed, ready-to-match objects; nothing here has behaviour.
 */

/** Where a compiled rule comes from. The engine keeps its own copy of the shape: it imports no other room. */
export interface ConfigOrigin {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly file?: string;
  /** 1-based line of the field, in `file`. */
  readonly line?: number;
  /** 1-based first line of the object in `file`. */
  readonly objectLine?: number;
  /** Field path: `spec.http[0].match[1]`. */
  readonly path?: string;
}

/** The part that belongs to no host. */
export interface GatewayConfig {
  readonly listeners: readonly ListenerConfig[];
  readonly settings: SettingsConfig;
  /** By the gateway workload that they are effective for: Istio's ingress gateway, or one of the Gateway API. */
  readonly policies: Readonly<Record<string, PolicyScope>>;
}

/** What is effective for one workload. */
export interface PolicyScope {
  readonly jwt: readonly JwtRuleConfig[];
  readonly authorization: AuthorizationConfig;
}

export interface SettingsConfig {
  readonly pathNormalization: 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';
  readonly trustDomain: string;
  /** meshConfig.defaultConfig.gatewayTopology.numTrustedProxies; used where the platform names no client address. */
  readonly numTrustedProxies: number;
  /** Value of the `server` response header, `istio-envoy` as in Istio's gateways. */
  readonly serverHeader: string;
  /** The gateway's identity, for passes and telemetry: `spiffe://<td>/ns/<ns>/sa/<sa>`. */
  readonly identity: string;
}

/**
 * One port of the edge. A plaintext port has one route table for each gateway workload (they share the edge's
 * address, so the host decides); a TLS port has one for each of its servers.
 */
export interface ListenerConfig {
  readonly port: number;
  readonly tls: boolean;
  readonly tables: readonly RouteTableRef[];
}

export interface RouteTableRef {
  /** Istio's route configuration name: `http.80`, `https.443.<port name>.<gateway>.<namespace>`. */
  readonly name: string;
  /** SNI hosts for which a TLS listener takes this table; empty on plaintext listeners. */
  readonly sniHosts: readonly string[];
  /** Key into the gateway's `policies`. */
  readonly policies: string;
  readonly origin: ConfigOrigin;
}

/** All route tables' virtual hosts for one domain. `domain` is lower case: exact, `*.suffix`, or `*`. */
export interface DomainConfig {
  readonly domain: string;
  /** By route table name. */
  readonly virtualHosts: Readonly<Record<string, VirtualHostConfig>>;
}

export interface VirtualHostConfig {
  readonly name: string;
  /** Server `tls.httpsRedirect`: 301 to https for everything on this host. */
  readonly httpsRedirect: boolean;
  /** In matching order; the first that matches wins. */
  readonly routes: readonly RouteConfig[];
}

export interface RouteConfig {
  /** Istio's route name (`name` or `name.matchName`), empty when unnamed. */
  readonly name: string;
  readonly match: RouteMatchConfig;
  readonly action: RouteAction;
  readonly requestHeaders?: HeaderMutations;
  readonly responseHeaders?: HeaderMutations;
  readonly cors?: CorsConfig;
  readonly origin: ConfigOrigin;
}

export type StringMatcher =
  | { readonly exact: string }
  | { readonly prefix: string }
  | { readonly suffix: string }
  | { readonly contains: string }
  /** RE2, matched against the whole value. */
  | { readonly regex: string }
  | { readonly present: true };

export type PathMatcher =
  | { readonly exact: string; readonly ignoreCase?: boolean }
  /** Plain string prefix, as in a VirtualService: `/v2` matches `/v2x`. */
  | { readonly prefix: string; readonly ignoreCase?: boolean }
  /** Prefix of whole path segments, as in an HTTPRoute: `/v2` matches `/v2` and `/v2/x`, not `/v2x`. No trailing slash. */
  | { readonly segmentPrefix: string }
  | { readonly regex: string };

/** All conditions must hold. An empty object matches everything. */
export interface RouteMatchConfig {
  /** On the normalised path without query. */
  readonly path?: PathMatcher;
  readonly method?: StringMatcher;
  /** On `:authority` as sent, port included. */
  readonly authority?: StringMatcher;
  readonly scheme?: StringMatcher;
  readonly headers?: readonly HeaderMatcher[];
  readonly query?: readonly QueryMatcher[];
  /** Claims of the verified token; decided only after JWT verification. */
  readonly claims?: readonly ClaimMatcher[];
}

export interface HeaderMatcher {
  /** Lower case; `:method`, `:authority`, `:path`, `:scheme` name the pseudo-headers. */
  readonly name: string;
  readonly match: StringMatcher;
  readonly invert?: boolean;
  /** A missing header is matched as the empty string (withoutHeaders with a value). */
  readonly missingAsEmpty?: boolean;
}

export interface QueryMatcher {
  readonly name: string;
  readonly match: StringMatcher;
}

export interface ClaimMatcher {
  /** Path into the payload: `['address', 'country']`. */
  readonly claim: readonly string[];
  readonly match: StringMatcher;
  readonly invert?: boolean;
}

/** Applied in this order: remove, then `apply` from first to last (Envoy's header parser). */
export interface HeaderMutations {
  /** Lower case. */
  readonly remove: readonly string[];
  readonly apply: readonly HeaderMutation[];
}

export interface HeaderMutation {
  /** As the user wrote it. */
  readonly name: string;
  /** May hold Envoy's `%…%` formatters. */
  readonly value: string;
  /** false: overwrite (`set`), true: append (`add`). */
  readonly append: boolean;
}

export type RouteAction = RedirectAction | DirectResponseAction | ForwardAction;

export interface RedirectAction {
  readonly kind: 'redirect';
  readonly status: 301 | 302 | 303 | 307 | 308;
  readonly scheme?: string;
  readonly authority?: string;
  /** Absent: none is written, and the request's own port stays as the scheme allows. */
  readonly port?: number;
  readonly path?:
    | { readonly full: string }
    /** Replaces what the route's prefix matched. */
    | { readonly prefix: string }
    | { readonly regex: string; readonly substitution: string };
}

export interface DirectResponseAction {
  readonly kind: 'direct-response';
  readonly status: number;
  readonly body?: string;
  /** For bodies that are not UTF-8 text; excludes `body`. */
  readonly bodyBase64?: string;
}

export interface ForwardAction {
  readonly kind: 'forward';
  /** At least one. Shares are weight / sum of weights; a single destination takes everything. */
  readonly destinations: readonly Destination[];
  readonly rewrite?: Rewrite;
  /** Upstream response timeout including retries; 0 = none. */
  readonly timeoutMs: number;
  readonly retries?: RetryPolicy;
  readonly fault?: FaultConfig;
  readonly mirrors?: readonly Mirror[];
}

export interface Destination {
  readonly weight: number;
  /** Key into the clusters: `outbound|80|v3|frontend.default.svc.cluster.local`; absent with `status`. */
  readonly cluster?: string;
  /** This share is answered locally instead (Gateway API: invalid backend, 500). */
  readonly status?: number;
  readonly requestHeaders?: HeaderMutations;
  readonly responseHeaders?: HeaderMutations;
  /** Host rewrite of this destination. */
  readonly authority?: string;
  readonly origin: ConfigOrigin;
}

export interface Rewrite {
  readonly authority?: string;
  readonly path?:
    | { readonly full: string }
    /** Literal replacement of the matched prefix; for a segment prefix, Gateway API's slash rules apply. */
    | { readonly prefix: string }
    | { readonly regex: string; readonly substitution: string };
}

export interface RetryPolicy {
  /** Retries after the first attempt; 0 = none. */
  readonly attempts: number;
  readonly perTryTimeoutMs?: number;
  /** Envoy's names: `connect-failure`, `5xx`, `retriable-status-codes` … */
  readonly retryOn: readonly string[];
  readonly statusCodes: readonly number[];
  readonly backoffMs?: number;
}

/** Fractions are parts per million, truncated as Envoy does. */
export interface FaultConfig {
  readonly delay?: { readonly fixedMs: number; readonly partsPerMillion: number };
  readonly abort?: {
    /** For a gRPC status: what it maps to. */ readonly status: number;
    readonly grpcStatus?: number;
    readonly partsPerMillion: number;
  };
}

export interface Mirror {
  readonly cluster: string;
  readonly partsPerMillion: number;
  readonly origin: ConfigOrigin;
}

export interface CorsConfig {
  /** Values of Origin; `{ exact: '*' }` already compiled to `{ present: true }`. */
  readonly allowOrigins: readonly StringMatcher[];
  readonly allowMethods?: string;
  readonly allowHeaders?: string;
  readonly exposeHeaders?: string;
  /** Seconds, as a string ready for the header. */
  readonly maxAge?: string;
  readonly allowCredentials: boolean;
  /** unmatchedPreflights: true = forwarded to the upstream (Istio's default), false = answered 200 without headers. */
  readonly forwardUnmatchedPreflights: boolean;
}

/** An upstream cluster as far as the edge has to know it. */
export interface ClusterConfig {
  readonly name: string;
  /** Service host name (FQDN). */
  readonly host: string;
  readonly port: number;
  /** `missing`: no such service, port or subset → 503 NC; `empty`: no endpoint at all → 503 UH. */
  readonly state: 'ready' | 'missing' | 'empty';
  readonly upstream: UpstreamConfig;
  readonly origin?: ConfigOrigin;
  /** What the sidecars behind it enforce, for the three-valued judgement of step 10. */
  readonly policy?: PolicyScope;
}

export type UpstreamConfig =
  /** Through the cluster gateway of one of these clusters. */
  | { readonly kind: 'link'; readonly clusters: readonly string[] }
  /** An external origin of a ServiceEntry; one base URL per endpoint, without path. */
  | { readonly kind: 'origin'; readonly urls: readonly string[] }
  /** A service binding of the worker. */
  | { readonly kind: 'binding'; readonly name: string };

// --- RequestAuthentication -------------------------------------------------------------------------------------

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

// --- AuthorizationPolicy ---------------------------------------------------------------------------------------

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
