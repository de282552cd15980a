import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CountedRequest } from '../../../agent/telemetry/istio-metrics.ts';
import { MeshCa } from '../../../ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../../ca/callers/local-issuer.ts';
import { formatSpiffeId } from '../../../ca/spiffe-id.ts';
import { FolderCaStore } from '../../../ca/store/folder-store.ts';
import type { Mesh } from '../../../mesh/model.ts';
import type { MeshWorkload } from '../../../mesh/registry.ts';
import type { Finding } from '../../../resources/finding.ts';
import type { Rejection } from '../../../xds/ads/rejection.ts';
import { authorityCertificates, leafCertificate } from '../../console/views/mesh-certificates.ts';
import type { CertificateView } from '../../console/wire.ts';
import { type ProxyServer, startProxyServer } from '../../daemon/proxy-server.ts';
import type { ProxyStatus } from '../../proxies/proxy-status.ts';
import type { ReportingProxy } from '../../telemetry/proxy-reports.ts';
import { type LocalPlaces, localEncoder } from './local-encoder.ts';
import { LocalProxy } from './local-proxy.ts';
import type { RunningSidecar } from './state.ts';

export interface SidecarsOptions {
  readonly envoyBinary: string;
  readonly mesh: Mesh;
  readonly places: LocalPlaces;
  onLine(line: string): void;
  onRequest(proxy: ReportingProxy, request: CountedRequest): void;
}

const GATEWAY_POD = 'cluster-gateway';
/** Nobody mints it anew while `up` runs. */
const TOKEN_TTL_S = 365 * 86_400;
const POLL_MS = 25;
/** An edit that adds pods is held up by them for no longer than this. */
const JOIN_WITHIN_MS = 5_000;
/** One after the other would be slow, all at once would starve everything else of the processor. */
const STARTED_AT_A_TIME = 3;

/** The mesh's inside on this machine: a CA, a control plane, the cluster gateway, and an Envoy beside each pod. */
export class Sidecars {
  readonly #options: SidecarsOptions;
  readonly #folder: string;
  readonly #server: ProxyServer;
  readonly #tokens: LocalTokenIssuer;
  readonly #proxies = new Map<string, LocalProxy>();
  readonly #trustDomain: string;
  #made = 0;
  #isStopping = false;

  private constructor(
    options: SidecarsOptions,
    folder: string,
    server: ProxyServer,
    tokens: LocalTokenIssuer,
    trustDomain: string,
  ) {
    this.#options = options;
    this.#folder = folder;
    this.#server = server;
    this.#tokens = tokens;
    this.#trustDomain = trustDomain;
  }

  /** Resolves when the control plane listens; the proxies come with `sync`. */
  static async start(options: SidecarsOptions): Promise<Sidecars> {
    const folder = mkdtempSync(join(tmpdir(), 'foresail-up-'));
    // Also when this process leaves in a hurry.
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    const store = new FolderCaStore(join(folder, 'ca'));
    const { trustDomain } = options.mesh.settings;
    const ca = await MeshCa.init({ store, trustDomain });
    const tokens = await LocalTokenIssuer.open(store);
    const server = await startProxyServer({
      ca,
      tokens,
      encoder: localEncoder(options.places),
      address: '127.0.0.1:0',
      names: ['localhost', '127.0.0.1'],
      // The folder's own quiet time has passed already.
      debounce: { quietMs: 5, maxMs: 200 },
      onRejected: (rejection) => options.onLine(describeRejection(rejection)),
    });
    return new Sidecars(options, folder, server, tokens, trustDomain);
  }

  get findings(): readonly Finding[] {
    return this.#server.configs.findings;
  }

  get statuses(): readonly ProxyStatus[] {
    return this.#server.configs.statuses;
  }

