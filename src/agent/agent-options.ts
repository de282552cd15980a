import type { AgentPorts } from './envoy/agent-ports.ts';
import type { ControlPlaneAddress } from './envoy/bootstrap.ts';
import type { ProxyType } from './envoy/node-id.ts';
import type { AppMetrics } from './status/merged-metrics.ts';

/** All that an agent is told. Plain JSON without secrets: it passes from the command line into the agent's process. */
export interface AgentOptions {
  readonly type: ProxyType;
  readonly pod: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly ip: string;
  readonly domain: string;
  /** Undefined: whichever the CA is of. */
  readonly trustDomain?: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;

  readonly caAddress: string;
  /** Undefined: plaintext. */
  readonly caRootsFile?: string;
  readonly caServerName?: string;
  readonly tokenFile: string;
  readonly certificateTtlS: number;

  readonly controlPlane?: ControlPlaneAddress;
  readonly envoyBinary: string;
  readonly concurrency: number;
  readonly logLevel: string;
  /** As Envoy's flag has it: `misc:error,http:debug`. */
  readonly componentLogLevel?: string;
  readonly ports: AgentPorts;
  readonly bindAddress: string;
  readonly folder: string;
  /** JSON with `listeners` and `clusters` that Envoy gets beside those of the control plane. */
  readonly extraFile?: string;

  /** Answers DNS where the capture rules lead it; undefined: does not. */
  readonly dns?: { readonly port: number; readonly resolvConf?: string };

  readonly probes: string;
  readonly probeHost: string;
  readonly appMetrics?: AppMetrics;
  readonly drainMs: number;
  readonly minDrainMs: number;
  readonly firstRestartMs?: number;
}
