import { setTimeout as sleep } from 'node:timers/promises';
import type { Finding } from '../../resources/finding.ts';
import { WorkersKvStore } from '../../store/workers-kv.ts';
import type { Compiler } from '../compiler.ts';
import type { ConsoleFeed } from '../console/console-feed.ts';
import { Publisher } from '../publish.ts';
import type { Syncer } from '../syncer.ts';
import { ProxyReports } from '../telemetry/proxy-reports.ts';
import { Hub } from './hub.ts';
import { Inside } from './inside.ts';
import { LocalEdge } from './local-edge.ts';
import { PASS_AUDIENCE as MESH, PassVerifier, sessionKeys } from './pass-verifier.ts';
import { sessionConsole } from './session-console.ts';
import type { SessionOptions } from './session-options.ts';
import { type Outside, SessionState, startSessionSyncer } from './session-syncer.ts';
import { SessionTelemetry } from './session-telemetry.ts';
import type { SidecarsState } from './sidecars/state.ts';
import { Switch } from './switch.ts';
import { summarize, type UpstreamSummary } from './upstreams.ts';

/** The edge is told of every version; this is for when it was not there to be told. */
const EDGE_REFRESH_MS = 500;
const KEY_REFRESH_INTERVAL_MS = 30_000;
const SYNCER_STOP_WITHIN_MS = 1_000;

/** The whole path on this machine: folder → Mesh → KV → edge in workerd → cluster gateway → sidecars, or stand-ins. */
export class Session {
  readonly edge: LocalEdge;
  /** What the console shows. */
  readonly console: ConsoleFeed;
  /** What the edge has pushed. */
  readonly seeing: SessionTelemetry;
  readonly #hub: Hub;
  readonly #inside: Inside;
  readonly #link: Switch;
  readonly #syncer: Syncer;
  readonly #keyTimer: ReturnType<typeof setInterval>;
  readonly #state: SessionState;

  private constructor(
    { edge, console, seeing }: Outside,
    hub: Hub,
    inside: Inside,
    link: Switch,
    syncer: Syncer,
    compiler: Compiler,
    state: SessionState,
  ) {
    this.edge = edge;
    this.console = console;
    this.seeing = seeing;
    this.#hub = hub;
    this.#inside = inside;
    this.#link = link;
    this.#syncer = syncer;
    this.#state = state;
    this.#keyTimer = setInterval(async () => {
      if (await compiler.refreshKeys()) syncer.recompile();
    }, KEY_REFRESH_INTERVAL_MS);
  }

  /**
   * Resolves once the first version is published, and sidecars that are required are there; rejects when the port is
   * taken, the folder is not there, or they cannot be had.
   */
  static async start(options: SessionOptions): Promise<Session> {
    const { onEvent, gatewayPort } = options;
    const { privateJwk, publicKey, publicJwk } = await sessionKeys();
    const hub = new Hub(new PassVerifier(publicKey, MESH));
    const at = await hub.listen();
    // The edge is told one address, whoever is behind it.
    const link = new Switch(at);
    const url = await link.listen({ address: '127.0.0.1', port: 0 });
    const state = new SessionState();
    const seeing = await SessionTelemetry.start();
    const { window } = seeing.telemetry;
    const reports = new ProxyReports(window);
    const inside = new Inside(
      hub,
      link,
      { ...options, onRequest: (proxy, request) => reports.add(proxy, request) },
      publicJwk,
    );
    await inside.prepare();
    let restarted = (): void => {};
    let edge: LocalEdge;
    try {
      edge = await LocalEdge.start({
        host: options.host,
        port: options.edgePort,
        vars: {
          MESH,
          GATEWAY_PORT: gatewayPort === undefined ? 'any' : String(gatewayPort),
          REFRESH_MS: String(EDGE_REFRESH_MS),
          FORESAIL_LINKS: JSON.stringify({
            clusters: { '*': { url } },
            // The world outside is played here, whatever runs inside.
            egress: { url: `http://${at.address}:${at.port}` },
          }),
          EDGE_PASS_KEY: privateJwk,
          ...seeing.vars,
        },
        onLog: (line, level) => onEvent({ kind: 'log', level, line }),
        onRestart: () => restarted(),
      });
    } catch (error) {
      await Promise.all([hub.close(), link.close(), seeing.stop()]);
      throw error;
    }
    const store = new WorkersKvStore({ ...edge.kv, minSameKeyWriteIntervalMs: 0 });
    const publisher = new Publisher({ store, mesh: MESH, syncer: 'foresail up', replaceBrokenRoot: true });
    const feed = sessionConsole(options.source, { edge, store, publisher, window, inside }, state);
    const outside = { edge, publisher, console: feed, seeing };
    const syncer = startSessionSyncer(options, outside, hub, inside, state);
    const session = new Session(outside, hub, inside, link, syncer, options.compiler, state);
    restarted = () => {
      // Ctrl-C goes to workerd as well.
      if (state.isStopping) return;
      onEvent({ kind: 'restarted' });
      syncer.recompile();
    };
    try {
      await syncer.ready;
      await state.live.promise;
      await inside.settled;
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
    return [...this.#state.findings, ...this.#inside.findings];
  }

  get sidecars(): SidecarsState {
    return this.#inside.state;
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
    const { edge, seeing } = this;
    await Promise.all([edge.stop(), this.#link.close(), this.#hub.close(), this.#inside.stop(), seeing.stop()]);
  }
}
