import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../ca/log.ts';
import type { AgentOptions } from './agent-options.ts';
import { dnsProxy } from './dns/dns-proxy.ts';
import { EnvoyAdmin } from './envoy/admin.ts';
import { bootstrap } from './envoy/bootstrap.ts';
import { drain } from './envoy/drain.ts';
import { nodeIdOf } from './envoy/node-id.ts';
import { EnvoySupervisor } from './envoy/supervisor.ts';
import { CaClient } from './identity/ca-client.ts';
import { Identity } from './identity/identity.ts';
import { TrustFollower } from './identity/trust-follower.ts';
import { InUse } from './sds/in-use.ts';
import { SdsServer } from './sds/sds-server.ts';
import { agentMetrics } from './status/agent-metrics.ts';
import { writeMergedMetrics } from './status/merged-metrics.ts';
import { parseProbes } from './status/probe.ts';
import { StatusServer } from './status/status-server.ts';
import { addAccessLogService } from './telemetry/access-log-service.ts';
import { type CountedRequest, IstioMetrics } from './telemetry/istio-metrics.ts';

const CA_TIMEOUT_MS = 10_000;
/** The CA's bundle is better than the root of the first certificate, but nobody waits long for it. */
const FIRST_TRUST_WAIT_MS = 2_000;

export interface Agent {
  readonly identity: Identity;
  readonly envoy: EnvoySupervisor;
  /** Drains, then ends Envoy and everything else. */
  stop(): Promise<void>;
}

/** Called as things happen. */
export interface AgentListeners {
  /** Somebody on this machine asks for the end. */
  readonly onQuit?: () => void;
  readonly onRequest?: (request: CountedRequest) => void;
}

/** Starts everything beside one Envoy, and Envoy. */
export async function startAgent(
  options: AgentOptions,
  log: Log,
  { onQuit = () => {}, onRequest }: AgentListeners = {},
): Promise<Agent> {
  const { ports, folder } = options;
  const nodeId = nodeIdOf(options);
  const ca = new CaClient({
    address: options.caAddress,
    tokenFile: options.tokenFile,
    proxyId: nodeId,
    timeoutMs: CA_TIMEOUT_MS,
    ...(options.caRootsFile === undefined ? {} : { rootsFile: options.caRootsFile }),
    ...(options.caServerName === undefined ? {} : { serverName: options.caServerName }),
  });
  const { namespace, serviceAccount, trustDomain } = options;
  const expected = { namespace, serviceAccount, ...(trustDomain === undefined ? {} : { trustDomain }) };
  const identity = new Identity({ ca, expected, ttlS: options.certificateTtlS, log });
  const sds = new SdsServer(identity, log, () => follower.report());
  const istioMetrics = new IstioMetrics(onRequest);
  addAccessLogService(sds.server, istioMetrics);
  const inUse = new InUse(sds, identity);
  const follower = new TrustFollower({ ca, identity, proxyId: nodeId, inUse: () => inUse.look(), log });

  const sdsSocketPath = join(folder, 'sds.sock');
  const admin = new EnvoyAdmin(ports.admin);
  const envoy = new EnvoySupervisor({
    binary: options.envoyBinary,
    arguments: envoyArguments(options),
    bootstrap: bootstrap({
      nodeId,
      cluster: options.cluster,
      metadata: options.metadata,
      ports,
      bindAddress: options.bindAddress,
      sdsSocketPath,
      controlPlane: options.controlPlane,
      ...(options.extraFile === undefined ? {} : { extra: JSON.parse(readFileSync(options.extraFile, 'utf8')) }),
    }),
    folder,
    log,
    ...(options.firstRestartMs === undefined ? {} : { firstRestartMs: options.firstRestartMs }),
  });
  const status = new StatusServer({
    address: options.bindAddress,
    port: ports.status,
    probes: parseProbes(options.probes),
    probeHost: options.probeHost,
    refuseReadiness: async () => {
      if (identity.certificate === undefined) return 'there is no certificate yet';
      if (identity.certificate.notAfterMs <= Date.now()) return 'the certificate has expired';
      return (await admin.isReady()) ? undefined : 'Envoy is not ready';
    },
    writeMetrics: (response) =>
      writeMergedMetrics(response, {
        admin,
        app: options.appMetrics,
        ownText: () => istioMetrics.text() + agentMetrics({ identity, envoy }, Date.now()),
      }),
    onQuit,
  });

  const dns = dnsProxy(options, nodeId, log, () => ca.followNameTable(identity.trust?.rootsPem ?? ''));

  await sds.start(sdsSocketPath);
  await status.start();
  await dns?.start();
  await envoy.start();
  follower.start();
  Promise.race([follower.first, sleep(FIRST_TRUST_WAIT_MS, undefined, { ref: false })]).then(() => identity.start());
  return {
    identity,
    envoy,
    stop: async () => {
      if (envoy.pid !== undefined) await drain({ admin, maxMs: options.drainMs, minMs: options.minDrainMs, log });
      identity.stop();
      await Promise.all([envoy.stop(), follower.stop()]);
      sds.stop();
      status.stop();
      dns?.stop();
      ca.close();
    },
  };
}

function envoyArguments({ concurrency, logLevel, componentLogLevel, drainMs }: AgentOptions): string[] {
  return [
    ['--concurrency', String(concurrency)],
    ['--log-level', logLevel],
    componentLogLevel === undefined ? [] : ['--component-log-level', componentLogLevel],
    ['--drain-time-s', String(Math.max(1, Math.ceil(drainMs / 1000)))],
    // From the first moment each answer asks its client to leave, not with growing probability.
    ['--drain-strategy', 'immediate'],
    ['--file-flush-interval-msec', '1000'],
    // Many Envoys on one machine would share memory by the same number.
    ['--disable-hot-restart'],
  ].flat();
}
