import type {
  AccessLogConfig,
  AccessLogFormat,
  AccessLogSink,
  JsonFormat,
  TelemetryBackend,
  TracingProvider,
} from '../../engine/telemetry/config.ts';
import type { ExtensionProvider, MeshConfig } from '../../resources/mesh-config.ts';
import { clusterName } from '../destinations.ts';
import { resolveHost } from '../host-names.ts';
import type { MeshSettings } from '../model.ts';
import { ISTIO_JSON_FORMAT, ISTIO_TEXT_FORMAT } from './log-formats.ts';

/** Istio's own provider of access logs, which is there without being defined. */
export const BUILT_IN_LOG = 'envoy';
export const BUILT_IN_METRICS = 'prometheus';

type LogOfProvider = Pick<AccessLogConfig, 'sink' | 'format' | 'omitEmptyValues'>;

/** Undefined: there is no provider of access logs with this name. */
export function accessLogProvider(name: string, settings: MeshSettings): LogOfProvider | undefined {
  const provider = named(name, settings);
  const { meshConfig } = settings;
  if (provider === undefined) return name === BUILT_IN_LOG ? meshLog(meshConfig, '/dev/stdout') : undefined;
  const { envoyFileAccessLog: file, envoyOtelAls: otel, envoyHttpAls: http, envoyTcpAls: tcp } = provider;
  if (file !== undefined) {
    const sink: AccessLogSink = { kind: 'file', path: file.path || '/dev/stdout' };
    const omit = file.omitEmptyValues === true ? { omitEmptyValues: true as const } : {};
    const { logFormat } = file;
    if (logFormat === undefined && name === BUILT_IN_LOG) return { ...meshLog(meshConfig, sink.path), ...omit };
    return { sink, format: formatOf(logFormat), ...omit };
  }
  if (otel !== undefined) {
    const sink: AccessLogSink = { kind: 'otlp', backend: backendOf(otel, settings), logName: otel.logName ?? name };
    return { sink, format: formatOf(otel.logFormat) };
  }
  const als = http ?? tcp;
  if (als === undefined) return undefined;
  return {
    sink: {
      kind: 'grpc',
      protocol: http === undefined ? 'tcp' : 'http',
      backend: backendOf(als, settings),
      logName: als.logName || (http === undefined ? 'tcp_envoy_accesslog' : 'http_envoy_accesslog'),
      requestHeaders: http?.additionalRequestHeadersToLog ?? [],
      responseHeaders: http?.additionalResponseHeadersToLog ?? [],
      responseTrailers: http?.additionalResponseTrailersToLog ?? [],
      filterStateObjects: als.filterStateObjectsToLog ?? [],
    },
    format: { text: ISTIO_TEXT_FORMAT },
  };
}

/** meshConfig.accessLogFile, accessLogFormat and accessLogEncoding. */
export function meshLog(meshConfig: MeshConfig, fallbackPath: string): LogOfProvider {
  const { accessLogFile, accessLogFormat, accessLogEncoding } = meshConfig;
  const path = accessLogFile || fallbackPath;
  return { sink: { kind: 'file', path }, format: meshFormat(accessLogFormat, accessLogEncoding) };
}

function meshFormat(format: string, encoding: MeshConfig['accessLogEncoding']): AccessLogFormat {
  if (encoding === 'TEXT') return { text: format === '' ? ISTIO_TEXT_FORMAT : withNewline(format) };
  return { json: (format === '' ? undefined : jsonObject(format)) ?? ISTIO_JSON_FORMAT };
}

function formatOf(format: { text?: string | undefined; labels?: Record<string, unknown> | undefined } | undefined) {
  if (format?.labels !== undefined && Object.keys(format.labels).length > 0) return { json: asJson(format.labels) };
  if (format?.text !== undefined && format.text !== '') return { text: withNewline(format.text) };
  return format?.labels === undefined ? { text: ISTIO_TEXT_FORMAT } : { json: ISTIO_JSON_FORMAT };
}

/** Istio ends every line that the user has not ended. */
function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}

function jsonObject(text: string): Readonly<Record<string, JsonFormat>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? asJson(value) : undefined;
  } catch {
    return undefined;
  }
}

/** What has come out of YAML or JSON. */
function asJson(value: object): Readonly<Record<string, JsonFormat>> {
  return JSON.parse(JSON.stringify(value)) as Readonly<Record<string, JsonFormat>>;
}

/** Undefined: there is no provider of traces with this name, or none that an Envoy of today has. */
export function tracingProvider(name: string, settings: MeshSettings): TracingProvider | undefined {
  const provider = named(name, settings);
  if (provider?.zipkin !== undefined) {
    const { path, traceContextOption, headers, timeout } = provider.zipkin;
    return {
      name,
      protocol: 'zipkin',
      backend: backendOf(provider.zipkin, settings),
      path: path || '/api/v2/spans',
      usesW3c: traceContextOption === 'USE_B3_WITH_W3C_PROPAGATION',
      headers: headersOf(headers),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    };
  }
  if (provider?.opentelemetry === undefined) return undefined;
  const { http, grpc } = provider.opentelemetry;
  const timeoutMs = http?.timeout ?? grpc?.timeout;
  return {
    name,
    protocol: http === undefined ? 'otlp-grpc' : 'otlp-http',
    backend: backendOf(provider.opentelemetry, settings),
    path: http?.path || '/v1/traces',
    usesW3c: true,
    headers: headersOf(http?.headers ?? grpc?.initialMetadata),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

export function maxTagLengthOf(name: string, settings: MeshSettings): number | undefined {
  const provider = named(name, settings);
  return provider?.zipkin?.maxTagLength ?? provider?.opentelemetry?.maxTagLength;
}

/** meshConfig.defaultConfig.tracing.zipkin, of the days before providers. */
export function legacyZipkin(settings: MeshSettings): TracingProvider | undefined {
  const { defaultConfig } = settings.meshConfig;
  const address = defaultConfig.tracing?.zipkin?.address ?? defaultConfig.zipkinAddress;
  const [, host, port] = /^(.+):(\d+)$/.exec(address ?? '') ?? [];
  if (host === undefined) return undefined;
  const backend = backendOf({ service: host, port: Number(port) }, settings);
  return { name: 'zipkin', protocol: 'zipkin', backend, path: '/api/v2/spans', usesW3c: false, headers: [] };
}

function named(name: string, { meshConfig }: MeshSettings): ExtensionProvider | undefined {
  return meshConfig.extensionProviders.find((provider) => provider.name === name);
}

/** Values from the environment of a proxy are not known here: such headers are left out. */
function headersOf(
  headers:
    | readonly { readonly name: string; readonly value?: string | undefined; readonly envName?: string | undefined }[]
    | undefined,
): (readonly [string, string])[] {
  return (headers ?? []).flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
}

/** `[namespace/]host` and a port. */
function backendOf(
  { service, port }: { readonly service: string; readonly port: number },
  { rootNamespace, domainSuffix }: MeshSettings,
): TelemetryBackend {
  const slash = service.indexOf('/');
  const namespace = slash === -1 ? rootNamespace : service.slice(0, slash);
  const host = resolveHost(service.slice(slash + 1), namespace, domainSuffix);
  return { host, port, cluster: clusterName(port, '', host) };
}
