import { createHash } from 'node:crypto';
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
import { CLUSTER, encoded, isSameOrigin, LISTENER, type ProxyResources, type XdsResource } from '../resource.ts';
import { WeakValues } from '../weak-values.ts';
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
export function withTelemetry({ shared, own }: ProxyResources, telemetry: ProxyTelemetry): ProxyResources {
  const { client, server, workload } = telemetry;
  if (isSilent(client) && isSilent(server)) return { shared, own };
  const clusters = clustersIn(shared);
  const hasCluster = (name: string): boolean =>
    clusters.has(name) || own.some((resource) => resource.typeUrl === CLUSTER && resource.name === name);
  const key = keyOf(telemetry, hasCluster);
  const listener = (resource: XdsResource): XdsResource => {
    const known = living.get(`${key} ${resource.version} ${resource.name}`);
    if (known !== undefined && isSameOrigin(known.origin, resource.origin)) return known;
    const message = fromBinary(ListenerSchema, resource.bytes);
    const isInbound = message.trafficDirection === TrafficDirection.INBOUND;
    const scope = isInbound ? server : client;
    if (!isSilent(scope)) {
      addTo(message, { scope, workload, reporter: isInbound ? 'destination' : 'source', hasCluster });
    }
    const telling = encoded(ListenerSchema, resource.name, message, resource.origin);
    living.set(`${key} ${resource.version} ${resource.name}`, telling);
    return telling;
  };
  const isListener = ({ typeUrl }: XdsResource): boolean => typeUrl === LISTENER;
  return {
    shared,
    own: [
      ...shared.filter(isListener).map(listener),
      ...own.map((resource) => (isListener(resource) ? listener(resource) : resource)),
    ],
  };
}

/** Listeners that log, by what they were without it: of one workload there are many proxies. */
const living = new WeakValues<XdsResource>();

/** All that the outcome depends on besides the listener. */
function keyOf({ workload, client, server }: ProxyTelemetry, hasCluster: (name: string) => boolean): string {
  const text = JSON.stringify([workload, client, server]);
  const backends = [...client.accessLogs, ...server.accessLogs].map(({ sink }) => sink);
  const receivers = [...backends, client.tracing?.provider, server.tracing?.provider].map((receiver) =>
    receiver !== undefined && 'backend' in receiver ? hasCluster(receiver.backend.cluster) : undefined,
  );
  return createHash('sha256').update(text).update(JSON.stringify(receivers)).digest('base64url').slice(0, 22);
}

const clusterNames = new WeakMap<readonly XdsResource[], ReadonlySet<string>>();

function clustersIn(shared: readonly XdsResource[]): ReadonlySet<string> {
  let names = clusterNames.get(shared);
  if (names === undefined) {
    names = new Set(shared.filter(({ typeUrl }) => typeUrl === CLUSTER).map(({ name }) => name));
    clusterNames.set(shared, names);
  }
  return names;
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
