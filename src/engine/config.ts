import type { PolicyScope } from './policy-config.ts';
import type { TelemetryScope } from './telemetry/config.ts';
import type { DestinationLabels, WorkloadLabels } from './telemetry/workload-labels.ts';
import type { ConfigOrigin, StringMatcher } from './values.ts';

/**
 * The compiled configuration: what the snapshot carries and the engine decides by. Plain JSON values, every Istio
 * rule already resolved (names, order, defaults, precedence), every rule with its origin. `prepare*.ts` turns it
 * into indexed, ready-to-match objects; nothing here has behaviour.
 */

/** The part that belongs to no host. */
export interface GatewayConfig {
  readonly listeners: readonly ListenerConfig[];
  readonly settings: SettingsConfig;
  /** By the gateway workload that they are effective for: Istio's ingress gateway, or one of the Gateway API. */
  readonly policies: Readonly<Record<string, PolicyScope>>;
  /** By the same workloads. */
  readonly telemetry?: Readonly<Record<string, GatewayTelemetry>>;
}

export interface GatewayTelemetry {
  readonly scope: TelemetryScope;
  readonly workload: WorkloadLabels;
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
  /** Istio's own default, which every Envoy of the mesh knows. */
  readonly isDefault?: true;
}

/** Fractions are parts per million, truncated as Envoy does. */
export interface FaultConfig {
  readonly delay?: { readonly fixedMs: number; readonly partsPerMillion: number };
  readonly abort?: {
    /** With a gRPC status: 200. */
    readonly status: number;
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
  /** Who answers, for metrics. */
  readonly labels?: DestinationLabels;
  /** What its sidecars enforce, when every endpoint has one: the different scopes among them, and their port. */
  readonly enforced?: { readonly scopes: readonly PolicyScope[]; readonly port?: number };
}

export type UpstreamConfig =
  /** Through the cluster gateway of one of these clusters. */
  | { readonly kind: 'link'; readonly clusters: readonly string[] }
  /** An external origin of a ServiceEntry; one base URL per endpoint, without path. */
  | { readonly kind: 'origin'; readonly urls: readonly string[] }
  /** A service binding of the worker. */
  | { readonly kind: 'binding'; readonly name: string };
