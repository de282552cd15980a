import type { Report } from '../report.ts';
import type { FieldPath } from '../resource.ts';
import { fqdnProblem } from '../scalars/hostname.ts';
import { isIpAddress } from '../scalars/ip.ts';
import { checkClientTls } from './client-tls.ts';
import { checkPort } from './destination.ts';
import { checkLocalityLb } from './locality-lb.ts';
import type {
  ConnectionPoolSettings,
  ConsistentHash,
  LoadBalancerSettings,
  OutlierDetection,
  PortTrafficPolicy,
  TrafficPolicy,
} from './traffic-policy.ts';

/** Istio's validateTrafficPolicy. */
export function checkTrafficPolicy(policy: TrafficPolicy, path: FieldPath, report: Report): void {
  if (Object.keys(policy).length === 0) report.error(path, 'traffic policy must have at least one field');
  const { portLevelSettings = [], tunnel, proxyProtocol } = policy;
  if (tunnel && proxyProtocol) report.error(path, 'tunnel and proxyProtocol must not be set together');
  checkCommon(policy, path, report);
  for (const [index, settings] of portLevelSettings.entries()) {
    const portPath = [...path, 'portLevelSettings', index];
    if (!settings.port) report.error(portPath, 'portTrafficPolicy must have valid port');
    else checkPort(settings.port.number ?? 0, [...portPath, 'port', 'number'], report);
    const { loadBalancer, connectionPool, outlierDetection, tls } = settings;
    if (!loadBalancer && !connectionPool && !outlierDetection && !tls) {
      report.error(portPath, 'port traffic policy must have at least one field');
    }
    checkCommon(settings, portPath, report);
  }
  if (tunnel) checkTunnel(tunnel, [...path, 'tunnel'], report);
}

function checkCommon(policy: TrafficPolicy | PortTrafficPolicy, path: FieldPath, report: Report): void {
  const { loadBalancer, connectionPool, outlierDetection, tls } = policy;
  if (outlierDetection) checkOutlierDetection(outlierDetection, [...path, 'outlierDetection'], report);
  if (connectionPool) checkConnectionPool(connectionPool, [...path, 'connectionPool'], report);
  if (loadBalancer) checkLoadBalancer(loadBalancer, outlierDetection !== undefined, [...path, 'loadBalancer'], report);
  if (tls) checkClientTls(tls, [...path, 'tls'], report);
}

function checkTunnel(tunnel: NonNullable<TrafficPolicy['tunnel']>, path: FieldPath, report: Report): void {
  const { protocol, targetHost, targetPort } = tunnel;
  if (protocol && protocol !== 'CONNECT' && protocol !== 'POST') {
    report.error([...path, 'protocol'], 'tunnel protocol must be "CONNECT" or "POST"');
  }
  if (!isIpAddress(targetHost) && fqdnProblem(targetHost) !== undefined) {
    report.error([...path, 'targetHost'], `tunnel target host must be valid FQDN or IP address: "${targetHost}"`);
  }
  checkPort(targetPort, [...path, 'targetPort'], report);
}

function checkOutlierDetection(outlier: OutlierDetection, path: FieldPath, report: Report): void {
  if (outlier.consecutiveErrors) {
    report.deprecated(
      [...path, 'consecutiveErrors'],
      'outlier detection consecutive errors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors instead',
    );
  }
  if (!outlier.splitExternalLocalOriginErrors && (outlier.consecutiveLocalOriginFailures ?? 0) > 0) {
    report.error(
      [...path, 'consecutiveLocalOriginFailures'],
      'outlier detection consecutive local origin failures is specified, but split external local origin errors is set to false',
    );
  }
  for (const field of ['maxEjectionPercent', 'minHealthPercent'] as const) {
    const value = outlier[field] ?? 0;
    if (value < 0 || value > 100) report.error([...path, field], `percentage ${value} is not in range 0..100`);
  }
}

