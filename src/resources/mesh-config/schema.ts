import * as z from 'zod';
import { clientTlsSettings } from '../istio/client-tls.ts';
import { localityLbSetting } from '../istio/locality-lb.ts';
import { duration, durationOrZero } from '../scalars/duration.ts';
import { int32, portNumber, uint32 } from '../scalars/numbers.ts';
import { labelSelector, labels } from '../scalars/selector.ts';
import { extensionProvider } from './extension-provider.ts';
import { meshProxyConfig } from './proxy-config.ts';

const strings = z.array(z.string()).optional();
const exportTo = z.array(z.string()).default(['*']);

const retryPolicy = z.strictObject({
  attempts: int32.optional(),
  perTryTimeout: duration.optional(),
  retryOn: z.string().optional(),
  retryRemoteLocalities: z.boolean().optional(),
  retryIgnorePreviousHosts: z.boolean().optional(),
  backoff: duration.optional(),
});

const tlsConfig = z.strictObject({
  minProtocolVersion: z.enum(['TLS_AUTO', 'TLSV1_2', 'TLSV1_3']).optional(),
  ecdhCurves: strings,
  cipherSuites: strings,
});

const caCertificate = z.strictObject({
  pem: z.string().optional(),
  spiffeBundleUrl: z.string().optional(),
  certSigners: strings,
  trustDomains: strings,
});

const serviceScope = z.strictObject({
  servicesSelector: labelSelector.optional(),
  namespacesSelector: labelSelector.optional(),
  namespaceSelector: labelSelector.optional(),
  scope: z.enum(['LOCAL', 'GLOBAL']).optional(),
});

/** MeshConfig of istio.mesh.v1alpha1, with Istio's defaults filled in. */
export const meshConfigSchema = z.strictObject({
  proxyListenPort: portNumber.default(15_001),
  proxyInboundListenPort: portNumber.default(15_006),
  proxyHttpPort: uint32.optional(),
  connectTimeout: duration.default(10_000),
  hboneIdleTimeout: duration.optional(),
  /** 0: wait for the first bytes of a connection as long as it takes. */
  protocolDetectionTimeout: durationOrZero.default(0),
  tcpKeepalive: z
    .strictObject({ probes: uint32.optional(), time: duration.optional(), interval: duration.optional() })
    .optional(),
  ingressClass: z.string().default('istio'),
  ingressService: z.string().default('istio-ingressgateway'),
  ingressSelector: z.string().default('ingressgateway'),
  ingressControllerMode: z.enum(['UNSPECIFIED', 'OFF', 'DEFAULT', 'STRICT']).default('STRICT'),
  enableTracing: z.boolean().default(false),
  /** Empty: no access log. */
  accessLogFile: z.string().default(''),
  accessLogFormat: z.string().default(''),
  accessLogEncoding: z.enum(['TEXT', 'JSON']).default('TEXT'),
  enableEnvoyAccessLogService: z.boolean().optional(),
  disableEnvoyListenerLog: z.boolean().optional(),
  defaultConfig: meshProxyConfig.prefault({}),
  outboundTrafficPolicy: z
    .strictObject({ mode: z.enum(['REGISTRY_ONLY', 'ALLOW_ANY']).default('ALLOW_ANY') })
    .prefault({}),
  inboundTrafficPolicy: z
    .strictObject({ mode: z.enum(['PASSTHROUGH', 'LOCALHOST']).default('PASSTHROUGH') })
    .prefault({}),
  configSources: z.array(z.record(z.string(), z.unknown())).optional(),
  enableAutoMtls: z.boolean().default(true),
  trustDomain: z.string().min(1).default('cluster.local'),
  trustDomainAliases: z.array(z.string()).default([]),
  caCertificates: z.array(caCertificate).default([]),
  defaultServiceExportTo: exportTo,
  defaultVirtualServiceExportTo: exportTo,
  defaultDestinationRuleExportTo: exportTo,
  rootNamespace: z.string().min(1).default('istio-system'),
  localityLbSetting: localityLbSetting.prefault({ enabled: true }),
  dnsRefreshRate: duration.default(60_000),
  h2UpgradePolicy: z.enum(['DO_NOT_UPGRADE', 'UPGRADE']).default('DO_NOT_UPGRADE'),
  inboundClusterStatName: z.string().optional(),
  outboundClusterStatName: z.string().optional(),
  certificates: z.array(z.strictObject({ secretName: z.string().optional(), dnsNames: strings })).optional(),
  enablePrometheusMerge: z.boolean().default(true),
  verifyCertificateAtClient: z.boolean().default(true),
  ca: z
    .strictObject({
      address: z.string().optional(),
      tlsSettings: clientTlsSettings.optional(),
      requestTimeout: duration.optional(),
      istiodSide: z.boolean().optional(),
    })
    .optional(),
  extensionProviders: z.array(extensionProvider).default([]),
  defaultProviders: z.strictObject({ tracing: strings, metrics: strings, accessLogging: strings }).prefault({}),
  discoverySelectors: z.array(labelSelector).default([]),
  pathNormalization: z
    .strictObject({
      normalization: z
        .enum(['DEFAULT', 'NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'])
        .default('DEFAULT'),
    })
    .prefault({}),
  defaultHttpRetryPolicy: retryPolicy.optional(),
  meshMTLS: tlsConfig.optional(),
  tlsDefaults: tlsConfig.optional(),
  serviceSettings: z
    .array(
      z.strictObject({
        settings: z.strictObject({ clusterLocal: z.boolean().optional() }).optional(),
        hosts: strings,
      }),
    )
    .default([]),
  serviceScopeConfigs: z.array(serviceScope).optional(),
});

export type MeshConfig = z.output<typeof meshConfigSchema>;

const network = z.strictObject({
  endpoints: z
    .array(z.strictObject({ fromCidr: z.string().optional(), fromRegistry: z.string().optional() }))
    .optional(),
  gateways: z
    .array(
      z.strictObject({
        registryServiceName: z.string().optional(),
        address: z.string().optional(),
        port: uint32.optional(),
        locality: z.string().optional(),
        labels: labels.optional(),
      }),
    )
    .optional(),
});

/** Key `meshNetworks` of the same ConfigMap. */
export const meshNetworksSchema = z.strictObject({ networks: z.record(z.string(), network).default({}) });

export type MeshNetworks = z.output<typeof meshNetworksSchema>;
