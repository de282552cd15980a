import type { SettingsConfig } from '../../engine/config.ts';
import type { AuthorizationConfig, PolicyScope } from '../../engine/policy-config.ts';
import type { ConfigOrigin } from '../../engine/values.ts';
import type { ServerTlsSettings } from '../../resources/istio/server-tls.ts';
import type { ConnectionPool } from '../outbound/outbound-cluster.ts';
import type { Protocol } from '../registry.ts';
import type { MutualTlsMode } from './peer-authentication.ts';

/** What comes to a workload: its ports, what is asked of callers, and where the requests go from there. */
export interface ResolvedInbound {
  /** `<name>.<namespace>`, for people. */
  readonly workload: string;
  /** The pod's own IP address, where it is known. */
  readonly address: string | undefined;
  readonly ports: readonly InboundPort[];
  /** Ports that nothing names. */
  readonly passthrough: { readonly mode: MutualTlsMode; readonly ports: ReadonlyMap<number, MutualTlsMode> };
  /** The mesh's own first, then its aliases: of whom a certificate may be. */
  readonly trustDomains: readonly string[];
  readonly policies: PolicyScope;
  /** The same policies as far as they can be held where no HTTP is spoken. */
  readonly tcpPolicies: AuthorizationConfig;
  readonly settings: SettingsConfig;
  readonly listener: InboundListenerSettings;
  readonly origin: ConfigOrigin;
}

export interface InboundListenerSettings {
  /** Where captured connections arrive: 15006. */
  readonly port: number;
  /** How long to wait for the first bytes of a connection; 0: as long as it takes. */
  readonly detectionTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly minTlsVersion: 'TLSv1_2' | 'TLSv1_3';
  /** Whether what no Sidecar says otherwise goes to the address that the client asked for, or to loopback. */
  readonly forwardTo: 'original-address' | 'loopback';
}

export interface InboundPort {
  /** The port of the workload that callers connect to. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly mode: MutualTlsMode;
  /** Sidecar.ingress may bind an address of its own, apart from what is captured. */
  readonly bind: string | undefined;
  readonly endpoint: InboundEndpoint;
  /** TLS that a Sidecar.ingress listener ends itself, for clients outside of the mesh. */
  readonly tls: ServerTlsSettings | undefined;
  readonly connectionPool: ConnectionPool;
  /** `<service host>:<service port>` of the first service behind it; for names in traces. */
  readonly operation: string;
  readonly origin: ConfigOrigin;
}

export type InboundEndpoint =
  /** Where the caller wanted to go, as `InboundListenerSettings.forwardTo` says. */
  | { readonly kind: 'default' }
  | { readonly kind: 'loopback'; readonly address: '127.0.0.1' | '::1'; readonly port: number }
  | { readonly kind: 'own-address'; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };
