import type { DomainConfig, GatewayConfig } from '../../engine/config.ts';
import type { AuthorizationConfig } from '../../engine/policy-config.ts';
import type { ConfigOrigin } from '../../engine/values.ts';
import type { TcpDestination } from '../outbound/model.ts';
import type { OutboundCluster } from '../outbound/outbound-cluster.ts';

/** A gateway workload that is an Envoy of its own: what it serves, as whom, and where that goes. */
export interface GatewayProxy {
  /** The HTTP part, in the same words as the edge's. */
  readonly config: GatewayConfig;
  readonly domains: ReadonlyMap<string, DomainConfig>;
  /** How servers end TLS, by route table. One that is not here cannot: its certificate is missing. */
  readonly tls: ReadonlyMap<string, ServerTls>;
  /** What is not opened as HTTP: TCP, TLS by server name. */
  readonly streams: readonly StreamChain[];
  /** Policies of the gateway as far as they can be held there. */
  readonly tcpPolicies: AuthorizationConfig;
  readonly clusters: ReadonlyMap<string, OutboundCluster>;
  /** Certificates that servers use, from Secrets of the gateway's namespace. */
  readonly credentials: readonly Credential[];
  /** Port of the pod by port of its Service, where they differ. */
  readonly podPorts: ReadonlyMap<number, number>;
  readonly origin: ConfigOrigin;
}

/** PEM. Its values never leave towards anything but the proxy itself. */
export interface Credential {
  /** `kubernetes://name`, `kubernetes://name-cacert` */
  readonly name: string;
  readonly content:
    | { readonly kind: 'certificate'; readonly cert: string; readonly key: string }
    | { readonly kind: 'trust'; readonly roots: string; readonly crl: string | undefined };
  readonly origin: ConfigOrigin;
}

export interface ServerTls {
  readonly certificate:
    | { readonly kind: 'mesh' }
    | { readonly kind: 'credentials'; readonly names: readonly string[] }
    | { readonly kind: 'files'; readonly pairs: readonly { readonly cert: string; readonly key: string }[] };
  /** Undefined: clients are not asked for a certificate. */
  readonly client: ClientCheck | undefined;
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** Empty: Envoy's own. */
  readonly cipherSuites: readonly string[];
}

export type TlsVersion = 'TLSv1_0' | 'TLSv1_1' | 'TLSv1_2' | 'TLSv1_3';

export interface ClientCheck {
  readonly trust:
    | { readonly kind: 'mesh' }
    | { readonly kind: 'credential'; readonly name: string }
    | { readonly kind: 'file'; readonly path: string; readonly crl: string | undefined };
  readonly isRequired: boolean;
  readonly subjectAltNames: readonly string[];
  readonly spkiHashes: readonly string[];
  readonly certificateHashes: readonly string[];
}

export interface StreamChain {
  readonly port: number;
  /** Names of TLS; empty: any connection. */
  readonly serverNames: readonly string[];
  /** Undefined: bytes pass as they are. */
  readonly tls: ServerTls | undefined;
  /** CIDRs that the connection came to; empty: any. */
  readonly subnets: readonly string[];
  readonly destinations: readonly TcpDestination[];
  readonly statPrefix: string;
  readonly origin: ConfigOrigin;
}
