import type { CountedRequest } from '../../agent/telemetry/istio-metrics.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { AnyResource } from '../../resources/kinds.ts';
import type { Compiler } from '../compiler.ts';
import type { CertificateView } from '../console/wire.ts';
import type { ProxyStatus } from '../proxies/proxy-status.ts';
import type { ReportingProxy } from '../telemetry/proxy-reports.ts';
import { appSpecs } from './app-specs.ts';
import { Apps } from './apps.ts';
import { type StandIn, withApps } from './endpoints.ts';
import type { Hub } from './hub.ts';
import { PASS_AUDIENCE } from './pass-verifier.ts';
import { ServiceDoors } from './service-doors.ts';
import type { SessionEvent } from './session-event.ts';
import { InsideMesh } from './sidecars/inside-mesh.ts';
import { withPods } from './sidecars/pods.ts';
import { NoSidecars, type SidecarsMode, type SidecarsState } from './sidecars/state.ts';
import type { Switch } from './switch.ts';

export interface InsideOptions {
  readonly compiler: Compiler;
  readonly sidecars: SidecarsMode;
  onEvent(event: SessionEvent): void;
  /** Of every request that a sidecar or the gateway has carried. */
  onRequest(proxy: ReportingProxy, request: CountedRequest): void;
}

/** Each is a process of some 50 MB. */
const MAX_SIDECARS = 16;

/** What is behind the edge: programs in place of pods, how they reach each other, and their sidecars. */
export class Inside {
  readonly #apps: Apps;
  readonly #doors: ServiceDoors;
  readonly #hub: Hub;
  readonly #link: Switch;
  readonly #options: InsideOptions;
  readonly #settled = Promise.withResolvers<void>();
  /** Undefined: there are to be none. */
  readonly #mesh: InsideMesh | undefined;
  #state: SidecarsState;

  constructor(hub: Hub, link: Switch, options: InsideOptions, publicJwk: Readonly<Record<string, unknown>>) {
    const onLine = (line: string): void => options.onEvent({ kind: 'log', level: 'info', line });
    this.#hub = hub;
    this.#link = link;
    this.#options = options;
    this.#apps = new Apps(onLine);
    this.#doors = new ServiceDoors((standIns, authority, request, response) =>
      hub.answerInside(withApps(standIns, this.urlOf), authority, request, response),
    );
    const isOff = options.sidecars === 'off';
    this.#state = { kind: isOff ? 'off' : 'starting' };
    this.#mesh = isOff
      ? undefined
      : new InsideMesh({
          answers: {
            answer: (standIn, request, response) => hub.answerAsPod(this.#played(standIn), request, response),
            upgrade: (standIn, ...rest) => hub.upgradeAsPod(this.#played(standIn), ...rest),
          },
          appUrlOf: this.urlOf,
          passTrust: { audience: PASS_AUDIENCE, keys: [publicJwk] },
          onLine,
          onRequest: (proxy, request) => options.onRequest(proxy, request),
          onState: (state) => this.#take(state),
        });
    // Who does not wait for it hears of it by events.
    this.#settled.promise.catch(() => {});
  }

  readonly urlOf = (key: string): string | undefined => this.#apps.urlOf(key);

  get state(): SidecarsState {
    return this.#state;
  }

  get findings(): readonly Finding[] {
    return this.#mesh?.findings ?? [];
  }

  get proxies(): readonly ProxyStatus[] {
    return this.#mesh?.statuses ?? [];
  }

  get certificates(): readonly CertificateView[] {
    return this.#mesh?.certificates ?? [];
  }

  /** Resolves when sidecars that are required are there; rejects when they cannot be had. */
  get settled(): Promise<void> {
    return this.#options.sidecars === 'required' ? this.#settled.promise : Promise.resolve();
  }

  /** Looks whether pods can have addresses of their own here. */
  async prepare(): Promise<void> {
    const why = await this.#mesh?.whyNot();
    if (why !== undefined) this.#take({ kind: 'unavailable', why });
  }

  async syncApps(mesh: Mesh, resources: readonly AnyResource[]): Promise<void> {
    const specs = appSpecs(resources);
    if (specs.length === 0) return this.#apps.stop();
    const doors = await this.#doors.sync(mesh);
    const inMesh = this.#state.kind === 'unavailable' ? undefined : this.#mesh;
    const environments = new Map<string, Record<string, string>>();
    for (const { key } of specs) {
      const env: Record<string, string> = {};
      for (const { host, port, variable, at } of doors) {
        env[variable] = (await inMesh?.switchFor(key, host, port, at)) ?? `http://${at.address}:${at.port}`;
      }
      environments.set(key, env);
    }
    await this.#apps.sync(specs, (key) => environments.get(key) ?? {});
  }

  /** `standIns`: all that may be called. */
  async syncPods(mesh: Mesh, resources: readonly AnyResource[], standIns: readonly StandIn[]): Promise<void> {
    if (this.#mesh === undefined || this.#state.kind === 'unavailable') return;
    const undeclared = new Map(
      standIns
        .filter(({ namespace, pod }) => mesh.registry.workloadAt(namespace, pod) === undefined && /^[\w-]+$/.test(pod))
        .map((standIn) => [`${standIn.namespace}/${standIn.pod}`, standIn]),
    );
    const { addresses } = this.#mesh;
    const pods = withPods(resources, {
      addressOf: addresses.of,
      standIns: [...undeclared.values()],
      maxSidecars: MAX_SIDECARS,
    });
    const inside = await this.#options.compiler.compile(pods.resources);
    await this.#mesh.sync(inside.mesh, pods.leftOut);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#apps.stop(), this.#doors.close(), this.#mesh?.stop()]);
  }

  #played(standIn: StandIn): StandIn {
    return withApps([standIn], this.urlOf)[0] ?? standIn;
  }

  #take(state: SidecarsState): void {
    const isFirst = this.#state.kind === 'starting';
    this.#state = state;
    if (state.kind === 'running' && isFirst) {
      const { hostname, port } = new URL(state.gateway);
      this.#link.target = { address: hostname, port: Number(port) };
      this.#hub.retire();
      this.#doors.retire();
    }
    if (state.kind === 'unavailable') this.#settled.reject(new NoSidecars(state.why));
    if (state.kind === 'running') this.#settled.resolve();
    this.#options.onEvent({ kind: 'sidecars', state });
  }
}
