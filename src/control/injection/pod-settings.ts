import { applyAnnotations } from '../../agent/capture/annotations.ts';
import {
  type CaptureSettings,
  DEFAULT_CAPTURE,
  parseList,
  parseSelection,
  refuseCapture,
} from '../../agent/capture/capture-settings.ts';
import { meshProxyConfig } from '../../resources/mesh-config/proxy-config.ts';
import { asFields } from '../../resources/metadata.ts';
import { readDocument } from '../../resources/yaml/read-document.ts';
import { PROXY_CONFIG } from './names.ts';
import type { InjectionSettings, ProxySettings } from './settings.ts';

type Annotations = Readonly<Record<string, string>>;

/** The settings as one pod's annotations change them. */
export interface PodSettings {
  readonly proxy: ProxySettings;
  readonly capture: CaptureSettings | undefined;
  readonly image: string;
  readonly discoveryAddress: string;
  readonly meshId: string;
  readonly isNativeSidecar: boolean;
  readonly isRewritingProbes: boolean;
  readonly isMergingMetrics: boolean;
  /** What PROXY_CONFIG says: the pod's own configuration as it was given. */
  readonly proxyConfig: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
}

/** Where the agent answers for the hosts of the mesh. */
const DNS_PORT = 15_053;
const READINESS = 'readiness.status.sidecar.istio.io/';
const SIDECAR = 'sidecar.istio.io/';
/** Istio's annotations that our agent does not follow. */
const WITHOUT_EFFECT = [
  'bootstrapOverride',
  'statsInclusionPrefixes',
  'statsInclusionRegexps',
  'statsInclusionSuffixes',
  'statsCompression',
  'statsHistogramBuckets',
  'extraStatTags',
  'agentLogLevel',
  'statsEvictionInterval',
].map((name) => SIDECAR + name);

/** Text: why these annotations cannot be followed; such a pod is refused, as half a sidecar helps nobody. */
export function podSettings(settings: InjectionSettings, annotations: Annotations): PodSettings | string {
  const own = ownProxyConfig(annotations[PROXY_CONFIG]);
  const { config, raw }: OwnSettings = typeof own === 'string' ? { config: {}, raw: {} } : own;
  // Istio goes on without it, too: a slip in it must not keep pods from starting.
  const warnings: string[] = typeof own === 'string' ? [`${own}; it is passed over`] : [];
  const idle = WITHOUT_EFFECT.filter((name) => annotations[name] !== undefined);
  if (idle.length > 0) warnings.push(`without effect here: ${idle.join(', ')}`);
  const problems: string[] = [];
  const whole = (name: string, fallback: number): number => {
    const text = annotations[name];
    if (text === undefined) return fallback;
    if (/^\d{1,5}$/.test(text)) return Number(text);
    problems.push(`the annotation ${name} is no whole number: ${text}`);
    return fallback;
  };
  const bool = (name: string, fallback: boolean): boolean => {
    const text = annotations[name];
    return text === undefined ? fallback : text === 'true';
  };
  const { proxy } = settings;
  const { readiness } = proxy;
  const mode = annotations[`${SIDECAR}interceptionMode`] ?? config.interceptionMode ?? 'REDIRECT';
  if (!['REDIRECT', 'TPROXY', 'NONE'].includes(mode)) problems.push(`there is no interception mode ${mode}`);
  if (mode === 'TPROXY') warnings.push('interception mode TPROXY is not there: connections are taken by REDIRECT');
  const imageType = annotations[`${SIDECAR}proxyImageType`] ?? config.image?.imageType;
  if (imageType !== undefined) warnings.push(`there is one proxy image only: the type ${imageType} means nothing`);
  const environment = { ...proxy.environment, ...config.proxyMetadata };
  const capture = mode === 'NONE' ? undefined : captureOf({ ...proxy, environment }, annotations);
  const refusal = capture === undefined ? undefined : refuseCapture(capture);
  if (refusal !== undefined) problems.push(`the annotations of capture cannot be followed: ${refusal}`);
  const isHoldingApplication = config.holdApplicationUntilProxyStarts ?? proxy.isHoldingApplication;
  const result: PodSettings = {
    proxy: {
      ...proxy,
      ...resourcesOf(annotations),
      logLevel: annotations[`${SIDECAR}logLevel`] ?? proxy.logLevel,
      componentLogLevel: annotations[`${SIDECAR}componentLogLevel`] ?? proxy.componentLogLevel,
      concurrency: config.concurrency ?? proxy.concurrency,
      statusPort: whole('status.sidecar.istio.io/port', config.statusPort ?? proxy.statusPort),
      readiness: {
        initialDelaySeconds: whole(`${READINESS}initialDelaySeconds`, readiness.initialDelaySeconds),
        periodSeconds: whole(`${READINESS}periodSeconds`, readiness.periodSeconds),
        failureThreshold: whole(`${READINESS}failureThreshold`, readiness.failureThreshold),
      },
      drainS: config.terminationDrainDuration === undefined ? proxy.drainS : config.terminationDrainDuration / 1000,
      isHoldingApplication,
      environment,
    },
    capture,
    image: annotations[`${SIDECAR}proxyImage`] ?? settings.image,
    discoveryAddress: annotations[`${SIDECAR}discoveryAddress`] ?? config.discoveryAddress ?? settings.discoveryAddress,
    meshId: config.meshId ?? settings.meshId,
    isNativeSidecar: bool(`${SIDECAR}nativeSidecar`, settings.isNativeSidecar),
    isRewritingProbes: bool(`${SIDECAR}rewriteAppHTTPProbers`, settings.isRewritingProbes),
    isMergingMetrics: bool('prometheus.istio.io/merge-metrics', settings.isMergingMetrics),
    proxyConfig: raw,
    warnings,
  };
  return problems[0] ?? result;
}

