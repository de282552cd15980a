import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import type { AccessLogConfig, AccessLogFormat, JsonFormat } from '../../engine/telemetry/config.ts';
import { type Fields, packed } from '../any.ts';
import type { AccessLogFilterSchema, AccessLogSchema } from '../gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { SubstitutionFormatStringSchema } from '../gen/envoy/config/core/v3/substitution_format_string_pb.ts';
import { AccessLogType } from '../gen/envoy/data/accesslog/v3/accesslog_pb.ts';
import { FileAccessLogSchema } from '../gen/envoy/extensions/access_loggers/file/v3/file_pb.ts';
import { ExpressionFilterSchema } from '../gen/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.ts';
import {
  HttpGrpcAccessLogConfigSchema,
  TcpGrpcAccessLogConfigSchema,
} from '../gen/envoy/extensions/access_loggers/grpc/v3/als_pb.ts';

export type AccessLogInit = Fields<typeof AccessLogSchema>;

/**
 * Telemetry's access logs as a connection manager or a TCP proxy has them. `hasCluster`: a log whose receiver this
 * Envoy has no cluster for would make it refuse the whole listener, and is left out.
 */
export function accessLogs(
  configs: readonly AccessLogConfig[],
  protocol: 'http' | 'tcp',
  hasCluster: (name: string) => boolean,
): AccessLogInit[] {
  return configs.flatMap((config) => {
    const log = accessLog(config, protocol, hasCluster);
    return log === undefined ? [] : [{ ...log, ...filterOf(config, protocol) }];
  });
}

function accessLog(
  { sink, format, omitEmptyValues }: AccessLogConfig,
  protocol: 'http' | 'tcp',
  hasCluster: (name: string) => boolean,
): AccessLogInit | undefined {
  switch (sink.kind) {
    case 'file': {
      const value = packed(FileAccessLogSchema, {
        path: sink.path,
        accessLogFormat: { case: 'logFormat', value: logFormat(format, omitEmptyValues === true) },
      });
      return { name: 'envoy.access_loggers.file', configType: { case: 'typedConfig', value } };
    }
    case 'grpc': {
      if (sink.protocol !== protocol || !hasCluster(sink.backend.cluster)) return undefined;
      const commonConfig = {
        logName: sink.logName,
        transportApiVersion: ApiVersion.V3,
        grpcService: {
          targetSpecifier: { case: 'envoyGrpc' as const, value: { clusterName: sink.backend.cluster } },
        },
        filterStateObjectsToLog: [...sink.filterStateObjects],
      };
      const value =
        protocol === 'tcp'
          ? packed(TcpGrpcAccessLogConfigSchema, { commonConfig })
          : packed(HttpGrpcAccessLogConfigSchema, {
              commonConfig,
              additionalRequestHeadersToLog: [...sink.requestHeaders],
              additionalResponseHeadersToLog: [...sink.responseHeaders],
              additionalResponseTrailersToLog: [...sink.responseTrailers],
            });
      return { name: `envoy.access_loggers.${protocol}_grpc`, configType: { case: 'typedConfig', value } };
    }
    case 'otlp':
      // Its proto file is in no package: the edge sends these, sidecars cannot yet.
      return undefined;
  }
}

function logFormat(
  format: AccessLogFormat,
  omitEmptyValues: boolean,
): MessageInitShape<typeof SubstitutionFormatStringSchema> {
  const value =
    'text' in format
      ? {
          case: 'textFormatSource' as const,
          value: { specifier: { case: 'inlineString' as const, value: known(format.text) } },
        }
      : { case: 'jsonFormat' as const, value: knownIn(format.json) };
  return { format: value, omitEmptyValues };
}

/** The edge's own operators: Envoy would refuse a listener with them. */
const EDGE_ONLY = /%FORESAIL_[A-Z]+%/g;

function known(text: string): string {
  return text.replace(EDGE_ONLY, '-');
}

function knownIn(format: Readonly<Record<string, JsonFormat>>): JsonObject {
  return JSON.parse(JSON.stringify(format).replace(EDGE_ONLY, '-')) as JsonObject;
}

/** Envoy compiles the expression itself; that it can be compiled is known. */
function filterOf({ filter }: AccessLogConfig, protocol: 'http' | 'tcp'): Pick<AccessLogInit, 'filter'> {
  const filters = [
    ...(filter === undefined ? [] : [celFilter(filter.expression)]),
    ...(protocol === 'tcp' ? [WHEN_OVER] : []),
  ];
  const [first, ...others] = filters;
  if (first === undefined) return {};
  return { filter: others.length === 0 ? first : { filterSpecifier: { case: 'andFilter', value: { filters } } } };
}

type FilterInit = Fields<typeof AccessLogFilterSchema>;

/** Metrics have a connection told when it begins, too; in a log it is one line. */
const WHEN_OVER: FilterInit = {
  filterSpecifier: {
    case: 'logTypeFilter',
    value: { types: [AccessLogType.TcpUpstreamConnected], exclude: true },
  },
};

function celFilter(expression: string): FilterInit {
  const value = packed(ExpressionFilterSchema, { expression });
  return {
    filterSpecifier: {
      case: 'extensionFilter',
      value: { name: 'envoy.access_loggers.extension_filters.cel', configType: { case: 'typedConfig', value } },
    },
  };
}
