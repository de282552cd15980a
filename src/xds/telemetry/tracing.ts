import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { CustomTag, TracingConfig, TracingProvider } from '../../engine/telemetry/config.ts';
import type { WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import { packed } from '../any.ts';
import { milliseconds } from '../durations.ts';
import { OpenTelemetryConfigSchema } from '../gen/envoy/config/trace/v3/opentelemetry_pb.ts';
import { ZipkinConfig_CollectorEndpointVersion, ZipkinConfigSchema } from '../gen/envoy/config/trace/v3/zipkin_pb.ts';
import type { HttpConnectionManager_TracingSchema } from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { CustomTagSchema } from '../gen/envoy/type/tracing/v3/custom_tag_pb.ts';

export type TracingInit = MessageInitShape<typeof HttpConnectionManager_TracingSchema>;

const DEFAULT_PATH_TAG_LENGTH = 256;
const OTLP_TIMEOUT_MS = 10_000;

/**
 * How a connection manager takes part in traces. Undefined: not at all. A provider that this Envoy has no cluster for
 * reports nothing: naming it would make Envoy refuse the listener.
 */
export function tracing(
  config: TracingConfig | undefined,
  workload: WorkloadLabels,
  hasCluster: (name: string) => boolean,
): TracingInit | undefined {
  const provider = config?.provider;
  if (config === undefined || provider === undefined || !hasCluster(provider.backend.cluster)) return undefined;
  return {
    clientSampling: { value: 100 },
    randomSampling: { value: config.samplingPercent },
    overallSampling: { value: 100 },
    maxPathTagLength: config.maxTagLength ?? DEFAULT_PATH_TAG_LENGTH,
    customTags: [...(config.istioTags ? istioTags(workload) : []), ...config.customTags.map(customTag)],
    provider: {
      name: provider.protocol === 'zipkin' ? 'envoy.tracers.zipkin' : 'envoy.tracers.opentelemetry',
      configType: { case: 'typedConfig', value: tracer(provider, workload) },
    },
  };
}

function tracer(provider: TracingProvider, workload: WorkloadLabels): Any {
  const { backend, protocol, path, headers, timeoutMs } = provider;
  if (protocol === 'zipkin') {
    return packed(ZipkinConfigSchema, {
      collectorCluster: backend.cluster,
      collectorEndpoint: path,
      collectorEndpointVersion: ZipkinConfig_CollectorEndpointVersion.HTTP_JSON,
      collectorHostname: backend.host,
      traceId128bit: true,
      sharedSpanContext: false,
    });
  }
  const serviceName = `${workload.canonicalService}.${workload.namespace}`;
  if (protocol === 'otlp-grpc') {
    return packed(OpenTelemetryConfigSchema, {
      serviceName,
      grpcService: {
        targetSpecifier: { case: 'envoyGrpc', value: { clusterName: backend.cluster, authority: backend.host } },
        initialMetadata: headers.map(([key, value]) => ({ key, value })),
        ...(timeoutMs === undefined ? {} : { timeout: milliseconds(timeoutMs) }),
      },
    });
  }
  return packed(OpenTelemetryConfigSchema, {
    serviceName,
    httpService: {
      httpUri: {
        uri: `http://${backend.host}:${backend.port}${path}`,
        httpUpstreamType: { case: 'cluster', value: backend.cluster },
        timeout: milliseconds(timeoutMs ?? OTLP_TIMEOUT_MS),
      },
      requestHeadersToAdd: headers.map(([key, value]) => ({ header: { key, value } })),
    },
  });
}

type TagInit = MessageInitShape<typeof CustomTagSchema>;

function istioTags({ canonicalService, canonicalRevision, namespace, cluster }: WorkloadLabels): TagInit[] {
  return Object.entries({
    'istio.canonical_service': canonicalService,
    'istio.canonical_revision': canonicalRevision,
    'istio.namespace': namespace,
    'istio.cluster_id': cluster,
  }).map(([tag, value]) => ({ tag, type: { case: 'literal', value: { value } } }));
}

function customTag(tag: CustomTag): TagInit {
  const { name } = tag;
  if ('literal' in tag) return { tag: name, type: { case: 'literal', value: { value: tag.literal } } };
  if ('header' in tag) {
    return { tag: name, type: { case: 'requestHeader', value: { name: tag.header, defaultValue: tag.fallback } } };
  }
  if ('environment' in tag) {
    return { tag: name, type: { case: 'environment', value: { name: tag.environment, defaultValue: tag.fallback } } };
  }
  // This version of the API has no tags made of formatters.
  return { tag: name, type: { case: 'literal', value: { value: tag.formatter } } };
}
