import * as z from 'zod';
import { duration, durationOrZero } from '../scalars/duration.ts';
import { int32, uint32 } from '../scalars/numbers.ts';
import { clientTlsSettings } from './client-tls.ts';
import { portSelector } from './destination.ts';
import { localityLbSetting } from './locality-lb.ts';

const tcpKeepalive = z.strictObject({
  probes: uint32.optional(),
  time: duration.optional(),
  interval: duration.optional(),
});

export const connectionPoolSettings = z.strictObject({
  tcp: z
    .strictObject({
      maxConnections: int32.optional(),
      connectTimeout: duration.optional(),
      tcpKeepalive: tcpKeepalive.optional(),
      maxConnectionDuration: duration.optional(),
      idleTimeout: duration.optional(),
    })
    .optional(),
  http: z
    .strictObject({
      http1MaxPendingRequests: int32.optional(),
      http2MaxRequests: int32.optional(),
      maxRequestsPerConnection: int32.optional(),
      maxRetries: int32.optional(),
      idleTimeout: duration.optional(),
      h2UpgradePolicy: z.enum(['DEFAULT', 'DO_NOT_UPGRADE', 'UPGRADE']).optional(),
      useClientProtocol: z.boolean().optional(),
      maxConcurrentStreams: int32.optional(),
      http2KeepAlive: z.strictObject({ interval: duration.optional(), timeout: duration.optional() }).optional(),
    })
    .optional(),
});

const consistentHash = z.strictObject({
  httpHeaderName: z.string().optional(),
  httpCookie: z
    .strictObject({
      name: z.string().optional(),
      path: z.string().optional(),
      /** 0 makes a session cookie. */
      ttl: durationOrZero.optional(),
      attributes: z.array(z.strictObject({ name: z.string(), value: z.string().optional() })).optional(),
    })
    .optional(),
  useSourceIp: z.boolean().optional(),
  httpQueryParameterName: z.string().optional(),
  ringHash: z.strictObject({ minimumRingSize: z.int().min(0).optional() }).optional(),
  maglev: z.strictObject({ tableSize: z.int().min(0).optional() }).optional(),
  minimumRingSize: z.int().min(0).optional(),
});

const loadBalancerSettings = z.strictObject({
  simple: z.enum(['UNSPECIFIED', 'LEAST_CONN', 'RANDOM', 'PASSTHROUGH', 'ROUND_ROBIN', 'LEAST_REQUEST']).optional(),
  consistentHash: consistentHash.optional(),
  localityLbSetting: localityLbSetting.optional(),
  zoneAwareLbSetting: z
    .strictObject({
      enabled: z.boolean().optional(),
      failover: z.array(z.strictObject({ from: z.string().optional(), to: z.string().optional() })).optional(),
      failoverPriority: z.array(z.string()).optional(),
      minClusterSize: uint32.optional(),
    })
    .optional(),
  warmupDurationSecs: duration.optional(),
  warmup: z
    .strictObject({
      duration: duration,
      minimumPercent: z.number().min(0).max(100).optional(),
      aggression: z.number().min(1).optional(),
    })
    .optional(),
});

const outlierDetection = z.strictObject({
  consecutiveErrors: int32.optional(),
  splitExternalLocalOriginErrors: z.boolean().optional(),
  consecutiveLocalOriginFailures: uint32.optional(),
  consecutiveGatewayErrors: uint32.optional(),
  consecutive5xxErrors: uint32.optional(),
  interval: duration.optional(),
  baseEjectionTime: duration.optional(),
  maxEjectionPercent: int32.optional(),
  minHealthPercent: int32.optional(),
  outlierDetectionHttpErrorCodes: z.array(uint32).optional(),
});

const portTrafficPolicy = z.strictObject({
  port: portSelector.optional(),
  loadBalancer: loadBalancerSettings.optional(),
  connectionPool: connectionPoolSettings.optional(),
  outlierDetection: outlierDetection.optional(),
  tls: clientTlsSettings.optional(),
});

export const trafficPolicy = z.strictObject({
  loadBalancer: loadBalancerSettings.optional(),
  connectionPool: connectionPoolSettings.optional(),
  outlierDetection: outlierDetection.optional(),
  tls: clientTlsSettings.optional(),
  portLevelSettings: z.array(portTrafficPolicy).optional(),
  tunnel: z.strictObject({ protocol: z.string().optional(), targetHost: z.string(), targetPort: uint32 }).optional(),
  proxyProtocol: z.strictObject({ version: z.enum(['V1', 'V2']).optional() }).optional(),
  retryBudget: z
    .strictObject({
      percent: z.number().min(0).max(100).optional(),
      minRetryConcurrency: uint32.optional(),
      budgetInterval: duration.optional(),
    })
    .optional(),
});

export type TrafficPolicy = z.output<typeof trafficPolicy>;
export type PortTrafficPolicy = z.output<typeof portTrafficPolicy>;
export type LoadBalancerSettings = z.output<typeof loadBalancerSettings>;
export type ConsistentHash = z.output<typeof consistentHash>;
export type ConnectionPoolSettings = z.output<typeof connectionPoolSettings>;
export type OutlierDetection = z.output<typeof outlierDetection>;
