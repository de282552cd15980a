export type AttachesTo =
  | 'Any'
  | 'AuthorizationPolicy'
  | 'Gateway'
  | 'GatewayClass'
  | 'Ingress'
  | 'Namespace'
  | 'Pod'
  | 'Service'
  | 'ServiceEntry'
  | 'WorkloadEntry';

export interface KnownAnnotation {
  readonly resources: readonly AttachesTo[];
  readonly isDeprecated: boolean;
  readonly isAlpha: boolean;
}

/** Istio's annotations (istio.io/api/annotation) by what they attach to, all of them alpha unless named below. */
const NAMES: Readonly<Partial<Record<AttachesTo, readonly string[]>>> = {
  Any: ['galley.istio.io/analyze-suppress', 'gateway.istio.io/controller-version'],
  AuthorizationPolicy: ['istio.io/dry-run'],
  Gateway: [
    'ambient.istio.io/waypoint-inbound-binding',
    'gateway.istio.io/name-override',
    'gateway.istio.io/service-account',
    'gateway.istio.io/tls-terminate-mode',
    'networking.istio.io/service-type',
  ],
  GatewayClass: ['ambient.istio.io/waypoint-inbound-binding'],
  Ingress: ['kubernetes.io/ingress.class'],
  Namespace: ['topology.istio.io/controlPlaneClusters', 'ambient.istio.io/connect-strategy'],
  Pod: [
    'ambient.istio.io/bypass-inbound-capture',
    'ambient.istio.io/dns-capture',
    'ambient.istio.io/redirection',
    'inject.istio.io/templates',
    'istio.io/rev',
    'istio.io/reroute-virtual-interfaces',
    'prometheus.istio.io/merge-metrics',
    'proxy.istio.io/config',
    'proxy.istio.io/overrides',
    'readiness.status.sidecar.istio.io/applicationPorts',
    'readiness.status.sidecar.istio.io/failureThreshold',
    'readiness.status.sidecar.istio.io/initialDelaySeconds',
    'readiness.status.sidecar.istio.io/periodSeconds',
    'sidecar.istio.io/agentLogLevel',
    'sidecar.istio.io/bootstrapOverride',
    'sidecar.istio.io/componentLogLevel',
    'sidecar.istio.io/discoveryAddress',
    'sidecar.istio.io/enableCoreDump',
    'sidecar.istio.io/extraStatTags',
    'sidecar.istio.io/inject',
    'sidecar.istio.io/interceptionMode',
    'sidecar.istio.io/logLevel',
    'sidecar.istio.io/nativeSidecar',
    'sidecar.istio.io/proxyCPU',
    'sidecar.istio.io/proxyCPULimit',
    'sidecar.istio.io/proxyImage',
    'sidecar.istio.io/proxyImageType',
    'sidecar.istio.io/proxyMemory',
    'sidecar.istio.io/proxyMemoryLimit',
    'sidecar.istio.io/rewriteAppHTTPProbers',
    'sidecar.istio.io/statsCompression',
    'sidecar.istio.io/statsEvictionInterval',
    'sidecar.istio.io/statsHistogramBuckets',
    'sidecar.istio.io/statsInclusionPrefixes',
    'sidecar.istio.io/statsInclusionRegexps',
    'sidecar.istio.io/statsInclusionSuffixes',
    'sidecar.istio.io/status',
    'sidecar.istio.io/userVolume',
    'sidecar.istio.io/userVolumeMount',
    'status.sidecar.istio.io/port',
    'traffic.sidecar.istio.io/excludeInboundPorts',
    'traffic.sidecar.istio.io/excludeInterfaces',
    'traffic.sidecar.istio.io/excludeOutboundIPRanges',
    'traffic.sidecar.istio.io/excludeOutboundPorts',
    'traffic.sidecar.istio.io/includeInboundPorts',
    'traffic.sidecar.istio.io/includeOutboundIPRanges',
    'traffic.sidecar.istio.io/includeOutboundPorts',
    'traffic.sidecar.istio.io/kubevirtInterfaces',
  ],
  Service: [
    'alpha.istio.io/canonical-serviceaccounts',
    'alpha.istio.io/kubernetes-serviceaccounts',
    'networking.istio.io/address-type',
    'networking.istio.io/exportTo',
    'networking.istio.io/traffic-distribution',
    'traffic.istio.io/nodeSelector',
  ],
  ServiceEntry: ['networking.istio.io/traffic-distribution'],
  WorkloadEntry: [
    'istio.io/autoRegistrationGroup',
    'istio.io/connectedAt',
    'istio.io/disconnectedAt',
    'istio.io/workloadController',
  ],
};

const NOT_ALPHA: ReadonlySet<string> = new Set([
  'ambient.istio.io/redirection',
  'kubernetes.io/ingress.class',
  'proxy.istio.io/config',
  'sidecar.istio.io/inject',
  'traffic.istio.io/nodeSelector',
]);

const DEPRECATED: ReadonlySet<string> = new Set([
  'alpha.istio.io/canonical-serviceaccounts',
  'alpha.istio.io/kubernetes-serviceaccounts',
  'sidecar.istio.io/discoveryAddress',
  'sidecar.istio.io/extraStatTags',
  'sidecar.istio.io/inject',
  'sidecar.istio.io/statsInclusionPrefixes',
  'sidecar.istio.io/statsInclusionRegexps',
  'sidecar.istio.io/statsInclusionSuffixes',
]);

const known = new Map<string, KnownAnnotation>();
for (const [kind, names] of Object.entries(NAMES) as [AttachesTo, readonly string[]][]) {
  for (const name of names) {
    known.set(name, {
      resources: [...(known.get(name)?.resources ?? []), kind],
      isDeprecated: DEPRECATED.has(name),
      isAlpha: !NOT_ALPHA.has(name),
    });
  }
}

export const knownAnnotations: ReadonlyMap<string, KnownAnnotation> = known;

/** Set by Istio itself, or by a controller. */
export const ALWAYS_IGNORED: ReadonlySet<string> = new Set([
  'sidecar.istio.io/status',
  'gateway.istio.io/controller-version',
  'istio.io/rev',
]);

/** Istio documents this annotation of Kubernetes too. */
export function isIstioAnnotation(name: string): boolean {
  return name === 'kubernetes.io/ingress.class' || (name.split('/')[0] ?? '').endsWith('istio.io');
}
