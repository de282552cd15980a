import { ControlPlaneMetrics } from '../telemetry/prometheus/control-plane-metrics.ts';
import { Telemetry } from '../telemetry/telemetry.ts';
import { TelemetryServer } from '../telemetry/telemetry-server.ts';

/** Often enough to be watched. */
const INTERVAL_MS = 500;
/** Requests of one interval that are kept one by one. */
const RECENT_ENTRIES = 200;
/** An isolate that has not pushed for so long serves nobody. */
const ISOLATE_SILENCE_MS = 60_000;

/** What the edge of a session pushes, and where Prometheus may fetch it. */
export class SessionTelemetry {
  readonly telemetry: Telemetry;
  readonly own: ControlPlaneMetrics;
  readonly metricsUrl: string;
  /** Of the worker: where to push, and what to bring. */
  readonly vars: Readonly<Record<string, string>>;
  readonly #server: TelemetryServer;

  private constructor(
    own: ControlPlaneMetrics,
    telemetry: Telemetry,
    server: TelemetryServer,
    url: string,
    token: string,
  ) {
    this.own = own;
    this.telemetry = telemetry;
    this.#server = server;
    this.metricsUrl = `${url}/metrics`;
    this.vars = {
      OTLP_ENDPOINT: url,
      OTLP_HEADERS: `authorization=Bearer%20${token}`,
      TELEMETRY_INTERVAL_MS: String(INTERVAL_MS),
      TELEMETRY_RECENT: String(RECENT_ENTRIES),
      TRACE_PARENT: 'trust',
    };
  }

  static async start(): Promise<SessionTelemetry> {
    const token = crypto.randomUUID();
    const own: ControlPlaneMetrics = new ControlPlaneMetrics({
      edgeVersions: () => telemetry.reports.versions(Date.now() - ISOLATE_SILENCE_MS),
    });
    const telemetry = new Telemetry(own.registry);
    const server = new TelemetryServer({ telemetry, host: '127.0.0.1', port: 0, pushToken: token });
    return new SessionTelemetry(own, telemetry, server, await server.start(), token);
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }
}
