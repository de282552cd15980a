import type { TelemetryBackend, TelemetryScope } from '../../engine/telemetry/config.ts';

/** The receivers that a proxy sends to by itself: it needs clusters for them. */
export function telemetryBackends({ accessLogs, tracing }: TelemetryScope): TelemetryBackend[] {
  const ofLogs = accessLogs.flatMap(({ sink }) => (sink.kind === 'file' ? [] : [sink.backend]));
  return tracing?.provider === undefined ? ofLogs : [...ofLogs, tracing.provider.backend];
}
