import { create, fromBinary } from '@bufbuild/protobuf';
import { type Any, anyIs, anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import type { TelemetryScope } from '../../engine/telemetry/config.ts';
import type { WorkloadLabels } from '../../engine/telemetry/workload-labels.ts';
import { type AccessLog, AccessLogSchema } from '../gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { TrafficDirection } from '../gen/envoy/config/core/v3/base_pb.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import {
  HttpConnectionManager_TracingSchema,
  HttpConnectionManagerSchema,
  HttpFilterSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import {
  TcpProxy_TcpAccessLogOptionsSchema,
  TcpProxySchema,
} from '../gen/envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy_pb.ts';
import { CLUSTER, encoded, LISTENER, type XdsResource } from '../resource.ts';
import { accessLogs } from './access-logs.ts';
import { metricsLog } from './metrics-log.ts';
import { announcePeer } from './peer-exchange.ts';
import { tracing } from './tracing.ts';

/** What a proxy logs and traces in its two roles. */
export interface ProxyTelemetry {
  readonly workload: WorkloadLabels;
  readonly client: TelemetryScope;
  readonly server: TelemetryScope;
}

/** Lets every connection manager and TCP proxy of a proxy log and trace as Telemetry says, whoever has built it. */
export function withTelemetry(resources: readonly XdsResource[], telemetry: ProxyTelemetry): XdsResource[] {
  const { client, server } = telemetry;
  if (isSilent(client) && isSilent(server)) return [...resources];
  const clusters = new Set(resources.filter(({ typeUrl }) => typeUrl === CLUSTER).map(({ name }) => name));
  const hasCluster = (name: string): boolean => clusters.has(name);
  return resources.map((resource) => {
    if (resource.typeUrl !== LISTENER) return resource;
    const listener = fromBinary(ListenerSchema, resource.bytes);
    const isInbound = listener.trafficDirection === TrafficDirection.INBOUND;
    const scope = isInbound ? server : client;
    if (isSilent(scope)) return resource;
    addTo(listener, {
      scope,
      workload: telemetry.workload,
      reporter: isInbound ? 'destination' : 'source',
      hasCluster,
    });
    return encoded(ListenerSchema, resource.name, listener, resource.origin);
  });
}

function isSilent({ accessLogs, tracing, metrics }: TelemetryScope): boolean {
  return accessLogs.length === 0 && tracing?.provider === undefined && metrics === undefined;
}

interface Role {
  readonly scope: TelemetryScope;
  readonly workload: WorkloadLabels;
  readonly reporter: 'source' | 'destination';
  hasCluster(name: string): boolean;
}

function addTo(listener: Listener, role: Role): void {
  const { defaultFilterChain } = listener;
  const chains = [...listener.filterChains, ...(defaultFilterChain === undefined ? [] : [defaultFilterChain])];
  for (const { configType } of chains.flatMap(({ filters }) => filters)) {
    if (configType.case === 'typedConfig') configType.value = filterWith(configType.value, role);
  }
}

function filterWith(filter: Any, role: Role): Any {
  const { scope, workload, hasCluster } = role;
  if (anyIs(filter, HttpConnectionManagerSchema)) {
    const manager = anyUnpack(filter, HttpConnectionManagerSchema);
    if (manager === undefined) return filter;
    manager.accessLog.push(...logsOf(role, 'http'));
    if (role.reporter === 'source' && scope.metrics !== undefined) {
      const announce = create(HttpFilterSchema, announcePeer(workload));
      // Next to the router: nothing before it looks at the header, and no client's own gets past it.
      manager.httpFilters.splice(-1, 0, announce);
    }
    const traced = tracing(scope.tracing, workload, hasCluster);
    if (traced !== undefined) manager.tracing = create(HttpConnectionManager_TracingSchema, traced);
    return anyPack(HttpConnectionManagerSchema, manager);
  }
  if (!anyIs(filter, TcpProxySchema)) return filter;
  const proxy = anyUnpack(filter, TcpProxySchema);
  if (proxy === undefined) return filter;
  proxy.accessLog.push(...logsOf(role, 'tcp'));
  if (scope.metrics !== undefined) {
    proxy.accessLogOptions = create(TcpProxy_TcpAccessLogOptionsSchema, { flushAccessLogOnConnected: true });
  }
  return anyPack(TcpProxySchema, proxy);
}

function logsOf({ scope, workload, reporter, hasCluster }: Role, protocol: 'http' | 'tcp'): AccessLog[] {
  const logs = accessLogs(scope.accessLogs, protocol, hasCluster);
  if (scope.metrics !== undefined) logs.push(metricsLog(reporter, workload, scope.metrics, protocol));
  return logs.map((log) => create(AccessLogSchema, log));
}
