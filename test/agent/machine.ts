import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Agent, startAgent } from '../../src/agent/agent.ts';
import type { AgentOptions } from '../../src/agent/agent-options.ts';
import { sdsSecret } from '../../src/agent/envoy/bootstrap-tls.ts';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import type { Log } from '../../src/ca/log.ts';
import { type CaServer, startCaServer } from '../../src/ca/service/ca-server.ts';
import { type CaServices, openCaServices } from '../../src/ca/service/ca-services.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import { ENVOY } from '../support/needs.ts';

export interface Event {
  readonly event: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A folder, a CA with its server, and agents with their Envoys, on loopback. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), 'fs-agent-'));
  readonly events: Event[] = [];
  readonly #agents: Agent[] = [];
  #ca: MeshCa | undefined;
  #services: CaServices | undefined;
  #server: CaServer | undefined;
  #port = 0;

  readonly log: Log = (event, facts = {}) => {
    this.events.push({ event, facts });
    if (process.env.FORESAIL_TEST_LOG) console.log(event, JSON.stringify(facts));
  };

  get ca(): MeshCa {
    return known(this.#ca);
  }

  get services(): CaServices {
    return known(this.#services);
  }

  get caServer(): CaServer {
    return known(this.#server);
  }

  get caAddress(): string {
    return `localhost:${this.#port}`;
  }

  /** The first time makes a CA, later ones go on with it on the same port. */
  async startCa({ trustDomain = 'cluster.local', minPhaseMs = 300 } = {}): Promise<void> {
    const store = new FolderCaStore(join(this.folder, 'ca'));
    const { log } = this;
    const hasOne = (await store.list()).includes('state.json');
    this.#ca = await (hasOne ? MeshCa.open({ store, log }) : MeshCa.init({ store, log, trustDomain }));
    const tokens = await LocalTokenIssuer.open(store);
    this.#services = await openCaServices(this.#ca, tokens);
    this.#server = await startCaServer({
      services: this.#services,
      address: `127.0.0.1:${this.#port}`,
      names: ['127.0.0.1', 'localhost'],
      minPhaseMs,
      rotationIntervalMs: 50,
    });
    this.#port = this.#server.port;
    if (!hasOne) writeFileSync(join(this.folder, 'roots.pem'), this.#ca.bundle.pem);
  }

  async stopCa(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  async options(serviceAccount: string, changes: Partial<AgentOptions> = {}): Promise<AgentOptions> {
    const tokens = await LocalTokenIssuer.open(new FolderCaStore(join(this.folder, 'ca')));
    const tokenFile = join(this.folder, `${serviceAccount}.token`);
    writeFileSync(tokenFile, await tokens.mint({ namespace: 'default', serviceAccount }));
    const [admin = 0, status = 0, readiness = 0, prometheus = 0] = await freePorts(4);
    return {
      type: 'sidecar',
      pod: `${serviceAccount}-0`,
      namespace: 'default',
      serviceAccount,
      ip: '127.0.0.1',
      domain: 'cluster.local',
      cluster: `${serviceAccount}.default`,
      metadata: {},
      caAddress: this.caAddress,
      caRootsFile: join(this.folder, 'roots.pem'),
      tokenFile,
      certificateTtlS: 0,
      envoyBinary: ENVOY,
      concurrency: 1,
      logLevel: 'error',
      ports: { admin, status, readiness, prometheus },
      bindAddress: '127.0.0.1',
      folder: join(this.folder, serviceAccount),
      probes: '{}',
      probeHost: '127.0.0.1',
      drainMs: 1_000,
      minDrainMs: 0,
      firstRestartMs: 50,
      ...changes,
    };
  }

  async startAgent(options: AgentOptions): Promise<Agent> {
    const agent = await startAgent(options, this.log);
    this.#agents.push(agent);
    return agent;
  }

  /** A file for an agent's `extraFile`. */
  writeExtra(name: string, extra: unknown): string {
    const path = join(this.folder, `${name}.json`);
    writeFileSync(path, JSON.stringify(extra));
    return path;
  }

  count(event: string): number {
    return this.events.filter((one) => one.event === event).length;
  }

  async end(): Promise<void> {
    await Promise.all(this.#agents.map((agent) => agent.stop()));
    await this.stopCa();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A listener that takes mutual TLS only, and answers by itself. */
export function serverSide(port: number): unknown {
  const listener = httpListener('server', port, { direct_response: { status: 200, body: { inline_string: 'hello' } } });
  const transport_socket = {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      require_client_certificate: true,
      common_tls_context: tlsContext(),
    },
  };
  const [chain] = listener.filter_chains;
  return { listeners: [{ ...listener, filter_chains: [{ ...chain, transport_socket }] }] };
}

/** A listener in plain HTTP that goes on with mutual TLS, a handshake for each request; its secrets come over delta SDS. */
export function clientSide(port: number, serverPort: number, serverSpiffeId: string): unknown {
  const typed_config = {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    common_tls_context: overDelta(tlsContext([{ san_type: 'URI', matcher: { exact: serverSpiffeId } }])),
    // Or a resumed session would hide that a certificate is no longer good.
    max_session_keys: 0,
  };
  const endpoint = { address: { socket_address: { address: '127.0.0.1', port_value: serverPort } } };
  return {
    listeners: [httpListener('client', port, { route: { cluster: 'server', timeout: '5s' } })],
    clusters: [
      {
        name: 'server',
        type: 'STATIC',
        connect_timeout: '2s',
        max_requests_per_connection: 1,
        load_assignment: { cluster_name: 'server', endpoints: [{ lb_endpoints: [{ endpoint }] }] },
        transport_socket: { name: 'envoy.transport_sockets.tls', typed_config },
      },
    ],
  };
}

function overDelta(context: unknown): unknown {
  return JSON.parse(JSON.stringify(context).replaceAll('"api_type":"GRPC"', '"api_type":"DELTA_GRPC"'));
}

function tlsContext(names?: unknown): unknown {
  return {
    tls_certificate_sds_secret_configs: [sdsSecret('default')],
    combined_validation_context: {
      default_validation_context: names === undefined ? {} : { match_typed_subject_alt_names: names },
      validation_context_sds_secret_config: sdsSecret('ROOTCA'),
    },
  };
}

function httpListener(name: string, port: number, action: Readonly<Record<string, unknown>>) {
  const typed_config = {
    '@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    stat_prefix: name,
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [{ match: { prefix: '/' }, ...action }] }],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  };
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: port } },
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config }] }],
  };
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

export async function until(what: string, isTrue: () => boolean | Promise<boolean>, timeoutMs = 10_000): Promise<void> {
  for (const deadlineMs = Date.now() + timeoutMs; Date.now() < deadlineMs; await sleep(20)) {
    if (await isTrue()) return;
  }
  throw new Error(`not within ${timeoutMs} ms: ${what}`);
}

export async function statusOf(url: string): Promise<number> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(6_000) });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the CA has not been started');
  return value;
}