export function checkConnectionPool({ tcp, http }: ConnectionPoolSettings, path: FieldPath, report: Report): void {
  if (!tcp && !http) report.error(path, 'connection pool must have at least one field');
  for (const field of [
    'http1MaxPendingRequests',
    'http2MaxRequests',
    'maxRequestsPerConnection',
    'maxRetries',
    'maxConcurrentStreams',
  ] as const) {
    if ((http?.[field] ?? 0) < 0) report.error([...path, 'http', field], `${field} must be non-negative`);
  }
  if ((tcp?.maxConnections ?? 0) < 0)
    report.error([...path, 'tcp', 'maxConnections'], 'maxConnections must be non-negative');
  if (http?.h2UpgradePolicy === 'UPGRADE' && http.useClientProtocol) {
    report.error(
      [...path, 'http', 'useClientProtocol'],
      'use client protocol must not be true when H2UpgradePolicy is UPGRADE',
    );
  }
}

function checkLoadBalancer(settings: LoadBalancerSettings, hasOutlier: boolean, path: FieldPath, report: Report): void {
  const { simple, consistentHash, localityLbSetting, zoneAwareLbSetting, warmupDurationSecs, warmup } = settings;
  if (simple !== undefined && consistentHash) report.error(path, 'only one of simple and consistentHash can be set');
  if (simple === 'LEAST_CONN')
    report.deprecated([...path, 'simple'], 'LEAST_CONN is deprecated, use LEAST_REQUEST instead');
  if (consistentHash) checkConsistentHash(consistentHash, [...path, 'consistentHash'], report);
  if (localityLbSetting && zoneAwareLbSetting) {
    report.error([...path, 'zoneAwareLbSetting'], 'only one of localityLbSetting and zoneAwareLbSetting can be set');
  }
  if (localityLbSetting) checkLocalityLb(localityLbSetting, hasOutlier, [...path, 'localityLbSetting'], report);
  if (warmupDurationSecs !== undefined) {
    report.deprecated([...path, 'warmupDurationSecs'], 'warmupDurationSecs is deprecated, use warmup instead');
    if (warmup) report.error([...path, 'warmup'], 'only one of warmup and warmupDurationSecs can be set');
  }
}

const MAX_MAGLEV_TABLE_SIZE = 5_000_011;

function checkConsistentHash(hash: ConsistentHash, path: FieldPath, report: Report): void {
  const keys = (['httpHeaderName', 'httpCookie', 'useSourceIp', 'httpQueryParameterName'] as const).filter(
    (key) => hash[key] !== undefined,
  );
  if (keys.length > 1) report.error(path, `only one of ${keys.join(', ')} can be set`);
  if (hash.httpCookie && !hash.httpCookie.name)
    report.error([...path, 'httpCookie', 'name'], 'name required for HttpCookie');
  if (hash.ringHash && hash.maglev) report.error([...path, 'maglev'], 'only one of ringHash and maglev can be set');
  if (hash.minimumRingSize) {
    report.deprecated(
      [...path, 'minimumRingSize'],
      "consistent hash MinimumRingSize is deprecated, use ConsistentHashLB's RingHash configuration instead",
    );
    if (hash.ringHash || hash.maglev) {
      report.error([...path, 'minimumRingSize'], 'only one of MinimumRingSize or Maglev/Ringhash can be specified');
    }
  }
  const size = hash.maglev && (hash.maglev.tableSize ?? 0);
  if (size === undefined) return;
  const sizePath = [...path, 'maglev', 'tableSize'];
  if (size === 0) report.error(sizePath, 'tableSize must be set for maglev');
  else if (size >= MAX_MAGLEV_TABLE_SIZE)
    report.error(sizePath, `tableSize must be less than ${MAX_MAGLEV_TABLE_SIZE} for maglev`);
  else if (!isPrime(size)) report.error(sizePath, 'tableSize must be a prime number for maglev');
}

function isPrime(value: number): boolean {
  if (value < 4) return value > 0;
  if (value % 2 === 0) return false;
  for (let factor = 3; factor * factor <= value; factor += 2) if (value % factor === 0) return false;
  return true;
}
