import type { ConfigOrigin } from '../../engine/values.ts';
import type { Change } from '../../snapshot/diff.ts';
import type { VersionInfo } from '../../snapshot/format.ts';
import type { Described } from '../explain/describe/described.ts';
import type { Explanation } from '../explain/node.ts';
import type { ChangeGroup } from '../simulate/diff/group-changes.ts';

/** What the console's HTTP API answers: JSON values, the same names on both sides. Times are milliseconds since the epoch. */

export interface StateView {
  /** `foresail up config/samples/guestbook`. */
  readonly source: string;
  /** Changes whenever the mesh was compiled again. */
  readonly revision: number;
  /** The version that edges are told to serve; 0: none yet. */
  readonly version: number;
  /** A rollback stands: what is served is not what the source says. */
  readonly isRolledBack: boolean;
  /** Whether changes are possible at all, and whether this caller has shown the token for them. */
  readonly access: 'read-only' | 'token-needed' | 'granted';
  readonly edgeUrl?: string;
  /** The last round of the syncer that failed; what was served before goes on. */
  readonly problem?: string;
}

export interface MeshView {
  readonly revision: number;
  readonly trustDomain: string;
  readonly services: readonly ServiceView[];
  readonly workloads: readonly WorkloadView[];
  readonly routes: readonly RouteView[];
  readonly policies: readonly PolicyView[];
  readonly certificates: readonly CertificateView[];
  readonly edges: readonly EdgeView[];
  readonly clusters: readonly ClusterView[];
  readonly proxies: readonly ProxyView[];
  readonly resources: readonly ResourceView[];
  readonly findings: readonly FindingView[];
}

/** `STRICT` and its kin are what the sidecars take; `none`: there are no sidecars. */
export type MutualTls = 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'none';

export interface ServiceView {
  /** Fully qualified; a ServiceEntry's may be a wildcard. */
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
  readonly source: 'kubernetes' | 'service-entry';
  readonly isExternal: boolean;
  readonly ports: readonly { readonly number: number; readonly name: string; readonly protocol: string }[];
  /** Ids of workloads. */
  readonly workloads: readonly string[];
  readonly mutualTls: MutualTls;
  readonly origin: ConfigOrigin;
}

export interface WorkloadView {
  /** `namespace/name` */
  readonly id: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly version: string;
  /** SPIFFE id. */
  readonly identity: string;
  readonly hasSidecar: boolean;
  readonly isReady: boolean;
  readonly mutualTls: MutualTls;
  readonly locality: string;
  readonly origin: ConfigOrigin;
}

/** One rule of the edge; a rule that stands under several hosts is told once. */
export interface RouteView {
  readonly id: string;
  readonly name: string;
  readonly hosts: readonly string[];
  readonly urls: readonly string[];
  /** Position among the rules of its host, from 0. */
  readonly position: number;
  /** Empty: everything. */
  readonly conditions: readonly string[];
  readonly action: string;
  readonly destinations: readonly DestinationView[];
  readonly origin: ConfigOrigin;
}

export interface DestinationView {
  /** Fully qualified. */
  readonly service: string;
  readonly subset: string;
  readonly port: number;
  /** In [0, 1]. */
  readonly share: number;
  readonly state: 'ready' | 'missing' | 'empty';
}

export interface PolicyView {
  readonly id: string;
  readonly kind: 'AuthorizationPolicy' | 'RequestAuthentication' | 'PeerAuthentication';
  readonly name: string;
  readonly namespace: string;
  /** `DENY`, `ALLOW`, `STRICT`, or the issuers. */
  readonly action: string;
  readonly rules: number;
  readonly place: 'edge' | 'sidecar' | 'both' | 'nowhere';
  readonly where: string;
  readonly origin: ConfigOrigin;
}

export interface CertificateView {
  readonly use: 'gateway' | 'mesh-ca' | 'workload';
  readonly name: string;
  readonly names: readonly string[];
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Why it cannot be read; its other fields are empty then. */
  readonly problem?: string;
  readonly origin?: ConfigOrigin;
}

