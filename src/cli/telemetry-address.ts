import type { TelemetryAddress } from '../control/daemon/daemon-telemetry.ts';

export function telemetryAddress(host: string, port: number | undefined): TelemetryAddress | undefined {
  return port === undefined ? undefined : { host, port, pushToken: process.env.FORESAIL_TELEMETRY_TOKEN };
}