  /** Of the authority, then of every proxy. */
  get certificates(): readonly CertificateView[] {
    const leaves = [...this.#proxies.values()].flatMap(({ name, certificate }) =>
      certificate === undefined ? [] : [leafCertificate(name, certificate)],
    );
    return [...authorityCertificates(this.#server.caServices.ca), ...leaves];
  }

  get running(): readonly RunningSidecar[] {
    return [...this.#proxies].flatMap(([pod, { workload }]) =>
      workload === undefined
        ? []
        : [
            {
              pod,
              address: workload.address ?? '',
              identity: formatSpiffeId({ ...workload, trustDomain: this.#trustDomain }),
            },
          ],
    );
  }

  /** Has the proxies of this mesh; once new ones are ready, or have had their time to: whether all are. */
  async sync(mesh: Mesh, withinMs = JOIN_WITHIN_MS): Promise<boolean> {
    this.#server.configs.setMesh(mesh);
    const wanted = new Map(
      mesh.registry.workloads.flatMap((workload): [string, MeshWorkload][] =>
        workload.hasSidecar && isLocal(workload) ? [[`${workload.namespace}/${workload.name}`, workload]] : [],
      ),
    );
    for (const [pod, proxy] of this.#proxies) {
      const workload = wanted.get(pod);
      if (proxy.workload === undefined || workload?.serviceAccount === proxy.workload.serviceAccount) continue;
      this.#proxies.delete(pod);
      // Callers hear of it first; what is on its way to it still arrives.
      void sleep(500).then(() => proxy.stop());
    }
    const missing: (() => Promise<LocalProxy>)[] = [];
    if (!this.#proxies.has(GATEWAY_POD)) missing.push(() => this.#startGateway(mesh));
    for (const [pod, workload] of wanted) {
      if (!this.#proxies.has(pod)) missing.push(() => this.#start(pod, workload, 'sidecar'));
    }
    if (missing.length === 0) return true;
    const deadlineMs = performance.now() + withinMs;
    for (let i = 0; i < missing.length && !this.#isStopping; i += STARTED_AT_A_TIME) {
      await Promise.all(missing.slice(i, i + STARTED_AT_A_TIME).map((start) => start()));
    }
    while (!this.#isStopping && performance.now() < deadlineMs) {
      if (await this.#isComplete()) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.stop()));
    await this.#server.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #startGateway(mesh: Mesh): Promise<LocalProxy> {
    const { namespace, serviceAccount } = mesh.edge.workload;
    const { address } = this.#options.places.gateway;
    return this.#start(GATEWAY_POD, { namespace, serviceAccount, name: GATEWAY_POD, address }, 'router');
  }

  async #start(
    key: string,
    workload: Pick<MeshWorkload, 'namespace' | 'serviceAccount' | 'name' | 'address'>,
    type: 'sidecar' | 'router',
  ): Promise<LocalProxy> {
    const { namespace, serviceAccount } = workload;
    this.#made += 1;
    const proxy = await LocalProxy.start({
      type,
      workload,
      // Short: a path of a socket has 107 characters at most.
      folder: join(this.#folder, String(this.#made)),
      token: await this.#tokens.mint({ namespace, serviceAccount, ttlS: TOKEN_TTL_S }),
      rootsPem: this.#server.caServices.ca.bundle.pem,
      controlPlanePort: this.#server.port,
      envoyBinary: this.#options.envoyBinary,
      onRequest: (request) => this.#options.onRequest({ ...workload, type }, request),
      log: (event, { why } = {}) => {
        if (event === 'envoy-ended' && !this.#isStopping) {
          this.#options.onLine(`the Envoy of ${key} has ended (${why}), and is started again`);
        }
      },
    });
    this.#proxies.set(key, proxy);
    if (this.#isStopping) await proxy.stop();
    return proxy;
  }

  /** Every Envoy serves, and has taken what it was sent. */
  async #isComplete(): Promise<boolean> {
    const states = new Map(this.statuses.map(({ namespace, pod, state }) => [`${namespace}/${pod}`, state]));
    for (const proxy of this.#proxies.values()) {
      const state = states.get(proxy.name);
      if (state === undefined || state === 'stale' || !(await proxy.isReady())) return false;
    }
    return true;
  }
}

function describeRejection({ client, message, suspects }: Rejection): string {
  const at = suspects.flatMap(({ origin }) => (origin?.file === undefined ? [] : `${origin.file}:${origin.line ?? 1}`));
  return `the Envoy of ${client.split('~')[2] ?? client} refuses what was made from ${[...new Set(at)].join(', ') || 'the mesh'}: ${message}`;
}

function isLocal({ address }: MeshWorkload): boolean {
  return address?.startsWith('127.') ?? false;
}
