import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

interface Worker {
  readonly code: string;
  readonly bindings: readonly Readonly<Record<string, unknown>>[];
  readonly secrets: Map<string, string>;
}

const ACCOUNT = '/client/v4/accounts/acc';

/** Cloudflare's REST API as far as an edge is deployed with it, over real sockets. */
export class CloudflareApi {
  readonly namespaces: { id: string; title: string }[] = [];
  readonly workers = new Map<string, Worker>();
  readonly certificates: { id: string; name: string }[] = [];
  readonly zones = [{ id: 'zone1', name: 'example.com' }];
  readonly routes: { id: string; pattern: string; script: string }[] = [];
  /** `METHOD path` of everything but reads. */
  readonly writes: string[] = [];
  readonly #server: Server = createServer((request, response) => void this.#handle(request, response));
  url = '';

  static async start(): Promise<CloudflareApi> {
    const api = new CloudflareApi();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    api.url = `http://127.0.0.1:${(api.#server.address() as AddressInfo).port}/client/v4`;
    return api;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const url = new URL(request.url ?? '', 'http://x');
    const method = request.method ?? '';
    const path = url.pathname.replace(ACCOUNT, '');
    if (method !== 'GET') this.writes.push(`${method} ${path}`);
    if (request.headers.authorization !== 'Bearer secret-token')
      return answer(response, 403, undefined, 'Authentication error');
    const form = request.headers['content-type']?.startsWith('multipart/form-data')
      ? await new Response(body, { headers: { 'content-type': request.headers['content-type'] } }).formData()
      : undefined;
    const json = form === undefined && body.length > 0 ? JSON.parse(body.toString()) : undefined;
    const page = Number(url.searchParams.get('page') ?? 1);
    const perPage = Number(url.searchParams.get('per_page') ?? 20);
    const paged = (list: readonly unknown[]): unknown => list.slice((page - 1) * perPage, page * perPage);
    const [, script = '', part] = /^\/workers\/scripts\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const worker = this.workers.get(script);
    switch (`${method} ${script === '' ? path : (part ?? 'script')}`) {
      case 'GET /storage/kv/namespaces':
        return answer(response, 200, paged(this.namespaces));
      case 'POST /storage/kv/namespaces':
        if (this.namespaces.some(({ title }) => title === json.title))
          return answer(response, 400, undefined, 'title exists');
        this.namespaces.push({ id: `kv${this.namespaces.length}`, title: json.title });
        return answer(response, 200, this.namespaces.at(-1));
      case 'GET settings':
        return worker === undefined
          ? answer(response, 404, undefined, 'no such worker')
          : answer(response, 200, {
              bindings: [
                ...worker.bindings,
                ...[...worker.secrets.keys()].map((name) => ({ type: 'secret_text', name })),
              ],
            });
      case 'PUT script': {
        const metadata = JSON.parse(await partOf(form, 'metadata'));
        const code = await partOf(form, metadata.main_module);
        const kept = metadata.keep_bindings?.includes('secret_text') === true ? worker?.secrets : undefined;
        this.workers.set(script, { code, bindings: metadata.bindings, secrets: kept ?? new Map() });
        return answer(response, 200, { id: script });
      }
      case 'GET secrets':
        return answer(
          response,
          200,
          [...(worker?.secrets.keys() ?? [])].map((name) => ({ name, type: 'secret_text' })),
        );
      case 'PUT secrets':
        worker?.secrets.set(json.name, json.text);
        return answer(response, 200, { name: json.name });
      case 'GET /mtls_certificates':
        return answer(response, 200, paged(this.certificates));
      case 'POST /mtls_certificates':
        this.certificates.push({ id: `cert${this.certificates.length}`, name: json.name });
        return answer(response, 200, this.certificates.at(-1));
      case 'GET /client/v4/zones':
        return answer(
          response,
          200,
          this.zones.filter(({ name }) => name === url.searchParams.get('name')),
        );
      case 'GET /client/v4/zones/zone1/workers/routes':
        return answer(response, 200, this.routes);
      case 'POST /client/v4/zones/zone1/workers/routes':
        this.routes.push({ id: `route${this.routes.length}`, ...json });
        return answer(response, 200, this.routes.at(-1));
      default:
        return answer(response, 405, undefined, `there is no ${method} ${path}`);
    }
  }
}

function answer(response: ServerResponse, status: number, result: unknown, error?: string): void {
  const errors = error === undefined ? [] : [{ code: 10_000, message: error }];
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ success: error === undefined, errors, messages: [], result: result ?? null }));
}

async function partOf(form: FormData | undefined, name: string): Promise<string> {
  const part = form?.get(name);
  return part instanceof Blob ? await part.text() : '';
}
