import type { V1Container, V1LocalObjectReference, V1ResourceRequirements } from '@kubernetes/client-node';
import type { InjectionPolicy } from './decide.ts';
import { DEFAULT_REVISION } from './names.ts';

/** What every proxy of an installation has in common; pods' annotations change it for themselves. */
export interface InjectionSettings {
  readonly revision: string;
  readonly policy: InjectionPolicy;
  readonly image: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly imagePullSecrets: readonly V1LocalObjectReference[];
  /** The control plane's xDS and CA, host:port. */
  readonly discoveryAddress: string;
  readonly clusterDomain: string;
  readonly trustDomain: string;
  readonly clusterId: string;
  readonly meshId: string;
  readonly network: string;
  /** The rules of capture are made by a CNI plugin; pods only check that they are there. */
  readonly isCaptureByCni: boolean;
  readonly isNativeSidecar: boolean;
  readonly isRewritingProbes: boolean;
  readonly isMergingMetrics: boolean;
  readonly injectedAnnotations: Readonly<Record<string, string>>;
  readonly proxy: ProxySettings;
}

export interface ProxySettings {
  readonly resources: V1ResourceRequirements;
  readonly initResources: V1ResourceRequirements;
  readonly logLevel: string;
  readonly componentLogLevel: string;
  /** Threads of Envoy; undefined: as many as the CPU limit allows. */
  readonly concurrency: number | undefined;
  readonly statusPort: number;
  readonly readiness: {
    readonly initialDelaySeconds: number;
    readonly periodSeconds: number;
    readonly failureThreshold: number;
  };
  readonly drainS: number;
  readonly isHoldingApplication: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly lifecycle?: V1Container['lifecycle'];
  /** Lists as in annotations: `*`, or values with commas between them. */
  readonly includeOutboundRanges: string;
  readonly excludeOutboundRanges: string;
  readonly includeOutboundPorts: string;
  readonly excludeOutboundPorts: string;
  readonly includeInboundPorts: string;
  readonly excludeInboundPorts: string;
}

export const DEFAULT_IMAGE = 'foresail/agent:latest';

export const DEFAULT_INJECTION: InjectionSettings = {
  revision: DEFAULT_REVISION,
  policy: { byDefault: true, neverInjectSelectors: [], alwaysInjectSelectors: [] },
  image: DEFAULT_IMAGE,
  imagePullSecrets: [],
  discoveryAddress: 'istiod.istio-system.svc:15012',
  clusterDomain: 'cluster.local',
  trustDomain: 'cluster.local',
  clusterId: 'Kubernetes',
  meshId: 'cluster.local',
  network: '',
  isCaptureByCni: false,
  isNativeSidecar: true,
  isRewritingProbes: true,
  isMergingMetrics: true,
  injectedAnnotations: {},
  proxy: {
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } },
    initResources: { requests: { cpu: '10m', memory: '40Mi' }, limits: { cpu: '2000m', memory: '1024Mi' } },
    logLevel: 'warning',
    componentLogLevel: 'misc:error',
    concurrency: undefined,
    statusPort: 15_020,
    readiness: { initialDelaySeconds: 0, periodSeconds: 15, failureThreshold: 4 },
    drainS: 5,
    isHoldingApplication: false,
    environment: {},
    includeOutboundRanges: '*',
    excludeOutboundRanges: '',
    includeOutboundPorts: '',
    excludeOutboundPorts: '',
    includeInboundPorts: '*',
    excludeInboundPorts: '',
  },
};