function captureOf(proxy: ProxySettings, annotations: Annotations): CaptureSettings {
  const ofMesh: CaptureSettings = {
    ...DEFAULT_CAPTURE,
    includeOutboundRanges: parseSelection(proxy.includeOutboundRanges),
    excludeOutboundRanges: parseList(proxy.excludeOutboundRanges),
    includeOutboundPorts: parseList(proxy.includeOutboundPorts),
    excludeOutboundPorts: parseList(proxy.excludeOutboundPorts),
    includeInboundPorts: parseSelection(proxy.includeInboundPorts),
    excludeInboundPorts: [...DEFAULT_CAPTURE.excludeInboundPorts, ...parseList(proxy.excludeInboundPorts)],
    dnsPort: proxy.environment.ISTIO_META_DNS_CAPTURE === 'true' ? DNS_PORT : undefined,
  };
  return applyAnnotations(ofMesh, annotations);
}

/** Who names one quantity means all of them: a limit of the mesh below the pod's own request would be refused. */
function resourcesOf(annotations: Annotations): Partial<Pick<ProxySettings, 'resources'>> {
  const quantities = (cpu: string | undefined, memory: string | undefined) => ({
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
  });
  const requests = quantities(annotations[`${SIDECAR}proxyCPU`], annotations[`${SIDECAR}proxyMemory`]);
  const limits = quantities(annotations[`${SIDECAR}proxyCPULimit`], annotations[`${SIDECAR}proxyMemoryLimit`]);
  const [hasRequests, hasLimits] = [Object.keys(requests).length > 0, Object.keys(limits).length > 0];
  if (!hasRequests && !hasLimits) return {};
  return { resources: { ...(hasRequests && { requests }), ...(hasLimits && { limits }) } };
}

const OWN_CONFIG = meshProxyConfig.partial();
type OwnConfig = Partial<ReturnType<typeof meshProxyConfig.parse>>;

interface OwnSettings {
  readonly config: OwnConfig;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** Text: why it cannot be read. */
function ownProxyConfig(text: string | undefined): OwnSettings | string {
  if (text === undefined || text.trim() === '') return { config: {}, raw: {} };
  const document = readDocument(text, { start: 0, end: text.length });
  const raw = 'value' in document ? asFields(document.value) : undefined;
  if (raw === undefined) return `the annotation ${PROXY_CONFIG} is no YAML mapping`;
  const parsed = OWN_CONFIG.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return `the annotation ${PROXY_CONFIG} cannot be read: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`;
  }
  // Defaults of the mesh must not come back as if the pod had asked for them.
  const config: OwnConfig = Object.fromEntries(Object.entries(parsed.data).filter(([key]) => key in raw));
  return { config, raw };
}
