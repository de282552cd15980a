import { setTimeout as sleep } from 'node:timers/promises';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { AnyResource } from '../../resources/kinds.ts';
import { WorkersKvStore } from '../../store/workers-kv.ts';
import type { Compiler } from '../compiler.ts';
import type { ConsoleFeed } from '../console/console-feed.ts';
import { Publisher } from '../publish.ts';
import type { Source } from '../sources/source.ts';
import { type Syncer, type SyncerEvent, startSyncer } from '../syncer.ts';
import { appSpecs } from './app-specs.ts';
import { Apps } from './apps.ts';
import { type EndpointTable, endpointTable, withApps } from './endpoints.ts';
import { Hub } from './hub.ts';
import { LocalEdge } from './local-edge.ts';
import { PassVerifier, sessionKeys } from './pass-verifier.ts';
import { ServiceDoors } from './service-doors.ts';
import { sessionConsole } from './session-console.ts';
import { SessionTelemetry } from './session-telemetry.ts';
import { addStandIns } from './stand-ins.ts';

export interface SessionOptions {
  readonly source: Source;
  readonly compiler: Compiler;
  readonly host: string;
  readonly edgePort: number;
  /** Server port on which requests are taken to arrive; undefined: 80, or another plaintext one that has the host. */
  readonly gatewayPort: number | undefined;
  readonly echoMissing: boolean;
  /** Whether programs that annotations name are run. */
  readonly runApps: boolean;
  onEvent(event: SessionEvent): void;
}

export type SessionEvent =
  | { readonly kind: 'sync'; readonly event: SyncerEvent; readonly hosts: readonly string[] }
  | { readonly kind: 'log'; readonly level: string; readonly line: string }
  | { readonly kind: 'restarted' };

/** What stands behind one cluster of the mesh, for people and scripts. */
export interface UpstreamSummary {
  readonly cluster: string;
  readonly service: string;
  readonly namespace: string;
  readonly port: number;
  readonly pods: readonly string[];
  /** Real servers in place of stand-ins. */
  readonly urls: readonly string[];
}

const MESH = 'foresail-up';
/** The edge is told of every version; this is for when it was not there to be told. */
const EDGE_REFRESH_MS = 500;
const KEY_REFRESH_INTERVAL_MS = 30_000;
const SYNCER_STOP_WITHIN_MS = 1_000;

/** The whole path on this machine: folder → Mesh → KV → edge in workerd → hub with the stand-ins. */
export class Session {
  readonly edge: LocalEdge;
  /** What the console shows. */
  readonly console: ConsoleFeed;
  /** What the edge has pushed. */
  readonly seeing: SessionTelemetry;
  readonly #hub: Hub;
  readonly #inside: Inside;
  readonly #syncer: Syncer;
  readonly #keyTimer: ReturnType<typeof setInterval>;
  readonly #state: SessionState;

