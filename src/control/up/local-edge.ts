import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, Miniflare, NoOpLog, type WorkerdStructuredLog } from 'miniflare';
import { bundleEdge } from './bundle-edge.ts';

/** How the edge runs on this machine. */
export interface LocalEdgeOptions {
  /** An address, or `localhost` for 127.0.0.1 and ::1. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  /** Variables and secrets of the worker. */
  readonly vars: Readonly<Record<string, string>>;
  onLog(line: string, level: string): void;
  /** workerd ended by itself and has been started again, with an empty or the old store. */
  onRestart(): void;
}

export class PortTaken extends Error {
  override readonly name = 'PortTaken';
  readonly port: number;

  constructor(host: string, port: number, cause: unknown) {
    super(`port ${port} on ${host} is taken`, { cause });
    this.port = port;
  }
}

interface EdgeAdmin {
  readonly prefix: string;
  readonly token: string;
}

const MAX_REFRESHES = 20;
const REFRESH_PAUSE_MS = 50;
const NAMESPACE_ID = 'foresail';
const COMPATIBILITY_DATE = '2026-10-23';

/** workerd with the edge worker and its KV namespace in-process, by Miniflare. */
export class LocalEdge {
  readonly #miniflare: Miniflare;
  readonly #relay: Server | undefined;
  readonly #admin: EdgeAdmin;
  readonly url: string;
  /** Cloudflare's REST API for the namespace, and its id. */
  readonly kv: { readonly apiBase: string; readonly namespaceId: string };

  private constructor(miniflare: Miniflare, relay: Server | undefined, url: string, entry: URL, admin: EdgeAdmin) {
    this.#miniflare = miniflare;
    this.#relay = relay;
    this.#admin = { ...admin, prefix: new URL(admin.prefix, entry).href };
    this.url = url;
    this.kv = { apiBase: new URL('/cdn-cgi/local/explorer/api', entry).href, namespaceId: NAMESPACE_ID };
  }

  static async start(options: LocalEdgeOptions): Promise<LocalEdge> {
    const isLocalhost = options.host === 'localhost';
    const address = isLocalhost ? '127.0.0.1' : options.host;
    const port = await claimPort(address, options.port, options.host);
    // Two look-ups on the network that nobody has asked for.
    process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
    const script = await bundleEdge();
    // Where nobody comes by chance: the paths of a mesh are its own.
    const admin = { prefix: `/_foresail-${crypto.randomUUID()}`, token: crypto.randomUUID() };
    const vars = { ...options.vars, ADMIN_PREFIX: admin.prefix, ADMIN_TOKEN: admin.token };
    const miniflare = withoutSignalHandlers(
      () => new Miniflare(miniflareOptions({ ...options, vars }, address, port, script)),
    );
    try {
      const entry = await miniflare.ready;
      const relay = isLocalhost ? await relayIpv6(port) : undefined;
      const url = `http://${address.includes(':') ? `[${address}]` : isLocalhost ? 'localhost' : address}:${port}`;
      return new LocalEdge(miniflare, relay, url, entry, admin);
    } catch (error) {
      await miniflare.dispose().catch(() => {});
      throw error;
    }
  }

  /**
   * Resolves once the edge serves this version. By itself it would look only when the next request comes, and answer
   * that one as before.
   */
  async refreshTo(version: number): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_REFRESHES; attempt++) {
      try {
        const response = await fetch(`${this.#admin.prefix}/refresh`, {
          method: 'POST',
          headers: { authorization: `Bearer ${this.#admin.token}` },
        });
        const status = (await response.json()) as { readonly version?: number };
        if ((status.version ?? 0) >= version) return true;
      } catch {
        // workerd is being started again.
      }
      await sleep(REFRESH_PAUSE_MS);
    }
    return false;
  }

  async stop(): Promise<void> {
    this.#relay?.close();
    await this.#miniflare.dispose();
  }
}

/** Miniflare ends the process at a signal, with an exit code of its own; how this process ends is not its business. */
function withoutSignalHandlers<T>(make: () => T): T {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const before = signals.map((signal) => new Set(process.listeners(signal)));
  const made = make();
  for (const [index, signal] of signals.entries()) {
    for (const listener of process.listeners(signal)) {
      if (!before[index]?.has(listener)) process.off(signal, listener);
    }
  }
  return made;
}

function miniflareOptions(
  { vars, onLog, onRestart }: LocalEdgeOptions,
  address: string,
  port: number,
  script: string,
): ConstructorParameters<typeof Miniflare>[0] {
  return {
    // Its own entry changes requests (Accept-Encoding, /cdn-cgi/): only the store's API is used of it. The edge has a
    // socket of its own.
    host: '127.0.0.1',
    port: 0,
    cf: false,
    log: new NoOpLog() as Log,
    handleStructuredLogs: ({ level, message }: WorkerdStructuredLog) => onLog(message, level),
    telemetry: { enabled: false },
    unsafeLocalExplorer: true,
    unsafeHandleRuntimeRestart: onRestart,
    workers: [
      {
        config: {
          name: 'edge',
          compatibilityDate: COMPATIBILITY_DATE,
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: '/',
            modules: { 'worker.js': { type: 'esm', contents: script } },
          },
          env: {
            CONFIG: { type: 'kv', id: NAMESPACE_ID },
            ...Object.fromEntries(
              Object.entries(vars).map(([name, value]) => [name, { type: 'text' as const, value }]),
            ),
          },
          exports: {},
        },
        dev: { unsafeDirectSockets: [{ host: address, port }], stripCfConnectingIp: false },
      },
    ],
  };
}

/** workerd says of a taken port only that it has failed: tried before, it can be named. */
async function claimPort(address: string, port: number, host: string): Promise<number> {
  const server = createServer();
  try {
    server.listen(port, address);
    await once(server, 'listening');
    const claimed = server.address();
    return typeof claimed === 'object' && claimed !== null ? claimed.port : port;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE') throw new PortTaken(host, port, cause);
    throw cause;
  } finally {
    if (server.listening) await once(server.close(), 'close');
  }
}

/** Browsers try ::1 for localhost first. Where there is no IPv6, or somebody has the port there, 127.0.0.1 is enough. */
async function relayIpv6(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => {
    const upstream = connect(port, '127.0.0.1');
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
    socket.pipe(upstream).pipe(socket);
  });
  try {
    server.listen({ port, host: '::1', ipv6Only: true });
    await once(server, 'listening');
    server.unref();
    return server;
  } catch {
    return undefined;
  }
}
