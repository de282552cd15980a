import type { MeshConfig } from '../../resources/mesh-config.ts';
import { DEFAULT_INJECTION, type InjectionSettings, type ProxySettings } from '../injection/settings.ts';
import { type Installation, withRevision } from './installation.ts';

/** What the injector of an installation does. foresaild reads it from the ConfigMap; `kube-inject` and gateways use it at once. */
export function injectorSettings(
  { namespace, revision, hub, tag, values, spec }: Installation,
  meshConfig: MeshConfig,
): InjectionSettings {
  const { global, pilot, cni, sidecarInjectorWebhook: webhook } = values;
  const { defaultConfig } = meshConfig;
  const clusterDomain = global.proxy.clusterDomain ?? DEFAULT_INJECTION.clusterDomain;
  const host = global.remotePilotAddress ?? `${withRevision('istiod', revision)}.${namespace}.svc`;
  return {
    revision,
    policy: {
      byDefault: true,
      neverInjectSelectors: webhook.neverInjectSelector,
      alwaysInjectSelectors: webhook.alwaysInjectSelector,
    },
    image: imageOf(global.proxy.image, hub, tag),
    ...(global.imagePullPolicy && { imagePullPolicy: global.imagePullPolicy }),
    imagePullSecrets: global.imagePullSecrets.map((name) => ({ name })),
    discoveryAddress: defaultConfig?.discoveryAddress ?? `${host}:15012`,
    clusterDomain,
    trustDomain: meshConfig.trustDomain,
    clusterId: global.multiCluster?.clusterName || DEFAULT_INJECTION.clusterId,
    meshId: global.meshID || defaultConfig?.meshId || meshConfig.trustDomain,
    network: global.network ?? '',
    isCaptureByCni: cni?.enabled ?? pilot.cni?.enabled ?? spec.components.cni.enabled,
    isNativeSidecar: true,
    isRewritingProbes: webhook.rewriteAppHTTPProbe,
    isMergingMetrics: meshConfig.enablePrometheusMerge,
    injectedAnnotations: webhook.injectedAnnotations,
    proxy: proxySettings(values, meshConfig),
  };
}

function proxySettings({ global }: Installation['values'], { defaultConfig }: MeshConfig): ProxySettings {
  const { proxy, proxy_init: init } = global;
  const defaults = DEFAULT_INJECTION.proxy;
  const { concurrency, terminationDrainDuration, holdApplicationUntilProxyStarts, proxyMetadata, statusPort } =
    defaultConfig ?? {};
  return {
    ...defaults,
    resources: { ...defaults.resources, ...resourcesOf(proxy.resources) },
    initResources: { ...defaults.initResources, ...resourcesOf(init?.resources) },
    logLevel: proxy.logLevel ?? defaults.logLevel,
    componentLogLevel: proxy.componentLogLevel ?? defaults.componentLogLevel,
    concurrency: concurrency ?? defaults.concurrency,
    statusPort: proxy.statusPort ?? statusPort ?? defaults.statusPort,
    readiness: {
      initialDelaySeconds: proxy.readinessInitialDelaySeconds ?? defaults.readiness.initialDelaySeconds,
      periodSeconds: proxy.readinessPeriodSeconds ?? defaults.readiness.periodSeconds,
      failureThreshold: proxy.readinessFailureThreshold ?? defaults.readiness.failureThreshold,
    },
    drainS: terminationDrainDuration === undefined ? defaults.drainS : terminationDrainDuration / 1000,
    isHoldingApplication: proxy.holdApplicationUntilProxyStarts ?? holdApplicationUntilProxyStarts ?? false,
    environment: proxyMetadata ?? {},
    ...(proxy.lifecycle !== undefined && { lifecycle: proxy.lifecycle }),
    includeOutboundRanges: proxy.includeIPRanges ?? defaults.includeOutboundRanges,
    excludeOutboundRanges: proxy.excludeIPRanges ?? defaults.excludeOutboundRanges,
    includeOutboundPorts: proxy.includeOutboundPorts ?? defaults.includeOutboundPorts,
    excludeOutboundPorts: proxy.excludeOutboundPorts ?? defaults.excludeOutboundPorts,
    includeInboundPorts: proxy.includeInboundPorts ?? defaults.includeInboundPorts,
    excludeInboundPorts: proxy.excludeInboundPorts ?? defaults.excludeInboundPorts,
  };
}

interface GivenResources {
  readonly requests?: Record<string, string> | undefined;
  readonly limits?: Record<string, string> | undefined;
}

function resourcesOf(given: GivenResources | undefined): {
  requests?: Record<string, string>;
  limits?: Record<string, string>;
} {
  const { requests, limits } = given ?? {};
  return { ...(requests !== undefined && { requests }), ...(limits !== undefined && { limits }) };
}

/** Istio's `proxyv2` in a file stands for the proxy image, whatever it is called. */
function imageOf(image: string | undefined, hub: string, tag: string): string {
  if (image?.includes('/')) return image;
  return `${hub}/${image === undefined || image === 'proxyv2' ? 'agent' : image}:${tag}`;
}
