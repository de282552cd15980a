import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { MeshCa } from '../../src/ca/authority/mesh-ca.ts';
import { LocalTokenIssuer } from '../../src/ca/callers/local-issuer.ts';
import { FolderCaStore } from '../../src/ca/store/folder-store.ts';
import type { ProxyStatus } from '../../src/control/proxies/proxy-status.ts';
import { until } from '../agent/machine.ts';
import { runForesail } from '../cli/run-foresail.ts';
import { ENVOY } from '../support/needs.ts';
import { type AsUser, Network, NODE_ADDRESS } from './network.ts';
import { type Door, Pod } from './pod.ts';

const FORESAIL = fileURLToPath(new URL('../../src/cli/bin.js', import.meta.url));
const ROOT: AsUser = { uid: 0 };
const PROXY: AsUser = { uid: 1337 };
const CONTROL_PLANE_NAME = 'istiod.istio-system.svc';
const GRPC_PORT = 15_012;
const STATUS_PORT = 15_014;
/** Audience of the edge's passes. */
export const MESH = 'cluster-test';
/** Where cluster gateways take traffic from the edge. */
export const GATEWAY_PORT = 8443;
const START_TIMEOUT_MS = 120_000;

export interface PodSpec {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly labels: Readonly<Record<string, string>>;
  /** How the pod takes part in the mesh; `played`: by its YAML it has a sidecar, in whose place a test serves. */
  readonly proxy: 'sidecar' | 'router' | 'none' | 'played';
  readonly annotations?: Readonly<Record<string, string>>;
  /** Of its certificate, in seconds; 0: as the CA likes. */
  readonly ttlS?: number;
  /** In addition to the agent's. */
  readonly agentArguments?: readonly string[];
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** False: what serves in it is started by others. */
  readonly serves?: boolean;
}

interface ControlPlaneProcess {
  readonly child: ChildProcess;
  readonly log: string[];
}

/** A control plane as a user starts it, over a folder of YAML, and pods with the agent as a user starts it. */
export class Cluster {
  readonly folder = join(tmpdir(), `fsc-${process.pid}`);
  readonly network = new Network();
  readonly pods = new Map<string, Pod>();
  /** What agents and the control plane have said, by pod. */
  readonly logs = new Map<string, string>();
  readonly #specs: PodSpec[] = [];
  readonly #agents = new Map<string, ChildProcess>();
  #node: Pod | undefined;
  #status: Door | undefined;
  #controlPlane: ControlPlaneProcess | undefined;

