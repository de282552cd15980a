import type { ConnectionPoolSettings } from '../resources/istio/traffic-policy.ts';
import type { MeshConfig } from '../resources/mesh-config.ts';
import type { ConnectionPool } from './outbound/outbound-cluster.ts';

/** Limits as a DestinationRule or a Sidecar sets them, with the mesh's defaults; 0 means none. */
export function connectionPoolOf(
  settings: ConnectionPoolSettings | undefined,
  { connectTimeout, tcpKeepalive }: MeshConfig,
): ConnectionPool {
  const { tcp = {}, http = {} } = settings ?? {};
  const { probes, time, interval } = tcp.tcpKeepalive ?? tcpKeepalive ?? {};
  const hasKeepalive = tcp.tcpKeepalive !== undefined || tcpKeepalive !== undefined;
  const { interval: pingMs, timeout: pongMs } = http.http2KeepAlive ?? {};
  return {
    connectTimeoutMs: tcp.connectTimeout ?? connectTimeout,
    ...limit('maxConnections', tcp.maxConnections),
    ...limit('maxPendingRequests', http.http1MaxPendingRequests),
    ...limit('maxRequests', http.http2MaxRequests),
    ...limit('maxRetries', http.maxRetries),
    ...limit('maxRequestsPerConnection', http.maxRequestsPerConnection),
    ...limit('maxConcurrentStreams', http.maxConcurrentStreams),
    ...limit('maxConnectionDurationMs', tcp.maxConnectionDuration),
    ...limit('httpIdleTimeoutMs', http.idleTimeout),
    ...limit('tcpIdleTimeoutMs', tcp.idleTimeout),
    ...(hasKeepalive
      ? {
          keepalive: {
            ...limit('probes', probes),
            ...limit('timeS', seconds(time)),
            ...limit('intervalS', seconds(interval)),
          },
        }
      : {}),
    ...(pingMs === undefined || pongMs === undefined
      ? {}
      : { http2Keepalive: { intervalMs: pingMs, timeoutMs: pongMs } }),
  };
}

function limit<K extends string>(name: K, value: number | undefined): { [P in K]?: number } {
  return value === undefined || value <= 0 ? {} : ({ [name]: value } as { [P in K]?: number });
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.max(1, Math.ceil(ms / 1000));
}
