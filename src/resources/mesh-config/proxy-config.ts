import * as z from 'zod';
import { clientTlsSettings } from '../istio/client-tls.ts';
import { duration } from '../scalars/duration.ts';
import { portNumber, uint32 } from '../scalars/numbers.ts';

const strings = z.array(z.string()).optional();
const stringMap = z.record(z.string(), z.string()).optional();
const keepalive = z.strictObject({
  probes: uint32.optional(),
  time: duration.optional(),
  interval: duration.optional(),
});

const remoteService = z.strictObject({
  address: z.string().optional(),
  tlsSettings: clientTlsSettings.optional(),
  tcpKeepalive: keepalive.optional(),
});

const customTag = z.strictObject({
  literal: z.strictObject({ value: z.string().optional() }).optional(),
  environment: z.strictObject({ name: z.string().optional(), defaultValue: z.string().optional() }).optional(),
  header: z.strictObject({ name: z.string().optional(), defaultValue: z.string().optional() }).optional(),
});

const tracing = z.strictObject({
  zipkin: z.strictObject({ address: z.string().optional() }).optional(),
  lightstep: z.strictObject({ address: z.string().optional(), accessToken: z.string().optional() }).optional(),
  datadog: z.strictObject({ address: z.string().optional() }).optional(),
  stackdriver: z.record(z.string(), z.unknown()).optional(),
  openCensusAgent: z.strictObject({ address: z.string().optional(), context: strings }).optional(),
  customTags: z.record(z.string(), customTag).optional(),
  maxPathTagLength: uint32.optional(),
  /** Percent of requests. */
  sampling: z.number().min(0).max(100).optional(),
  tlsSettings: clientTlsSettings.optional(),
  enableIstioTags: z.boolean().optional(),
});

const forwardClientCertDetails = z.enum([
  'UNDEFINED',
  'SANITIZE',
  'FORWARD_ONLY',
  'APPEND_FORWARD',
  'SANITIZE_SET',
  'ALWAYS_FORWARD_ONLY',
]);

const switchable = z.strictObject({ disabled: z.boolean().optional() }).optional();

const proxyHeaders = z.strictObject({
  forwardedClientCert: forwardClientCertDetails.optional(),
  setCurrentClientCertDetails: z
    .strictObject({
      subject: z.boolean().optional(),
      cert: z.boolean().optional(),
      chain: z.boolean().optional(),
      dns: z.boolean().optional(),
      uri: z.boolean().optional(),
    })
    .optional(),
  requestId: switchable,
  server: z.strictObject({ disabled: z.boolean().optional(), value: z.string().optional() }).optional(),
  attemptCount: switchable,
  envoyDebugHeaders: switchable,
  metadataExchangeHeaders: z.strictObject({ mode: z.enum(['UNDEFINED', 'IN_MESH']).optional() }).optional(),
  preserveHttp1HeaderCase: z.boolean().optional(),
  xForwardedHost: z.strictObject({ enabled: z.boolean().optional() }).optional(),
  xForwardedPort: z.strictObject({ enabled: z.boolean().optional() }).optional(),
});

/** MeshConfig.defaultConfig: how every proxy runs that has no ProxyConfig or annotation of its own. */
export const meshProxyConfig = z.strictObject({
  configPath: z.string().optional(),
  binaryPath: z.string().optional(),
  serviceCluster: z.string().optional(),
  tracingServiceName: z
    .enum(['APP_LABEL_AND_NAMESPACE', 'CANONICAL_NAME_ONLY', 'CANONICAL_NAME_AND_NAMESPACE'])
    .optional(),
  drainDuration: duration.default(45_000),
  parentShutdownDuration: duration.optional(),
  discoveryAddress: z.string().optional(),
  discoveryRefreshDelay: duration.optional(),
  zipkinAddress: z.string().optional(),
  statsdUdpAddress: z.string().optional(),
  envoyMetricsServiceAddress: z.string().optional(),
  proxyAdminPort: portNumber.default(15_000),
  controlPlaneAuthPolicy: z.enum(['NONE', 'MUTUAL_TLS']).optional(),
  customConfigFile: z.string().optional(),
  statNameLength: z.int().optional(),
  /** 0 means a thread for every CPU. */
  concurrency: z.int().min(0).optional(),
  proxyBootstrapTemplatePath: z.string().optional(),
  interceptionMode: z.enum(['REDIRECT', 'TPROXY', 'NONE']).default('REDIRECT'),
  tracing: tracing.optional(),
  envoyAccessLogService: remoteService.optional(),
  envoyMetricsService: remoteService.optional(),
  proxyMetadata: stringMap,
  runtimeValues: stringMap,
  statusPort: portNumber.default(15_020),
  extraStatTags: strings,
  terminationDrainDuration: duration.default(5_000),
  meshId: z.string().optional(),
  readinessProbe: z.record(z.string(), z.unknown()).optional(),
  proxyStatsMatcher: z
    .strictObject({ inclusionPrefixes: strings, inclusionSuffixes: strings, inclusionRegexps: strings })
    .optional(),
  holdApplicationUntilProxyStarts: z.boolean().default(false),
  caCertificatesPem: strings,
  gatewayTopology: z
    .strictObject({
      numTrustedProxies: uint32.default(0),
      forwardClientCertDetails: forwardClientCertDetails.optional(),
      proxyProtocol: z.strictObject({}).optional(),
    })
    .prefault({}),
  image: z.strictObject({ imageType: z.string().optional() }).optional(),
  privateKeyProvider: z.record(z.string(), z.unknown()).optional(),
  proxyHeaders: proxyHeaders.optional(),
  fileFlushInterval: duration.optional(),
  fileFlushMinSizeKb: uint32.optional(),
  statsCompression: z.boolean().optional(),
});

export type MeshProxyConfig = z.output<typeof meshProxyConfig>;