  private constructor(
    { edge, console, seeing }: Outside,
    hub: Hub,
    inside: Inside,
    syncer: Syncer,
    compiler: Compiler,
    state: SessionState,
  ) {
    this.edge = edge;
    this.console = console;
    this.seeing = seeing;
    this.#hub = hub;
    this.#inside = inside;
    this.#syncer = syncer;
    this.#state = state;
    this.#keyTimer = setInterval(async () => {
      if (await compiler.refreshKeys()) syncer.recompile();
    }, KEY_REFRESH_INTERVAL_MS);
  }

  /** Resolves once the first version is published; rejects when the port is taken or the folder is not there. */
  static async start(options: SessionOptions): Promise<Session> {
    const { onEvent, gatewayPort } = options;
    const { privateJwk, publicKey } = await sessionKeys();
    const hub = new Hub(new PassVerifier(publicKey, MESH));
    const url = await hub.listen();
    const state = new SessionState();
    const inside = new Inside(hub, (line) => onEvent({ kind: 'log', level: 'info', line }));
    let restarted = (): void => {};
    const seeing = await SessionTelemetry.start();
    let edge: LocalEdge;
    try {
      edge = await LocalEdge.start({
        host: options.host,
        port: options.edgePort,
        vars: {
          MESH,
          GATEWAY_PORT: gatewayPort === undefined ? 'any' : String(gatewayPort),
          REFRESH_MS: String(EDGE_REFRESH_MS),
          FORESAIL_LINKS: JSON.stringify({ clusters: { '*': { url } }, egress: { url } }),
          EDGE_PASS_KEY: privateJwk,
          ...seeing.vars,
        },
        onLog: (line, level) => onEvent({ kind: 'log', level, line }),
        onRestart: () => restarted(),
      });
    } catch (error) {
      await Promise.all([hub.close(), seeing.stop()]);
      throw error;
    }
    const store = new WorkersKvStore({ ...edge.kv, minSameKeyWriteIntervalMs: 0 });
    const publisher = new Publisher({ store, mesh: MESH, syncer: 'foresail up', replaceBrokenRoot: true });
    const { window } = seeing.telemetry;
    const feed = sessionConsole(options.source, { edge, store, publisher, window }, state);
    const outside = { edge, publisher, console: feed, seeing };
    const syncer = startSessionSyncer(options, outside, hub, inside, state);
    const session = new Session(outside, hub, inside, syncer, options.compiler, state);
    restarted = () => {
      // Ctrl-C goes to workerd as well.
      if (state.isStopping) return;
      onEvent({ kind: 'restarted' });
      syncer.recompile();
    };
    try {
      await syncer.ready;
      await state.live.promise;
      return session;
    } catch (error) {
      await session.stop();
      throw error;
    }
  }

  get upstreams(): readonly UpstreamSummary[] {
    return summarize(this.#state.endpoints);
  }

  get findings(): readonly Finding[] {
    return this.#state.findings;
  }

  get version(): number {
    return this.#state.version;
  }

  get hosts(): readonly string[] {
    return this.#state.hosts;
  }

  async stop(): Promise<void> {
    this.#state.isStopping = true;
    clearInterval(this.#keyTimer);
    // The syncer first, while its store is there: it would try again and again.
    await Promise.race([this.#syncer.stop(), sleep(SYNCER_STOP_WITHIN_MS, undefined, { ref: false })]);
    await Promise.all([this.edge.stop(), this.#hub.close(), this.#inside.stop(), this.seeing.stop()]);
  }
}

/** Towards those who call, those who look, and the store. */
interface Outside {
  readonly edge: LocalEdge;
  readonly console: ConsoleFeed;
  readonly publisher: Publisher;
  readonly seeing: SessionTelemetry;
}

/** What the last round has come to. */
class SessionState {
  isStopping = false;
  mesh: Mesh | undefined;
  version = 0;
  hosts: readonly string[] = [];
  findings: readonly Finding[] = [];
  endpoints: EndpointTable = new Map();
  /** The first version is what the edge serves. */
  readonly live = Promise.withResolvers<void>();
}

/** Programs in place of pods, and how they reach each other. */
class Inside {
  readonly #apps: Apps;
  readonly #doors: ServiceDoors;

  constructor(hub: Hub, onLine: (line: string) => void) {
    this.#apps = new Apps(onLine);
    this.#doors = new ServiceDoors((standIns, authority, request, response) =>
      hub.answerInside(withApps(standIns, this.urlOf), authority, request, response),
    );
  }

  readonly urlOf = (key: string): string | undefined => this.#apps.urlOf(key);

  async sync(mesh: Mesh, resources: readonly AnyResource[]): Promise<void> {
    const specs = appSpecs(resources);
    if (specs.length === 0) return this.#apps.stop();
    await this.#apps.sync(specs, await this.#doors.sync(mesh));
  }

  async stop(): Promise<void> {
    await Promise.all([this.#apps.stop(), this.#doors.close()]);
  }
}

function startSessionSyncer(
  options: SessionOptions,
  { edge, console, publisher, seeing }: Outside,
  hub: Hub,
  inside: Inside,
  state: SessionState,
): Syncer {
  const { source, compiler, echoMissing, runApps, onEvent } = options;
  return startSyncer({
    source,
    publisher,
    compile: async ({ resources }) => {
      const { mesh, findings } = await compiler.compile(addStandIns(resources, { echoMissing }).resources);
      state.mesh = mesh;
      if (runApps) await inside.sync(mesh, resources);
      state.endpoints = new Map(
        [...endpointTable(mesh)].map(([cluster, standIns]) => [cluster, withApps(standIns, inside.urlOf)]),
      );
      state.hosts = [...mesh.edge.domains.keys()];
      // Before the snapshot: a new destination has its stand-in when the first request for it comes.
      hub.endpoints = new Map([...state.endpoints]);
      return { gateway: mesh.edge, findings };
    },
    onEvent: async (event) => {
      seeing.own.synced(event);
      if (event.kind === 'synced') {
        state.version = event.result.version.version;
        state.findings = event.findings;
        await edge.refreshTo(state.version);
        if (state.mesh !== undefined) console.compiled(state.mesh, event.findings, state.version);
      } else console.failed(event.error);
      onEvent({ kind: 'sync', event, hosts: state.hosts });
      if (event.kind === 'synced') state.live.resolve();
    },
  });
}

function summarize(endpoints: EndpointTable): UpstreamSummary[] {
  return [...endpoints].flatMap(([cluster, standIns]) => {
    const [first] = standIns;
    if (first === undefined) return [];
    const { service, namespace, port } = first;
    const urls = standIns.flatMap(({ upstream }) => upstream ?? []);
    return [{ cluster, service, namespace, port, pods: standIns.map(({ pod }) => pod), urls }];
  });
}
