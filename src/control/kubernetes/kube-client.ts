import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { text } from 'node:stream/consumers';
import type { KubeConfig } from '@kubernetes/client-node';
import { parseRetryAfterMs } from '../../store/retry.ts';
import { KubeError } from './kube-error.ts';

export type PatchType = 'merge' | 'json' | 'apply';

export interface KubeRequest {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  /** Of a PATCH. */
  readonly patchType?: PatchType;
  /** Lists and watches give `metadata` alone. */
  readonly metadataOnly?: boolean;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
};

const DEFAULT_TIMEOUT_MS = 30_000;
/** A server that is gone without a word is noticed after this. */
const KEEP_ALIVE_MS = 30_000;

/** HTTP to one API server, as a kubeconfig or a pod's service account says: where, trust, and who we are. */
export class KubeClient {
  /** For messages. */
  readonly name: string;
  readonly #config: KubeConfig;
  readonly #server: URL;

  constructor(config: KubeConfig) {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new KubeError(0, 'NoCluster', 'the kubeconfig names no cluster in its current context');
    this.#config = config;
    this.#server = new URL(cluster.server);
    this.name = cluster.server;
  }

  get<T>(path: string, request: KubeRequest = {}): Promise<T> {
    return this.#json('GET', path, request);
  }

  post<T>(path: string, body: unknown, request: KubeRequest = {}): Promise<T> {
    return this.#json('POST', path, { ...request, body });
  }

  put<T>(path: string, body: unknown, request: KubeRequest = {}): Promise<T> {
    return this.#json('PUT', path, { ...request, body });
  }

  patch<T>(path: string, patchType: PatchType, body: unknown, request: KubeRequest = {}): Promise<T> {
    return this.#json('PATCH', path, { ...request, body, patchType });
  }

  delete(path: string, request: KubeRequest = {}): Promise<unknown> {
    return this.#json('DELETE', path, request);
  }

  /** The lines of an answer that does not end by itself: a watch. */
  async *lines(path: string, request: KubeRequest = {}): AsyncGenerator<string> {
    const response = await this.#send('GET', path, { ...request, timeoutMs: 0 });
    let rest = '';
    response.setEncoding('utf8');
    for await (const chunk of response as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  }

  // The caller says what it expects; whoever reads fields of users' objects checks them.
  async #json<T>(method: string, path: string, request: KubeRequest): Promise<T> {
    const response = await this.#send(method, path, request);
    return JSON.parse(await text(response)) as T;
  }

  async #send(method: string, path: string, request: KubeRequest): Promise<IncomingMessage> {
    const { body, patchType, metadataOnly, signal, timeoutMs = DEFAULT_TIMEOUT_MS } = request;
    const url = this.#url(path, request.query);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const options: RequestOptions = {
      method,
      headers: {
        accept: metadataOnly === true ? METADATA_ONLY : 'application/json',
        'user-agent': 'foresaild',
        ...(payload === undefined
          ? {}
          : {
              'content-type': patchType === undefined ? 'application/json' : PATCH_TYPES[patchType],
              'content-length': Buffer.byteLength(payload),
            }),
      },
    };
    // Tokens and certificates are read again when they have been rotated.
    await this.#config.applyToHTTPSOptions(options);
    const signals = [
      ...(signal === undefined ? [] : [signal]),
      ...(timeoutMs > 0 ? [AbortSignal.timeout(timeoutMs)] : []),
    ];
    if (signals.length > 0) options.signal = AbortSignal.any(signals);
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
    const call = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
    call.on('error', reject);
    call.on('response', resolve);
    call.on('socket', (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    call.end(payload);
    const response = await promise;
    const code = response.statusCode ?? 0;
    if (code >= 200 && code < 300) return response;
    const retryAfterMs = parseRetryAfterMs(response.headers['retry-after'] ?? null, Date.now());
    throw KubeError.of(code, await text(response), retryAfterMs);
  }

  #url(path: string, query: KubeRequest['query']): URL {
    const url = new URL(this.#server);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
    for (const [key, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(key, String(value));
    }
    return url;
  }
}

const METADATA_ONLY = [
  'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
].join(',');
