import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Agent, startAgent } from '../../../agent/agent.ts';
import { EnvoyAdmin } from '../../../agent/envoy/admin.ts';
import type { HeldCertificate } from '../../../agent/identity/held-certificate.ts';
import type { CountedRequest } from '../../../agent/telemetry/istio-metrics.ts';
import { type Log, NO_LOG } from '../../../ca/log.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import { freePort } from '../free-port.ts';

export type ProxiedWorkload = Pick<MeshWorkload, 'namespace' | 'serviceAccount' | 'name' | 'address'>;

export interface LocalProxyOptions {
  readonly type: 'sidecar' | 'router';
  readonly workload: ProxiedWorkload;
  readonly folder: string;
  readonly token: string;
  readonly rootsPem: string;
  readonly controlPlanePort: number;
  readonly envoyBinary: string;
  readonly log?: Log;
  readonly onRequest?: (request: CountedRequest) => void;
}

/** Istio's; each proxy has an address of its own for them. */
const STATUS_PORT = 15_020;
const READINESS_PORT = 15_021;
const PROMETHEUS_PORT = 15_090;

/** An Envoy with its agent, which runs in this process: one for each pod would take more memory than Envoy. */
export class LocalProxy {
  /** `<namespace>/<pod>` */
  readonly name: string;
  /** Undefined: the cluster gateway. */
  readonly workload: ProxiedWorkload | undefined;
  readonly #agent: Agent;
  readonly #admin: EnvoyAdmin;

  private constructor({ type, workload }: LocalProxyOptions, agent: Agent, admin: EnvoyAdmin) {
    this.name = `${workload.namespace}/${workload.name}`;
    this.workload = type === 'sidecar' ? workload : undefined;
    this.#agent = agent;
    this.#admin = admin;
    // An Envoy outlives its agent; these are not to outlive `up`, however it ends.
    process.on('exit', () => {
      if (agent.envoy.pid !== undefined) killQuietly(agent.envoy.pid);
    });
  }

  static async start(options: LocalProxyOptions): Promise<LocalProxy> {
    const { type, workload, folder, token, rootsPem, controlPlanePort, envoyBinary, log = NO_LOG, onRequest } = options;
    const { namespace, serviceAccount, name, address = '127.0.0.1' } = workload;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [tokenFile, rootsFile] = [join(folder, 'token'), join(folder, 'roots.pem')];
    writeFileSync(tokenFile, token, { mode: 0o600 });
    writeFileSync(rootsFile, rootsPem);
    const adminPort = await freePort();
    const agent = await startAgent(
      {
        type,
        pod: name,
        namespace,
        serviceAccount,
        ip: address,
        domain: 'cluster.local',
        cluster: `${name}.${namespace}`,
        metadata: { NAME: name, NAMESPACE: namespace, SERVICE_ACCOUNT: serviceAccount, INTERCEPTION_MODE: 'NONE' },
        caAddress: `localhost:${controlPlanePort}`,
        caRootsFile: rootsFile,
        tokenFile,
        certificateTtlS: 0,
        controlPlane: { host: '127.0.0.1', port: controlPlanePort, tlsServerName: 'localhost' },
        envoyBinary,
        concurrency: 1,
        logLevel: 'critical',
        ports: { admin: adminPort, status: STATUS_PORT, readiness: READINESS_PORT, prometheus: PROMETHEUS_PORT },
        bindAddress: address,
        folder,
        probes: '{}',
        probeHost: '127.0.0.1',
        drainMs: 300,
        minDrainMs: 0,
      },
      log,
      onRequest === undefined ? {} : { onRequest },
    );
    return new LocalProxy(options, agent, new EnvoyAdmin(adminPort));
  }

  /** Undefined: it has not got one yet. */
  get certificate(): HeldCertificate | undefined {
    return this.#agent.identity.certificate;
  }

  async isReady(): Promise<boolean> {
    return await this.#admin.isReady();
  }

  async stop(): Promise<void> {
    await this.#agent.stop();
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has gone already.
  }
}
