import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import type { ProxyConfigs } from '../proxies/proxy-configs.ts';
import type { SyncerEvent } from '../syncer.ts';
import { ControlPlaneMetrics } from '../telemetry/prometheus/control-plane-metrics.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import { TelemetryServer } from '../telemetry/telemetry-server.ts';

export interface TelemetryAddress {
  readonly host: string;
  readonly port: number;
  /** Of edges; without one nobody may push. */
  readonly pushToken: string | undefined;
}

/** What foresaild knows of itself and of the edges, for Prometheus and the console. */
export interface DaemonTelemetry {
  readonly telemetry: Telemetry;
  readonly url: string;
  synced(event: SyncerEvent): void;
  stop(): Promise<void>;
}

/** An isolate that has not pushed for so long is gone. */
export const ISOLATE_SILENCE_MS = 5 * 60_000;

export async function startDaemonTelemetry(
  { host, port, pushToken }: TelemetryAddress,
  ca: MeshCa,
  proxies: ProxyConfigs,
): Promise<DaemonTelemetry> {
  const own: ControlPlaneMetrics = new ControlPlaneMetrics({
    edgeVersions: () => telemetry.reports.versions(Date.now() - ISOLATE_SILENCE_MS),
    proxies: () => proxies.statuses,
    certificates: async () =>
      [...ca.issuers.values()].map(({ id, certificate, chain }) => ({
        name: id,
        kind: chain.length === 1 ? 'root' : 'intermediate',
        notAfterMs: certificate.notAfterMs,
      })),
  });
  const telemetry = new Telemetry(own.registry);
  const server = new TelemetryServer({ telemetry, host, port, pushToken: pushToken ?? crypto.randomUUID() });
  const url = await server.start();
  return { telemetry, url, synced: (event) => own.synced(event), stop: () => server.stop() };
}
