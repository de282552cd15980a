import type { SidecarEgressListener, SidecarSpec } from '../../resources/istio/sidecar-schema.ts';
import { kinds, type Sidecar } from '../../resources/kinds.ts';
import { isSubsetOf } from '../host-names.ts';
import type { Mesh } from '../model.ts';
import { sidecarOf } from '../sidecar-selection.ts';
import type { ProxyClient, UnknownTraffic } from './model.ts';

/** What a Sidecar lets a workload know of (ISTIO.md 1.7); without one, all that is exported to it. */
export interface SidecarScope {
  readonly sidecar: Sidecar | undefined;
  readonly egress: readonly EgressScope[];
  readonly unknown: UnknownTraffic['kind'];
  readonly egressProxy: NonNullable<SidecarSpec['outboundTrafficPolicy']>['egressProxy'];
}

export interface EgressScope {
  /** Undefined: whatever ports the services have. */
  readonly port: number | undefined;
  readonly protocol: string;
  /** Empty: not said. */
  readonly bind: string;
  readonly captureMode: 'DEFAULT' | 'IPTABLES' | 'NONE';
  /** Whether something of that name, from that namespace, is let in. */
  includes(host: string, namespace: string): boolean;
}

const EVERYTHING: EgressScope = {
  port: undefined,
  protocol: '',
  bind: '',
  captureMode: 'DEFAULT',
  includes: () => true,
};

/** `isGateway`: gateways know of everything, whatever Sidecars say. */
export function sidecarScope(mesh: Mesh, client: ProxyClient): SidecarScope {
  const { meshConfig, rootNamespace } = mesh.settings;
  const sidecar = sidecarOf(mesh.resources.of(kinds.sidecar), client, rootNamespace);
  const policy = sidecar?.spec.outboundTrafficPolicy;
  const mode = policy?.mode ?? (policy === undefined ? meshConfig.outboundTrafficPolicy.mode : 'REGISTRY_ONLY');
  const egress = sidecar?.spec.egress ?? [];
  return {
    sidecar,
    egress: egress.length === 0 ? [EVERYTHING] : egress.map((listener) => egressScope(listener, client.namespace)),
    unknown: mode === 'REGISTRY_ONLY' ? 'block' : policy?.egressProxy === undefined ? 'allow' : 'egress-proxy',
    egressProxy: policy?.egressProxy,
  };
}

function egressScope(
  { port, bind = '', captureMode = 'DEFAULT', hosts }: SidecarEgressListener,
  own: string,
): EgressScope {
  const patterns = hosts.map((entry) => hostPattern(entry, own));
  const listed = patterns.filter(({ excludes }) => !excludes);
  const excluded = patterns.filter(({ excludes }) => excludes);
  return {
    port: port?.number,
    protocol: port?.protocol ?? '',
    bind,
    captureMode,
    includes: (host, namespace) =>
      listed.some((pattern) => pattern.covers(host, namespace)) &&
      !excluded.some((pattern) => pattern.covers(host, namespace)),
  };
}

/** `ns/name`, `./name`, `*​/name`; `~/*` is nothing; `~ns/name` takes out again. */
function hostPattern(
  entry: string,
  own: string,
): { excludes: boolean; covers(host: string, namespace: string): boolean } {
  const slash = entry.indexOf('/');
  const written = entry.slice(0, slash);
  const name = entry.slice(slash + 1).toLowerCase();
  if (written === '~') return { excludes: false, covers: () => false };
  const excludes = written.startsWith('~');
  const of = excludes ? written.slice(1) : written;
  const wanted = of === '.' ? own : of;
  return {
    excludes,
    covers: (host, namespace) => (wanted === '*' || wanted === namespace) && isSubsetOf(host, name),
  };
}
