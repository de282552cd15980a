import type { MetricsConfig } from '../../engine/telemetry/config.ts';
import { requestHeadersIn } from '../../engine/telemetry/metric-tags.ts';
import { PEER_STATE } from '../../engine/telemetry/peer-text.ts';
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

/** What the agent is told once a stream: who reports, in which role, and what Telemetry changes in the figures. */
export function metricsLogName(
  reporter: 'source' | 'destination',
  workload: WorkloadLabels,
  { overrides }: MetricsConfig,
): string {
  return `istio-metrics ${reporter} ${JSON.stringify({ workload, overrides })}`;
}

/**
 * Stock Envoy has none of Istio's metrics: it tells the agent of every request, and the agent counts. The endpoint that
 * was chosen says which workload it is (`istio.workload` in its metadata).
 */
export function metricsLog(
  reporter: 'source' | 'destination',
  labels: WorkloadLabels,
  metrics: MetricsConfig,
  protocol: 'http' | 'tcp',
): AccessLogInit {
  const commonConfig = {
    logName: metricsLogName(reporter, labels, metrics),
    transportApiVersion: ApiVersion.V3,
    grpcService: { targetSpecifier: { case: 'envoyGrpc' as const, value: { clusterName: AGENT_CLUSTER } } },
    filterStateObjectsToLog: [PEER_STATE],
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
          additionalRequestHeadersToLog: ['content-type', ...requestHeadersIn(metrics)],
          additionalResponseHeadersToLog: ['grpc-status'],
          additionalResponseTrailersToLog: ['grpc-status'],
        });
  return { name: `envoy.access_loggers.${protocol}_grpc`, configType: { case: 'typedConfig', value } };
}
