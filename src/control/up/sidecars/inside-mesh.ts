import type { Mesh } from '../../../mesh/model.ts';
import type { Finding } from '../../../resources/finding.ts';
import type { HostPort } from '../../../xds/address.ts';
import type { CertificateView } from '../../console/wire.ts';
import type { ProxyStatus } from '../../proxies/proxy-status.ts';
import { freePort } from '../free-port.ts';
import { Switch } from '../switch.ts';
import type { LocalPlaces } from './local-encoder.ts';
import { LoopbackAddresses, whyNoLoopbackAddresses } from './loopback-addresses.ts';
import { obtainEnvoy } from './obtain-envoy.ts';
import { type PodAnswers, PodDoors, type PodPort, podPorts } from './pod-doors.ts';
import { Sidecars, type SidecarsOptions } from './sidecars.ts';
import type { SidecarsState } from './state.ts';

export interface InsideMeshOptions {
  readonly answers: PodAnswers;
  /** URL of the program that plays a pod; undefined: none does. */
  readonly appUrlOf: (pod: string) => string | undefined;
  readonly passTrust: LocalPlaces['passTrust'];
  onLine(line: string): void;
  onRequest: SidecarsOptions['onRequest'];
  onState(state: SidecarsState): void;
}

/** Of a pod's calls to the services of the mesh: its sidecar listens from the first port on, its program is told the second. */
const FIRST_OUTBOUND_PORT = 16_000;
const FIRST_SWITCH_PORT = 17_000;
const START_WITHIN_MS = 60_000;

interface AppSwitch {
  readonly relay: Switch;
  readonly url: string;
  readonly sidecar: HostPort;
}

/**
 * The inside of the mesh beside what answers without it. Everything works at once without sidecars; when all of them
 * are there, the edge and the programs are led to them.
 */
export class InsideMesh {
  readonly addresses = new LoopbackAddresses();
  readonly #options: InsideMeshOptions;
  readonly #doors: PodDoors;
  readonly #switches = new Map<string, AppSwitch>();
  readonly #slots = new Map<string, number>();
  #ports = new Map<string, PodPort>();
  #gateway: HostPort = { address: '127.0.0.1', port: 0 };
  #state: SidecarsState = { kind: 'starting' };
  #mesh: Mesh | undefined;
  #leftOut = 0;
  #sidecars: Sidecars | undefined;
  #isStopped = false;

  constructor(options: InsideMeshOptions) {
    this.#options = options;
    this.#doors = new PodDoors(options.answers);
  }

  get state(): SidecarsState {
    return this.#state;
  }

  get findings(): readonly Finding[] {
    return this.#sidecars?.findings ?? [];
  }

  get statuses(): readonly ProxyStatus[] {
    return this.#sidecars?.statuses ?? [];
  }

  get certificates(): readonly CertificateView[] {
    return this.#sidecars?.certificates ?? [];
  }

  /** Undefined: pods can have addresses of their own here. */
  async whyNot(): Promise<string | undefined> {
    return await whyNoLoopbackAddresses(this.addresses);
  }

