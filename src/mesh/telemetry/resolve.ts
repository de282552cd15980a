import type { TelemetryScope } from '../../engine/telemetry/config.ts';
import type { Finding } from '../../resources/finding.ts';
import { kinds } from '../../resources/kinds.ts';
import type { MeshSettings } from '../model.ts';
import type { PolicyTarget } from '../policy-selection.ts';
import type { ResourceSet } from '../resource-set.ts';
import { resolveAccessLogging } from './access-logging.ts';
import { telemetryLevels } from './levels.ts';
import { resolveMetrics } from './metrics.ts';
import type { TelemetryMode } from './mode.ts';
import { resolveTracing } from './tracing.ts';

export interface ResolvedTelemetry {
  readonly scope: TelemetryScope;
  readonly findings: readonly Finding[];
}

/** What a workload logs, traces and counts in one of its roles; a gateway is a CLIENT (ISTIO.md 1.11). */
export function resolveTelemetry(
  target: PolicyTarget,
  mode: TelemetryMode,
  { set, settings }: { readonly set: ResourceSet; readonly settings: MeshSettings },
): ResolvedTelemetry {
  const levels = telemetryLevels(set.of(kinds.telemetry), target, settings.rootNamespace);
  const findings: Finding[] = [];
  const accessLogs = resolveAccessLogging(levels, mode, settings, findings);
  const tracing = resolveTracing(levels, mode, settings, findings);
  const metrics = resolveMetrics(levels, mode, settings, findings);
  return {
    scope: {
      accessLogs,
      ...(tracing === undefined ? {} : { tracing }),
      ...(metrics === undefined ? {} : { metrics }),
    },
    findings,
  };
}
