import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Fault {
  /** Of the next requests whose path matches. */
  readonly times: number;
  readonly path?: RegExp;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the connection without an answer. */
  readonly reset?: boolean;
  /** Answers the beginning of a body and then ends the connection. */
  readonly cutBody?: boolean;
  readonly delayMs?: number;
  /** Bulk writes name these as not stored, and do not store them. */
  readonly loses?: readonly string[];
}

/** Cloudflare's KV REST API over real sockets, with faults. */
export class FakeKvApi {
  readonly values = new Map<string, string>();
  readonly requests: { method: string; path: string; authorization: string | undefined; body: string }[] = [];
  readonly #server: Server;
  #faults: { fault: Fault; left: number }[] = [];
  base = '';
  readonly #namespaceId: string;
  readonly #token: string | undefined;
  pageSize = 1_000;

  private constructor(namespaceId: string, token: string | undefined) {
    this.#namespaceId = namespaceId;
    this.#token = token;
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(namespaceId: string, token?: string): Promise<FakeKvApi> {
    const api = new FakeKvApi(namespaceId, token);
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    api.base = `http://127.0.0.1:${(api.#server.address() as AddressInfo).port}/client/v4/accounts/acc`;
    return api;
  }

  fail(fault: Fault): void {
    this.#faults.push({ fault, left: fault.times });
  }

  heal(): void {
    this.#faults = [];
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<unknown> {
    const body = await new Promise<string>((resolve) => {
      let text = '';
      request.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      request.on('end', () => resolve(text)).on('error', () => resolve(text));
    });
    const url = new URL(request.url ?? '', 'http://x');
    const path = url.pathname.replace('/client/v4/accounts/acc/storage/kv/namespaces/', '');
    const { authorization } = request.headers;
    this.requests.push({ method: request.method ?? '', path, authorization, body });
    const fault = this.#nextFault(path);
    if (fault?.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
    if (fault?.reset) return request.socket.destroy();
    if (fault?.cutBody) {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      response.write('{"success":true');
      return setTimeout(() => request.socket.destroy(), 5);
    }
    if (fault?.status !== undefined) {
      response.writeHead(fault.status, fault.headers);
      return response.end(
        fault.body ?? JSON.stringify({ success: false, errors: [{ code: 10000, message: 'fault' }] }),
      );
    }
    if (this.#token !== undefined && authorization !== `Bearer ${this.#token}`) {
      return fail(response, 401, 10000, 'Authentication error');
    }
    const [namespace, ...rest] = path.split('/');
    if (namespace !== this.#namespaceId) return fail(response, 404, 10013, 'namespace not found');
    return this.#answer(request.method ?? '', rest.join('/'), url.searchParams, body, response, fault);
  }

  #nextFault(path: string): Fault | undefined {
    const found = this.#faults.find(({ fault, left }) => left > 0 && (fault.path?.test(path) ?? true));
    if (found !== undefined) found.left--;
    return found?.fault;
  }

  #answer(
    method: string,
    path: string,
    query: URLSearchParams,
    body: string,
    response: ServerResponse,
    fault: Fault | undefined,
  ): ServerResponse {
    if (method === 'PUT' && path === 'bulk') {
      const pairs = JSON.parse(body) as { key: string; value: string }[];
      const lost = fault?.loses ?? [];
      for (const { key, value } of pairs) if (!lost.includes(key)) this.values.set(key, value);
      return ok(response, { successful_key_count: pairs.length - lost.length, unsuccessful_keys: lost });
    }
    if (method === 'POST' && path === 'bulk/delete') {
      for (const key of JSON.parse(body) as string[]) this.values.delete(key);
      return ok(response, {});
    }
    if (method === 'POST' && path === 'bulk/get') {
      const { keys } = JSON.parse(body) as { keys: string[] };
      if (keys.length > 100) return fail(response, 400, 10001, 'too many keys');
      return ok(response, { values: Object.fromEntries(keys.map((key) => [key, this.values.get(key) ?? null])) });
    }
    if (method === 'GET' && path === 'keys') {
      const all = [...this.values.keys()].filter((key) => key.startsWith(query.get('prefix') ?? '')).sort();
      const start = Number(query.get('cursor') ?? 0);
      const page = all.slice(start, start + this.pageSize);
      const cursor = start + page.length < all.length ? String(start + page.length) : '';
      return ok(
        response,
        page.map((name) => ({ name })),
        { count: page.length, cursor },
      );
    }
    if (method === 'GET' && path.startsWith('values/')) {
      const value = this.values.get(decodeURIComponent(path.slice('values/'.length)));
      if (value === undefined) return fail(response, 404, 10009, 'key not found');
      return response.end(value);
    }
    return fail(response, 405, 10405, 'no such endpoint');
  }
}

function ok(response: ServerResponse, result: unknown, info?: unknown): ServerResponse {
  return response.end(JSON.stringify({ success: true, errors: [], messages: [], result, result_info: info }));
}

function fail(response: ServerResponse, status: number, code: number, message: string): ServerResponse {
  return response.writeHead(status).end(JSON.stringify({ success: false, errors: [{ code, message }], result: null }));
}
