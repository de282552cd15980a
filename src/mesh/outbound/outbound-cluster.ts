import type { ConfigOrigin } from '../../engine/values.ts';
import type { Protocol } from '../registry.ts';

/**
 * One way to reach one port of a service: everything of Istio decided, nothing of Envoy in it. What a sidecar, an
 * egress gateway and the cluster gateway send to are values of this.
 */
export interface OutboundCluster {
  /** `outbound|<port>|<subset>|<host>` */
  readonly name: string;
  readonly service: { readonly host: string; readonly name: string; readonly namespace: string };
  readonly port: { readonly number: number; readonly protocol: Protocol };
  /** Empty: the whole service. */
  readonly subset: string;
  readonly discovery: Discovery;
  readonly endpoints: readonly EndpointGroup[];
  readonly tls: OutboundTls;
  readonly protocol: UpstreamProtocol;
  readonly loadBalancer: LoadBalancer;
  /** Shares of localities are fixed (`distribute`); else they follow from what is healthy. */
  readonly localityWeighted: boolean;
  readonly connectionPool: ConnectionPool;
  readonly outlierDetection?: OutlierDetection;
  readonly proxyProtocol?: 'V1' | 'V2';
  readonly retryBudget?: RetryBudget;
  /** The DestinationRule that shapes it, else the service. */
  readonly origin: ConfigOrigin;
}

export type Discovery =
  /** Endpoints are addresses, and change on their own. */
  | { readonly kind: 'endpoints' }
  /** Endpoints are names that the proxy looks up: all that they stand for, or (round robin) one at a time. */
  | { readonly kind: 'dns'; readonly oneAddress: boolean; readonly refreshMs: number }
  /** Wherever the connection was going, or where the Host header names. */
  | { readonly kind: 'original-destination' }
  /** The name that the request carries is looked up. */
  | { readonly kind: 'dynamic-dns' };

/** Endpoints of one locality that are tried together. */
export interface EndpointGroup {
  /** `region/zone/subzone` */
  readonly locality: string;
  /** 0 is tried first. */
  readonly priority: number;
  readonly weight: number;
  readonly endpoints: readonly OutboundEndpoint[];
}

export interface OutboundEndpoint {
  /** IP, host name, or `unix:///path`. */
  readonly address: string;
  readonly port: number;
  readonly weight: number;
  /** Whether mesh TLS is spoken to it where the cluster leaves that to its endpoints. */
  readonly meshTls: boolean;
  readonly workload: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** It is the gateway of another network, which leads on by the server name. */
  readonly isNetworkGateway?: true;
}

export type OutboundTls =
  | { readonly kind: 'none' }
  /** With the workload's own certificate. `byEndpoint`: in plaintext to endpoints without a sidecar (auto mTLS). */
  | {
      readonly kind: 'mesh';
      readonly byEndpoint: boolean;
      /** `outbound_.<port>_.<subset>_.<host>` */
      readonly sni: string;
      /** `spiffe://…`; empty: any identity of the trust domain. */
      readonly identities: readonly string[];
    }
  /** A DestinationRule's SIMPLE or MUTUAL. */
  | {
      readonly kind: 'origination';
      /** Undefined: the name that the request asks for. */
      readonly sni: string | undefined;
      readonly subjectAltNames: readonly string[];
      readonly trust:
        | { readonly kind: 'system' }
        | { readonly kind: 'file'; readonly path: string; readonly crl: string | undefined }
        | { readonly kind: 'secret'; readonly name: string }
        /** insecureSkipVerify, or verifyCertificateAtClient off. */
        | { readonly kind: 'none' };
      readonly certificate:
        | { readonly kind: 'files'; readonly certificate: string; readonly privateKey: string }
        | { readonly kind: 'secret'; readonly name: string }
        | undefined;
    };

export type UpstreamProtocol =
  | 'tcp'
  | 'http1'
  | 'http2'
  /** What the caller speaks: useClientProtocol, and ports whose protocol is only found out from the bytes. */
  | 'as-downstream';

export type LoadBalancer =
  | { readonly kind: 'round-robin'; readonly slowStart?: SlowStart }
  | { readonly kind: 'least-request'; readonly slowStart?: SlowStart }
  | { readonly kind: 'random' }
  /** The caller's own choice of address. */
  | { readonly kind: 'passthrough' }
  | {
      readonly kind: 'ring-hash';
      readonly minimumRingSize: number;
      readonly key: HashKey | undefined;
    }
  | { readonly kind: 'maglev'; readonly tableSize: number | undefined; readonly key: HashKey | undefined };

export interface SlowStart {
  readonly durationMs: number;
  readonly minimumPercent: number;
  readonly aggression: number;
}

export type HashKey =
  | { readonly kind: 'header'; readonly name: string }
  | {
      readonly kind: 'cookie';
      readonly name: string;
      readonly path: string;
      /** Undefined: the cookie is only read; 0: lives as long as the session. */
      readonly ttlMs: number | undefined;
      readonly attributes: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: 'source-ip' }
  | { readonly kind: 'query'; readonly name: string };

/** Undefined: no limit, or Envoy's own default for times. */
export interface ConnectionPool {
  readonly connectTimeoutMs: number;
  readonly maxConnections?: number;
  readonly maxPendingRequests?: number;
  readonly maxRequests?: number;
  readonly maxRetries?: number;
  readonly maxRequestsPerConnection?: number;
  readonly maxConcurrentStreams?: number;
  readonly maxConnectionDurationMs?: number;
  /** Of HTTP connections without requests. */
  readonly httpIdleTimeoutMs?: number;
  /** Of TCP connections without bytes. */
  readonly tcpIdleTimeoutMs?: number;
  readonly keepalive?: { readonly probes?: number; readonly timeS?: number; readonly intervalS?: number };
  readonly http2Keepalive?: { readonly intervalMs: number; readonly timeoutMs: number };
}

/** Undefined: Envoy's default. */
export interface OutlierDetection {
  readonly consecutive5xx: number | undefined;
  readonly consecutiveGatewayErrors: number | undefined;
  readonly splitExternalLocalOriginErrors: boolean;
  readonly consecutiveLocalOriginFailures: number | undefined;
  readonly intervalMs: number | undefined;
  readonly baseEjectionTimeMs: number | undefined;
  readonly maxEjectionPercent: number | undefined;
  readonly minHealthPercent: number;
  /** Codes that count as errors instead of all 5xx. */
  readonly errorCodes: readonly number[];
}

export interface RetryBudget {
  readonly percent: number;
  readonly minConcurrency: number;
}
