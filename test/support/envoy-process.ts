import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface EnvoyOptions {
  readonly binary: string;
  /** A port of loopback, or the path of a Unix socket. */
  readonly ads: number | string;
  readonly delta?: boolean;
  readonly nodeId?: string;
  readonly concurrency?: number;
  /** What runs it: `ip netns exec …`. */
  readonly prefix?: readonly string[];
}

/** A real Envoy that gets everything over ADS. */
export class EnvoyProcess {
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  static start({
    binary,
    ads,
    delta = true,
    nodeId = 'parity',
    concurrency = 1,
    prefix = [],
  }: EnvoyOptions): EnvoyProcess {
    const folder = mkdtempSync(join(tmpdir(), 'foresail-envoy-'));
    const config = join(folder, 'bootstrap.json');
    writeFileSync(config, JSON.stringify(bootstrap(nodeId, ads, delta)));
    const log = openSync(join(folder, 'log'), 'w');
    // It may run as somebody else.
    chmodSync(folder, 0o755);
    const [command = binary, ...before] = [...prefix, binary];
    const child = spawn(
      command,
      [
        ...before,
        '--config-path',
        config,
        '--concurrency',
        String(concurrency),
        '--disable-hot-restart',
        '--log-level',
        'warning',
        '--drain-time-s',
        '1',
        '--drain-strategy',
        'immediate',
      ],
      { stdio: ['ignore', log, log] },
    );
    return new EnvoyProcess(child, folder);
  }

  get log(): string {
    return readFileSync(join(this.#folder, 'log'), 'utf8');
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  async stop(): Promise<void> {
    if (this.isRunning) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function bootstrap(id: string, ads: number | string, delta: boolean): unknown {
  const address =
    typeof ads === 'string' ? { pipe: { path: ads } } : { socket_address: { address: '127.0.0.1', port_value: ads } };
  const source = { ads: {}, resource_api_version: 'V3', initial_fetch_timeout: '0s' };
  return {
    node: { id, cluster: 'parity' },
    dynamic_resources: {
      ads_config: {
        api_type: delta ? 'DELTA_GRPC' : 'GRPC',
        transport_api_version: 'V3',
        grpc_services: [{ envoy_grpc: { cluster_name: 'xds-grpc' } }],
      },
      lds_config: source,
      cds_config: source,
    },
    static_resources: {
      clusters: [
        {
          name: 'xds-grpc',
          connect_timeout: '1s',
          typed_extension_protocol_options: {
            'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
              '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: {
            cluster_name: 'xds-grpc',
            endpoints: [
              {
                lb_endpoints: [{ endpoint: { address } }],
              },
            ],
          },
        },
      ],
    },
    // The limit that Istio's own bootstrap sets.
    layered_runtime: {
      layers: [
        { name: 'static', static_layer: { 're2.max_program_size.error_level': 32768 } },
        { name: 'admin', admin_layer: {} },
      ],
    },
  };
}
