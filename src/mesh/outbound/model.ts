import type { RouteConfig } from '../../engine/config.ts';
import type { ConfigOrigin } from '../../engine/values.ts';
import type { MeshSettings } from '../model.ts';
import type { Protocol } from '../registry.ts';
import type { OutboundCluster } from './outbound-cluster.ts';

/** Whose calls are decided on: a workload with a sidecar, or a gateway. */
export interface ProxyClient {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccount: string;
  readonly network: string;
  /** `region/zone/subzone`; empty: not known. */
  readonly locality: string;
  readonly address: string | undefined;
  /** How its calls come to the proxy. `NONE`: it calls the proxy itself, so that nobody knows where else it wanted to. */
  readonly interception?: 'REDIRECT' | 'TPROXY' | 'NONE';
  /** Whether its proxy answers DNS: hosts without an address are given one then. */
  readonly dnsCapture?: boolean;
}

/** What a workload may call, and how each call goes. */
export interface ResolvedOutbound {
  readonly settings: MeshSettings;
  /** What becomes of calls to nobody that is known. */
  readonly unknown: UnknownTraffic;
  readonly listeners: readonly OutboundListener[];
  /** Route tables by name. */
  readonly tables: ReadonlyMap<string, OutboundTable>;
  /** Each port of each service by itself, for proxies that are called on an address a port. */
  readonly servicePorts: readonly OutboundServicePort[];
  readonly clusters: ReadonlyMap<string, OutboundCluster>;
  readonly names: NameTable;
}

export type UnknownTraffic =
  | { readonly kind: 'allow' }
  | { readonly kind: 'block' }
  /** A Sidecar's egressProxy. */
  | { readonly kind: 'egress-proxy'; readonly cluster: string };

export interface OutboundListener {
  /** `0.0.0.0_80`, `10.96.0.7_6379` */
  readonly name: string;
  readonly bind: ListenerBind;
  /** True: it has a socket of its own; false: it takes what is handed over by the one that captures. */
  readonly bindsToPort: boolean;
  readonly chains: readonly OutboundChain[];
  /** Whether what no chain takes goes the way of unknown traffic; else it is closed. */
  readonly fallsThrough: boolean;
  readonly origin: ConfigOrigin;
}

export type ListenerBind =
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export type OutboundChain = HttpChain | TcpChain;

export interface HttpChain {
  readonly kind: 'http';
  readonly table: string;
  /** An undeclared port: what is HTTP has to be told to the server, which finds out for itself otherwise. */
  readonly announces: boolean;
  readonly statPrefix: string;
}

export interface TcpChain {
  readonly kind: 'tcp';
  /** TLS server names; empty: any connection. */
  readonly serverNames: readonly string[];
  /** CIDRs of destinations; empty: any. */
  readonly subnets: readonly string[];
  readonly destinations: readonly TcpDestination[];
  readonly statPrefix: string;
}

export interface TcpDestination {
  readonly cluster: string;
  readonly weight: number;
}

export interface OutboundServicePort {
  readonly host: string;
  readonly port: number;
  readonly protocol: Protocol;
  readonly chains: readonly OutboundChain[];
  readonly origin: ConfigOrigin;
}

export interface OutboundTable {
  readonly name: string;
  readonly virtualHosts: readonly OutboundVirtualHost[];
}

export interface OutboundVirtualHost {
  readonly name: string;
  readonly domains: readonly string[];
  /** In matching order; what none of them takes is answered 404. */
  readonly routes: readonly RouteConfig[];
  readonly origin: ConfigOrigin;
}

/** What the proxy's DNS answers, by host name. */
export type NameTable = ReadonlyMap<string, NameEntry>;

export interface NameEntry {
  readonly addresses: readonly string[];
  readonly registry: 'Kubernetes' | 'External';
  /** Of Kubernetes services: for names without their suffix. */
  readonly shortName?: string;
  readonly namespace?: string;
}
