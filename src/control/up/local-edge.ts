import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
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

const NAMESPACE_ID = 'foresail';
const COMPATIBILITY_DATE = '2026-10-23';

/** workerd with the edge worker and its KV namespace in-process, by Miniflare. */
export class LocalEdge {
  readonly #miniflare: Miniflare;
  readonly #relay: Server | undefined;
  readonly url: string;
  /** Cloudflare's REST API for the namespace, and its id. */
  readonly kv: { readonly apiBase: string; readonly namespaceId: string };

  private constructor(miniflare: Miniflare, relay: Server | undefined, url: string, apiBase: string) {
    this.#miniflare = miniflare;
    this.#relay = relay;
    this.url = url;
    this.kv = { apiBase, namespaceId: NAMESPACE_ID };
  }

  static async start(options: LocalEdgeOptions): Promise<LocalEdge> {
    const isLocalhost = options.host === 'localhost';
    const address = isLocalhost ? '127.0.0.1' : options.host;
    const port = await claimPort(address, options.port, options.host);
    // Two look-ups on the network that nobody has asked for.
    process.env.CLOUDFLARE_CF_FETCH_ENABLED = 'false';
    const miniflare = new Miniflare(miniflareOptions(options, address, port, await bundleEdge()));
    try {
      const entry = await miniflare.ready;
      const relay = isLocalhost ? await relayIpv6(port) : undefined;
      const url = `http://${address.includes(':') ? `[${address}]` : isLocalhost ? 'localhost' : address}:${port}`;
      return new LocalEdge(miniflare, relay, url, new URL('/cdn-cgi/local/explorer/api', entry).href);
    } catch (error) {
      await miniflare.dispose().catch(() => {});
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.#relay?.close();
    await this.#miniflare.dispose();
  }
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