  /** An address that leads to `target` until the pod's sidecar is there; for a program to call a service by. */
  async switchFor(pod: string, host: string, port: number, target: HostPort): Promise<string> {
    const key = `${pod} ${host}:${port}`;
    const known = this.#switches.get(key);
    if (known !== undefined) return known.url;
    const slot = this.#slotOf(host, port);
    const address = this.addresses.of(pod);
    const sidecar = { address, port: FIRST_OUTBOUND_PORT + slot };
    const relay = new Switch(this.#state.kind === 'running' ? sidecar : target);
    const url = await relay.listen({ address, port: FIRST_SWITCH_PORT + slot });
    this.#switches.set(key, { relay, url, sidecar });
    return url;
  }

  /** `leftOut`: how many pods have no sidecar because there are too many. Resolves when callers may be told of the mesh. */
  async sync(mesh: Mesh, leftOut: number): Promise<void> {
    const isFirst = this.#mesh === undefined;
    this.#mesh = mesh;
    this.#leftOut = leftOut;
    const ports = podPorts(mesh);
    this.#ports = new Map(ports.map((port) => [`${port.pod} ${port.port}`, port]));
    await this.#doors.sync(ports, ({ pod, port }) => {
      const [namespace = '', name = ''] = pod.split('/');
      const hasSidecar = mesh.registry.workloadAt(namespace, name)?.hasSidecar === true;
      return hasSidecar ? undefined : { address: this.addresses.of(pod), port };
    });
    if (isFirst) void this.#bringUp();
    else if (this.#state.kind === 'running') {
      await this.#sidecars?.sync(mesh);
      this.#tellRunning();
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#sidecars?.stop();
    await Promise.all([...this.#switches.values()].map(({ relay }) => relay.close()));
    await this.#doors.close();
  }

  async #bringUp(): Promise<void> {
    try {
      const binary = await obtainEnvoy(this.#options.onLine);
      if (binary.path === undefined) return this.#tell({ kind: 'unavailable', why: binary.why });
      const address = this.addresses.of('cluster-gateway');
      this.#gateway = { address, port: await freePort(address) };
      await this.#start(binary.path);
    } catch (error) {
      this.#tell({ kind: 'unavailable', why: error instanceof Error ? error.message : String(error) });
    }
  }

  async #start(envoyBinary: string): Promise<void> {
    if (this.#mesh === undefined || this.#isStopped) return;
    const { onLine, onRequest } = this.#options;
    const sidecars = await Sidecars.start({
      envoyBinary,
      mesh: this.#mesh,
      places: this.#places,
      onLine,
      onRequest,
    });
    this.#sidecars = sidecars;
    for (let joined: Mesh | undefined; joined !== this.#mesh && !this.#isStopped; ) {
      joined = this.#mesh;
      if (joined === undefined || (await sidecars.sync(joined, START_WITHIN_MS)) || joined !== this.#mesh) continue;
      const late = sidecars.statuses.filter(({ state }) => state !== 'synced').map(({ pod }) => pod);
      throw new Error(`Envoy was not ready within ${START_WITHIN_MS / 1000} s (${late.join(', ') || 'nobody came'})`);
    }
    if (this.#isStopped) return sidecars.stop();
    this.#tellRunning();
    for (const { relay, sidecar } of this.#switches.values()) relay.target = sidecar;
  }

  get #places(): LocalPlaces {
    return {
      gateway: this.#gateway,
      passTrust: this.#options.passTrust,
      appOf: (pod, port) => this.#appOf(pod, port),
      outboundOf: (pod, host, port) => this.#switches.get(`${pod} ${host}:${port}`)?.sidecar,
    };
  }

  /** The program itself, where one runs; what else may stand for it is behind a door. */
  #appOf(pod: string, port: number): HostPort | undefined {
    if (!this.#ports.has(`${pod} ${port}`)) return undefined;
    const url = this.#options.appUrlOf(pod);
    if (url === undefined) return this.#doors.at(pod, port);
    const { hostname, port: appPort } = new URL(url);
    return { address: hostname, port: Number(appPort) };
  }

  #slotOf(host: string, port: number): number {
    const key = `${host}:${port}`;
    const slot = this.#slots.get(key) ?? this.#slots.size;
    this.#slots.set(key, slot);
    return slot;
  }

  #tellRunning(): void {
    const { address, port } = this.#gateway;
    const sidecars = this.#sidecars?.running ?? [];
    this.#tell({ kind: 'running', gateway: `http://${address}:${port}`, sidecars, leftOut: this.#leftOut });
  }

  #tell(state: SidecarsState): void {
    const isNews = JSON.stringify(state) !== JSON.stringify(this.#state);
    this.#state = state;
    if (isNews && !this.#isStopped) this.#options.onState(state);
  }
}