export interface EdgeView {
  readonly name: string;
  readonly url?: string;
  readonly platform: string;
  readonly version: number;
}

export interface ClusterView {
  readonly name: string;
  readonly services: number;
  readonly workloads: number;
  readonly gateway?: string;
}

/** One Envoy that is connected to the control plane. */
export interface ProxyView {
  readonly id: string;
  readonly workload: string;
  readonly connectedAtMs: number;
  readonly state: 'synced' | 'pending' | 'rejected';
  readonly problem?: string;
}

export interface ResourceView {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly origin: ConfigOrigin;
}

export interface FindingView {
  readonly code: string;
  readonly name: string;
  readonly level: 'Error' | 'Warning' | 'Info';
  readonly message: string;
  readonly fix?: string;
  readonly origin: ConfigOrigin;
}

/** Who calls whom, over the last seconds. */
export interface TrafficView {
  readonly nowMs: number;
  readonly seconds: number;
  readonly total: FlowView;
  readonly flows: readonly PairView[];
  readonly refusals: readonly RefusalView[];
}

export interface FlowView {
  readonly requestsPerSecond: number;
  /** In [0, 1]: answers from 500 on, and requests without any. */
  readonly errorShare: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
  readonly outcomes: readonly { readonly code: number; readonly flags: string; readonly requests: number }[];
}

export interface PeerView {
  readonly kind: 'client' | 'edge' | 'gateway' | 'workload' | 'unknown';
  readonly name: string;
  readonly namespace: string;
  readonly version: string;
  readonly service: string;
}

export interface PairView extends FlowView {
  readonly reporter: 'edge' | 'source' | 'destination';
  readonly source: PeerView;
  readonly destination: PeerView;
  readonly security: 'mutual_tls' | 'none' | 'unknown';
}

export interface RefusalView {
  readonly code: number;
  readonly flags: string;
  readonly reason: string;
  /** `AuthorizationPolicy/default/deny-admin`; empty: no object decided. */
  readonly origin: string;
  readonly service: string;
  readonly requests: number;
}

/** Columns of equal length, ready for a chart. */
export interface SeriesView {
  readonly stepMs: number;
  readonly timesMs: readonly number[];
  readonly requestsPerSecond: readonly number[];
  readonly errorsPerSecond: readonly number[];
  readonly p50Ms: readonly (number | null)[];
  readonly p95Ms: readonly (number | null)[];
}

export interface RequestView {
  readonly timeMs: number;
  readonly requestId: string;
  readonly traceId?: string;
  readonly reporter: string;
  readonly instance: string;
  readonly method: string;
  /** Without query. */
  readonly url: string;
  readonly code: number;
  readonly flags: string;
  readonly details: string;
  readonly why?: string;
  readonly origin?: ConfigOrigin;
  readonly service: string;
  readonly durationMs: number;
  readonly region: string;
}

export interface VersionView extends VersionInfo {
  readonly isServed: boolean;
}

export interface CompareView {
  readonly before: number;
  readonly after: number;
  readonly changes: readonly Change[];
  /** What callers would notice, each with a request that shows it. */
  readonly groups: readonly ChangeGroup[];
  readonly tried: number;
}

export interface YamlView {
  readonly text: string;
  /** 1-based lines of the field that was asked for. */
  readonly highlight?: { readonly from: number; readonly to: number };
  readonly hidden: number;
  readonly origin: ConfigOrigin;
}

export interface ServiceDetail {
  readonly described: readonly Described[];
}

/** The form of the playground. */
export interface ExplainRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly from?: string;
  /** One of the kept versions; without it what is served. */
  readonly version?: number;
}

export interface ExplainView extends Explanation {
  /** The version that was asked. */
  readonly version: number;
}

export interface ProblemView {
  readonly error: string;
  readonly why?: string;
  readonly fix?: string;
}

/** Names of the events at `/api/events`. */
export type ConsoleEvent = 'state' | 'traffic';
