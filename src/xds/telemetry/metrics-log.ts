import type { WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import { packed } from '../any.ts';
import { ApiVersion } from '../gen/envoy/config/core/v3/config_source_pb.ts';
import {
  HttpGrpcAccessLogConfigSchema,
  TcpGrpcAccessLogConfigSchema,
} from '../gen/envoy/extensions/access_loggers/grpc/v3/als_pb.ts';
import type { AccessLogInit } from './access-logs.ts';

/** The agent's own socket, which the bootstrap knows. */
const AGENT_CLUSTER = 'sds-grpc';

/** What the agent is told once a stream: who reports, and in which role. */
export function metricsLogName(reporter: 'source' | 'destination', labels: WorkloadLabels): string {
  return `istio-metrics ${reporter} ${JSON.stringify(labels)}`;
}

/**
 * Stock Envoy has none of Istio's metrics: it tells the agent of every request, and the agent counts. The endpoint that
 * was chosen says which workload it is (`istio.workload` in its metadata).
 */
export function metricsLog(
  reporter: 'source' | 'destination',
  labels: WorkloadLabels,
  protocol: 'http' | 'tcp',
): AccessLogInit {
  const commonConfig = {
    logName: metricsLogName(reporter, labels),
    transportApiVersion: ApiVersion.V3,
    grpcService: { targetSpecifier: { case: 'envoyGrpc' as const, value: { clusterName: AGENT_CLUSTER } } },
    customTags: [
      {
        tag: 'peer',
        type: {
          case: 'metadata' as const,
          value: {
            kind: { kind: { case: 'host' as const, value: {} } },
            metadataKey: { key: 'istio', path: [{ segment: { case: 'key' as const, value: 'workload' } }] },
          },
        },
      },
    ],
  };
  const value =
    protocol === 'tcp'
      ? packed(TcpGrpcAccessLogConfigSchema, { commonConfig })
      : packed(HttpGrpcAccessLogConfigSchema, {
          commonConfig,
          additionalRequestHeadersToLog: ['content-type'],
          additionalResponseHeadersToLog: ['grpc-status'],
          additionalResponseTrailersToLog: ['grpc-status'],
        });
  return { name: `envoy.access_loggers.${protocol}_grpc`, configType: { case: 'typedConfig', value } };
}