  private constructor() {
    removeStaleFolders();
    rmSync(this.folder, { recursive: true, force: true });
    for (const part of ['mesh', 'cache']) mkdirSync(join(this.folder, part), { recursive: true });
    // What one process has compiled serves all, whoever they run as.
    chmodSync(join(this.folder, 'cache'), 0o777);
    chmodSync(this.folder, 0o755);
    process.once('exit', this.#endAtOnce);
  }

  static async start(): Promise<Cluster> {
    const cluster = new Cluster();
    const node = cluster.#pod('node', NODE_ADDRESS);
    cluster.#node = node;
    await Promise.all([
      node.startApp({ serves: true }),
      cluster.foresail(['link', '--dir', cluster.#linkFolder, '--mesh', MESH, '--gateway', '*=http://localhost']),
    ]);
    cluster.#status = await node.door(STATUS_PORT, NODE_ADDRESS);
    await cluster.startControlPlane();
    await cluster.writeRoots();
    return cluster;
  }

  get node(): Pod {
    if (this.#node === undefined) throw new Error('the cluster has not been started');
    return this.#node;
  }

  pod(name: string): Pod {
    const pod = this.pods.get(name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    return pod;
  }

  /** The CA of the control plane, opened beside it. */
  async openCa(now: () => number = Date.now): Promise<MeshCa> {
    return await MeshCa.open({ store: new FolderCaStore(this.caFolder), now });
  }

  /** What agents that start from now on trust. */
  async writeRoots(): Promise<void> {
    writeFileSync(join(this.folder, 'roots.pem'), (await this.openCa()).bundle.pem);
  }

  get #linkFolder(): string {
    return join(this.folder, 'link');
  }

  get caFolder(): string {
    return join(this.folder, 'ca');
  }

  /** Returns at once; `until` says when it is in effect. */
  write(file: string, yaml: string): void {
    writeFileSync(join(this.meshFolder, file), yaml);
  }

  get meshFolder(): string {
    return join(this.folder, 'mesh');
  }

  /** What a worker is given to sign passes with. */
  passKey(): string {
    const folder = this.#linkFolder;
    const [file = ''] = readdirSync(folder).filter((name) => /^edge-pass-.*\.jwk$/.test(name));
    return readFileSync(join(folder, file), 'utf8');
  }

  remove(file: string): void {
    rmSync(join(this.meshFolder, file), { force: true });
  }

  async startControlPlane(): Promise<void> {
    const args = ['control', this.meshFolder, '-o', 'json', '--ca-dir', this.caFolder];
    args.push('--listen', `${NODE_ADDRESS}:${GRPC_PORT}`, '--name', CONTROL_PLANE_NAME, '--http-host', NODE_ADDRESS);
    args.push('--http-port', String(STATUS_PORT), '--link-dir', this.#linkFolder);
    args.push('--gateway-listen', `0.0.0.0:${GATEWAY_PORT}`, '--min-phase', '2');
    const log: string[] = [];
    const output = (chunk: string): void => void log.push(chunk);
    const child = this.node.start([process.execPath, FORESAIL, ...args], ROOT, { output });
    this.#controlPlane = { child, log };
    await until('the control plane is ready', () => this.isControlPlaneReady(), START_TIMEOUT_MS).catch(() => {
      throw new Error(`the control plane is not ready:\n${log.join('')}`);
    });
  }

  /** As a crash would. */
  async killControlPlane(): Promise<void> {
    const child = this.#controlPlane?.child;
    if (child === undefined) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  get controlPlaneLog(): string {
    return this.#controlPlane?.log.join('') ?? '';
  }

  async isControlPlaneReady(): Promise<boolean> {
    return await this.get('/readyz').then(
      (response) => response.ok,
      () => false,
    );
  }

  async get(path: string): Promise<Response> {
    return await fetch(`${this.#status?.url}${path}`, { signal: AbortSignal.timeout(5_000) });
  }

  async proxies(): Promise<readonly ProxyStatus[]> {
    return (await (await this.get('/api/v1/proxies')).json()) as ProxyStatus[];
  }

  /** Makes the pods with their namespaces, applications, capture and agents; resolves when all are ready. */
  async addPods(specs: readonly PodSpec[]): Promise<void> {
    for (const spec of specs) {
      this.#pod(spec.name, this.network.addPod(spec.name, spec.namespace));
      this.#specs.push(spec);
    }
    this.#writePods();
    await Promise.all(specs.map((spec) => this.#startPod(spec)));
  }

  async foresail(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runForesail(args);
    if (code !== 0) throw new Error(`foresail ${args[0]} ended with ${code}: ${stderr}`);
    return stdout;
  }

  async end(): Promise<void> {
    this.#status?.close();
    this.#endAtOnce();
    process.off('exit', this.#endAtOnce);
  }

  readonly #endAtOnce = (): void => {
    this.network.end();
    rmSync(this.folder, { recursive: true, force: true });
  };

  #pod(name: string, address: string): Pod {
    const folder = join(this.folder, name);
    mkdirSync(folder, { recursive: true });
    const pod = new Pod(this.network, name, address, folder, join(this.folder, 'cache'));
    this.pods.set(name, pod);
    return pod;
  }

  async #startPod(spec: PodSpec): Promise<void> {
    const pod = this.pod(spec.name);
    const hasAgent = spec.proxy === 'sidecar' || spec.proxy === 'router';
    await Promise.all([pod.startApp({ serves: spec.serves ?? true }), ...(hasAgent ? [this.#startAgent(spec)] : [])]);
    if (!hasAgent) return;
    const isReady = async (): Promise<boolean> => (await pod.statusOf('http://127.0.0.1:15021/healthz/ready')) === 200;
    await until(`${spec.name} is ready`, isReady, START_TIMEOUT_MS);
  }

  /** Capture, as the init container makes it, then the agent with its Envoy. */
  async #startAgent(spec: PodSpec): Promise<void> {
    const pod = this.pod(spec.name);
    if (spec.proxy === 'sidecar') pod.run([process.execPath, FORESAIL, 'iptables', '--redirect-dns']);
    const folder = join(pod.folder, 'proxy');
    mkdirSync(folder, { recursive: true });
    chownSync(folder, PROXY.uid, PROXY.uid);
    const store = new FolderCaStore(this.caFolder);
    const { namespace, serviceAccount, labels, ttlS = 0 } = spec;
    const tokenFile = join(folder, 'token');
    const token = await (await LocalTokenIssuer.open(store)).mint({ namespace, serviceAccount });
    writeFileSync(tokenFile, token, { mode: 0o600 });
    chownSync(tokenFile, PROXY.uid, PROXY.uid);
    const address = `${NODE_ADDRESS}:${GRPC_PORT}`;
    const args = ['agent', '--type', spec.proxy, '--pod', spec.name, '--namespace', namespace, '--ip', pod.address];
    args.push('--service-account', serviceAccount, '--token', tokenFile, '--ttl', String(ttlS), '--dir', folder);
    args.push('--ca', address, '--ca-roots', join(this.folder, 'roots.pem'), '--ca-server-name', CONTROL_PLANE_NAME);
    args.push('--xds', address, '--xds-server-name', CONTROL_PLANE_NAME, '--concurrency', '1');
    args.push('--metadata', JSON.stringify({ LABELS: labels }), ...(spec.agentArguments ?? []));
    const env = {
      ENVOY_BIN: ENVOY,
      ...(spec.proxy === 'sidecar' ? { ISTIO_META_DNS_CAPTURE: 'true' } : {}),
      ...spec.agentEnv,
    };
    const output = (chunk: string): void => void this.logs.set(spec.name, (this.logs.get(spec.name) ?? '') + chunk);
    this.#agents.set(spec.name, pod.start([process.execPath, FORESAIL, ...args], PROXY, { env, output }));
    await until(`${spec.name} is synced`, () => this.#isSynced(spec.name), START_TIMEOUT_MS).catch(() => {
      throw new Error(`the proxy of ${spec.name} is not ready:\n${this.logs.get(spec.name)}`);
    });
  }

  /** Every Envoy has its listeners from the control plane as it is now. */
  async untilAllSynced(): Promise<void> {
    for (const name of this.#agents.keys()) {
      await until(`${name} is synced`, () => this.#isSynced(name), START_TIMEOUT_MS);
    }
  }

  /** The agent has a stream of its own, so that one alone says nothing. */
  async #isSynced(name: string): Promise<boolean> {
    const proxies = await this.proxies().catch(() => []);
    return proxies.some(
      ({ pod, state, types }) => pod === name && state === 'synced' && types.some(({ type }) => type === 'LDS'),
    );
  }

  /** As the kubelet does it; resolves when it has drained and ended. */
  async stopAgent(name: string): Promise<void> {
    const child = this.#agents.get(name);
    if (child === undefined) throw new Error(`${name} has no agent`);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    this.#agents.delete(name);
  }

  #writePods(): void {
    const pods = this.#specs.map(({ name, namespace, serviceAccount, labels, annotations, proxy }) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels, ...(annotations === undefined ? {} : { annotations }) },
      spec: {
        serviceAccountName: serviceAccount,
        containers: [{ name: 'app', image: 'app' }, ...(proxy === 'none' ? [] : [{ name: 'istio-proxy', image: 'e' }])],
      },
      status: { phase: 'Running', podIP: this.pod(name).address, conditions: [{ type: 'Ready', status: 'True' }] },
    }));
    this.write('pods.yaml', pods.map((pod) => stringify(pod)).join('---\n'));
  }
}

/** Those of suites that were killed. */
function removeStaleFolders(): void {
  for (const name of readdirSync(tmpdir())) {
    const [, pid] = /^fsc-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}
