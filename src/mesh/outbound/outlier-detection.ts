import type { OutlierDetection as DetectionSettings } from '../../resources/istio/traffic-policy.ts';
import type { OutlierDetection } from './outbound-cluster.ts';

export function resolveOutlierDetection(settings: DetectionSettings | undefined): OutlierDetection | undefined {
  if (settings === undefined) return undefined;
  return {
    consecutive5xx: settings.consecutive5xxErrors ?? settings.consecutiveErrors,
    consecutiveGatewayErrors: settings.consecutiveGatewayErrors,
    splitExternalLocalOriginErrors: settings.splitExternalLocalOriginErrors === true,
    consecutiveLocalOriginFailures: settings.consecutiveLocalOriginFailures,
    intervalMs: settings.interval,
    baseEjectionTimeMs: settings.baseEjectionTime,
    maxEjectionPercent: settings.maxEjectionPercent || undefined,
    minHealthPercent: Math.max(settings.minHealthPercent ?? 0, 0),
    errorCodes: settings.outlierDetectionHttpErrorCodes ?? [],
  };
}
