import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import type { TokenReviewer } from '../../ca/callers/token-reviewer.ts';
import type { Mesh } from '../../mesh/model.ts';
import type { Finding } from '../../resources/finding.ts';
import type { Compiler } from '../compiler.ts';
import type { ConsoleFeed } from '../console/console-feed.ts';
import type { RemoteClusterStatus } from '../multicluster/remote-clusters.ts';
import type { ProxyEncoder } from '../proxies/proxy-configs.ts';
import type { Source } from '../sources/source.ts';
import { type SnapshotPublisher, type SyncerEvent, startSyncer } from '../syncer.ts';
import { type ConsoleFacts, DaemonConsole } from './daemon-console.ts';
import { type DaemonTelemetry, startDaemonTelemetry, type TelemetryAddress } from './daemon-telemetry.ts';
import { type ProxyServer, type ProxyServerOptions, startProxyServer } from './proxy-server.ts';
import { DaemonState } from './state.ts';
import { type StatusApi, startStatusApi } from './status-api.ts';

/** The parts: on Kubernetes the source, the token reviewer and the CA's store are others. */
export interface ForesaildOptions {
  readonly source: Source;
  readonly compiler: Compiler;
  /** Where snapshots for the edge go. */
  readonly publisher: SnapshotPublisher;
  readonly ca: MeshCa;
  readonly tokens: TokenReviewer;
  readonly encoder: ProxyEncoder;
  /** Of proxies and agents. */
  readonly grpc: Pick<ProxyServerOptions, 'address' | 'names' | 'minPhaseMs'>;
  /** Of health and status. */
  readonly http: { readonly host: string; readonly port: number };
  /** Of what edges push and Prometheus fetches; undefined: neither. */
  readonly telemetry?: TelemetryAddress | undefined;
  readonly console: ConsoleFacts;
  /** The other clusters of the mesh. */
  readonly remoteClusters?: () => readonly RemoteClusterStatus[];
  onSync(event: SyncerEvent): void;
  /** After every compile, before it is published. */
  onCompiled?(mesh: Mesh, findings: readonly Finding[]): void;
}

export interface Foresaild {
  readonly proxies: ProxyServer;
  readonly status: StatusApi;
  readonly telemetry: DaemonTelemetry | undefined;
  /** What the web console shows. */
  readonly console: ConsoleFeed;
  /** Publishes again what there is: it is our turn now. */
  republish(): void;
  stop(): Promise<void>;
}

const KEY_REFRESH_INTERVAL_MS = 30_000;

/**
 * The control plane in one process: source → Mesh → snapshots for the edge, configuration for proxies; certificates;
 * health and status. Rejects when an address is taken or the source was never there; everything later is tried again.
 */
export async function startForesaild(options: ForesaildOptions): Promise<Foresaild> {
  const { source, compiler, publisher, ca, tokens, encoder, grpc, http, onSync } = options;
  const state = new DaemonState();
  const proxies = await startProxyServer({ ca, tokens, encoder, ...grpc });
  const stopProxies = async (error: unknown): Promise<never> => {
    await proxies.stop();
    throw error;
  };
  const status = await startStatusApi({
    ...http,
    state,
    proxies: proxies.configs,
    ca,
    remoteClusters: options.remoteClusters ?? (() => []),
  }).catch(stopProxies);
  const telemetry =
    options.telemetry === undefined
      ? undefined
      : await startDaemonTelemetry(options.telemetry, ca, proxies.configs).catch(async (error: unknown) => {
          await status.stop();
          return stopProxies(error);
        });
  const shown = new DaemonConsole(options.console, {
    ca,
    ledger: proxies.caServices.ledger,
    proxies: proxies.configs,
    telemetry: telemetry?.telemetry,
  });
  const syncer = startSyncer({
    source,
    publisher,
    compile: async ({ resources, remotes }) => {
      const { mesh, findings } = await compiler.compile(resources, remotes);
      if (mesh.settings.trustDomain !== ca.trustDomain) {
        ca.log('trust-domain-differs', { meshConfig: mesh.settings.trustDomain, ca: ca.trustDomain });
      }
      // Before the store has it: a store that cannot be reached holds up no proxy.
      proxies.configs.setMesh(mesh);
      shown.compiled(mesh);
      options.onCompiled?.(mesh, findings);
      return { gateway: mesh.edge, findings };
    },
    onEvent: (event) => {
      state.take(event);
      telemetry?.synced(event);
      shown.synced(event);
      onSync(event);
    },
  });
  const keyTimer = setInterval(async () => {
    if (await compiler.refreshKeys()) syncer.recompile();
  }, KEY_REFRESH_INTERVAL_MS);
  const stop = async (): Promise<void> => {
    clearInterval(keyTimer);
    await Promise.all([syncer.stop(), proxies.stop(), status.stop(), telemetry?.stop()]);
  };
  try {
    await syncer.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { proxies, status, telemetry, console: shown.feed, republish: () => syncer.recompile(), stop };
}
