import type { DenoKvDatabase } from '../store/deno-kv.ts';

/** The part of the `Deno` namespace that the edge uses; Deno's own types would clash with those of the other runtimes. */
export interface DenoRuntime {
  readonly env: { toObject(): Record<string, string> };
  openKv(path?: string): Promise<DenoKvDatabase>;
  upgradeWebSocket(
    request: Request,
    options: { readonly protocol?: string },
  ): { readonly socket: WebSocket; readonly response: Response };
  createHttpClient(options: { readonly allowHost: boolean }): HttpClient;
}

/** Opaque: an option of `fetch` and `WebSocket`. */
export interface HttpClient {
  close(): void;
}

/** What `deno serve` tells of a request beside the request. */
export interface ServeInfo {
  readonly remoteAddr: { readonly hostname?: string };
}

export const deno = (globalThis as unknown as { readonly Deno: DenoRuntime }).Deno;
