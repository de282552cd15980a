import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { parse as parseYaml } from 'yaml';
import { ApiError, errors, SUCCESS } from './api-error.ts';
import { Authentication, type UserInfo } from './authentication.ts';
import { isAllowed } from './authorization.ts';
import { customType } from './custom-resources.ts';
import { discover } from './discovery.ts';
import { Faults } from './faults.ts';
import { type Fields, isFields, type KubeObject } from './kube-object.ts';
import { Lister } from './list.ts';
import { ObjectStore } from './object-store.ts';
import { parseResourcePath, type ResourcePath } from './request-path.ts';
import { BUILT_IN_TYPES, type ResourceType, typeKey } from './resource-types.ts';
import { answerReview } from './reviews.ts';
import { type Filter, parseSelectors } from './selectors.ts';
import { type ServingFiles, servingFiles } from './serving-files.ts';
import { Watcher } from './watch.ts';
import { keyOf, ObjectWriter, type WriteTarget } from './writes.ts';

export interface ApiServerOptions {
  /** HTTPS with a certificate of its own, and client certificates. */
  readonly tls?: boolean;
  /** Users other than the admin may do only what RBAC objects allow. */
  readonly rbac?: boolean;
  readonly bookmarkIntervalMs?: number;
  /** Where a Service really listens, for webhooks: `https://127.0.0.1:PORT`. */
  readonly serviceAddress?: (namespace: string, name: string, port: number) => string | undefined;
  readonly port?: number;
}

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly user: string;
}

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
const WRITES: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

/** A Kubernetes API server for tests: behaves as the real one over HTTP(S), keeps everything in memory, fails on demand. */
export class ApiServer {
  readonly faults = new Faults();
  readonly store = new ObjectStore();
  readonly authentication: Authentication;
  readonly requests: LoggedRequest[] = [];
  readonly #options: ApiServerOptions;
  readonly #writer: ObjectWriter;
  readonly #lister: Lister;
  readonly #watcher: Watcher;
  readonly #server: Server;
  readonly #files: ServingFiles | undefined;

  private constructor(options: ApiServerOptions, files: ServingFiles | undefined) {
    this.#options = options;
    this.#files = files;
    const nowMs = (): number => Date.now() + this.faults.clockSkewMs;
    this.authentication = new Authentication(nowMs);
    const serviceAddress = options.serviceAddress ?? (() => undefined);
    this.#writer = new ObjectWriter({ store: this.store, nowMs, serviceAddress });
    this.#lister = new Lister(this.store);
    this.#watcher = new Watcher(this.store, this.faults, options.bookmarkIntervalMs ?? 60_000);
    const listener = (request: IncomingMessage, response: ServerResponse): void => void this.#serve(request, response);
    this.#server =
      files === undefined
        ? createHttpServer(listener)
        : createHttpsServer({ ...files.server, requestCert: true, rejectUnauthorized: false }, listener);
  }

  static async start(options: ApiServerOptions = {}): Promise<ApiServer> {
    const server = new ApiServer(options, options.tls === true ? await servingFiles() : undefined);
    const { promise, resolve } = Promise.withResolvers<void>();
    server.#server.listen(options.port ?? 0, '127.0.0.1', resolve);
    await promise;
    for (const name of NAMESPACES) {
      await server.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    return server;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#files === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  }

  /** As a file for KUBECONFIG. */
  kubeconfig(user: Fields = { token: this.authentication.adminToken }): string {
    const ca = this.#files?.ca;
    const authority =
      ca === undefined
        ? { 'insecure-skip-tls-verify': true }
        : { 'certificate-authority-data': Buffer.from(ca).toString('base64') };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'test', cluster: { server: this.url, ...authority } }],
      users: [{ name: 'test', user }],
      contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
      'current-context': 'test',
    });
  }

  /** `user` entry of a kubeconfig with a client certificate of this name. */
  async clientCertificate(commonName: string, organization: string): Promise<Fields> {
    if (this.#files === undefined) throw new Error('the server speaks no TLS');
    return this.#files.clientCertificate(commonName, organization);
  }

  /** As the admin, without HTTP: to set the scene. */
  async create(object: Fields): Promise<KubeObject> {
    const target = this.#adminTarget(object);
    return (await this.#writer.create(target, object)).object;
  }

  /** Creates or replaces. */
  async put(object: Fields): Promise<KubeObject> {
    const target = this.#adminTarget(object);
    const { type, namespace, name = '' } = target;
    const live = this.store.get(typeKey(type), keyOf(type, namespace, name));
    if (live === undefined) return (await this.#writer.create(target, object)).object;
    const { status, ...body } = object;
    let { object: written } = await this.#writer.update(target, body);
    if (status !== undefined && type.hasStatus) {
      const withStatus = { ...written, status };
      written = (await this.#writer.update({ ...target, subresource: 'status' }, withStatus)).object;
    }
    return written;
  }

  async remove(apiVersion: string, kind: string, namespace: string | undefined, name: string): Promise<void> {
    await this.#writer.delete(this.#adminTarget({ apiVersion, kind, metadata: { name, namespace } }), {});
  }

  get(apiVersion: string, kind: string, namespace: string | undefined, name: string): KubeObject | undefined {
    const { type } = this.#adminTarget({ apiVersion, kind, metadata: { name } });
    return this.store.get(typeKey(type), keyOf(type, namespace, name));
  }

  list(apiVersion: string, kind: string): KubeObject[] {
    return this.store.list(typeKey(this.#adminTarget({ apiVersion, kind, metadata: { name: '' } }).type));
  }

  /** Watches end, as they do every few minutes, or, abruptly, as networks fail. All, or those of one resource. */
  dropWatches({ abruptly = true, plural }: { abruptly?: boolean; plural?: string } = {}): number {
    const dropped = [...this.#watcher.open].filter((watch) => plural === undefined || watch.plural === plural);
    for (const watch of dropped) watch.end(abruptly);
    return dropped.length;
  }

  get openWatches(): number {
    return this.#watcher.open.size;
  }

  async stop(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }

  types(): readonly ResourceType[] {
    return [...BUILT_IN_TYPES, ...this.store.list('apiextensions.k8s.io/customresourcedefinitions').map(customType)];
  }

  #adminTarget(object: Fields): WriteTarget {
    const apiVersion = String(object.apiVersion);
    const slash = apiVersion.indexOf('/');
    const group = slash === -1 ? '' : apiVersion.slice(0, slash);
    const type = this.types().find((candidate) => candidate.group === group && candidate.kind === object.kind);
    if (type === undefined) throw new Error(`there is no ${apiVersion} ${String(object.kind)} in this API server`);
    const metadata = isFields(object.metadata) ? object.metadata : {};
    return {
      type,
      version: apiVersion.slice(slash + 1),
      namespace: type.namespaced ? String(metadata.namespace ?? 'default') : undefined,
      name: metadata.name === undefined ? undefined : String(metadata.name),
      subresource: undefined,
      user: { username: 'admin', groups: ['system:masters'] },
      manager: 'test',
      isDryRun: false,
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#answer(request, response);
    } catch (error) {
      const refusal =
        error instanceof ApiError
          ? error
          : new ApiError(500, 'InternalError', error instanceof Error ? (error.stack ?? error.message) : String(error));
      if (response.headersSent) {
        response.end();
        return;
      }
      const retry = refusal.retryAfterS === undefined ? {} : { 'retry-after': String(refusal.retryAfterS) };
      respond(response, refusal.code, refusal.status, retry);
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    const method = request.method ?? 'GET';
    const fault = this.faults.take({ method, url });
    if (fault !== undefined) throw fault;
    const path = url.pathname
      .split('/')
      .filter((part) => part !== '')
      .map(decodeURIComponent);
    if (['healthz', 'livez', 'readyz'].includes(path[0] ?? '')) {
      response.end('ok');
      return;
    }
    const user = await this.authentication.userOf(request);
    this.requests.push({ method, path: url.pathname, query: url.search, user: user.username });
    if (path[0] === 'version') {
      respond(response, 200, { major: '1', minor: '34', gitVersion: 'v1.34.0', platform: 'linux/amd64' });
      return;
    }
    const types = this.types();
    const resource = parseResourcePath(path, types);
    if (resource === undefined) {
      await this.#answerOther(path, method, request, response, user, types);
      return;
    }
    this.#authorize(user, method, resource, url);
    if (method === 'GET') await this.#read(resource, url, request, response);
    else await this.#write(resource, method, url, request, response, user);
  }

  async #answerOther(
    path: readonly string[],
    method: string,
    request: IncomingMessage,
    response: ServerResponse,
    user: UserInfo,
    types: readonly ResourceType[],
  ): Promise<void> {
    const found = method === 'GET' ? discover(path, types) : undefined;
    if (found !== undefined) {
      respond(response, 200, found);
      return;
    }
    const plural = path.at(-1) ?? '';
    const isReview = method === 'POST' && plural.endsWith('reviews') && path[0] === 'apis';
    const body = isReview ? await readBody(request) : {};
    const answer = isReview ? await answerReview(plural, body, user, this.authentication, this.store) : undefined;
    if (answer === undefined) throw errors.noSuchPath();
    respond(response, 201, answer);
  }

  #authorize(user: UserInfo, method: string, { type, namespace, name, subresource }: ResourcePath, url: URL): void {
    if (this.#options.rbac !== true) return;
    const isWatch = url.searchParams.get('watch') === 'true';
    const read = name !== undefined ? 'get' : isWatch ? 'watch' : 'list';
    const written = method === 'DELETE' && name === undefined ? 'deletecollection' : (WRITES[method] ?? read);
    const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
    const access = { verb: method === 'GET' ? read : written, group: type.group, resource, namespace, name };
    if (isAllowed(user, access, this.store)) return;
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    throw errors.forbidden(
      `${type.plural} is forbidden: User "${user.username}" cannot ${access.verb} resource "${resource}" in API group "${type.group}" ${where}`,
    );
  }

  async #read(resource: ResourcePath, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { type, version, namespace, name } = resource;
    const query = url.searchParams;
    const accept = request.headers.accept ?? '';
    const isPartial = accept.includes('as=PartialObjectMetadata');
    const present = (object: KubeObject): Fields => (isPartial ? partial(object) : inVersion(object, type, version));
    if (name !== undefined) {
      const object = this.store.get(typeKey(type), keyOf(type, namespace, name));
      if (object === undefined) throw errors.notFound(type.plural, type.group, name);
      respond(response, 200, present(object));
      return;
    }
    const filter: Filter = parseSelectors(query.get('labelSelector'), query.get('fieldSelector'));
    if (query.get('watch') === 'true' || query.get('watch') === '1') {
      this.#watcher.watch({ type, namespace, filter, query, present }, response);
      return;
    }
    const { listDelayMs } = this.faults;
    if (listDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, listDelayMs));
    const { metadata, items } = this.#lister.list(type, namespace, filter, query);
    const what = isPartial
      ? { kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' }
      : { kind: `${type.kind}List`, apiVersion: type.group === '' ? version : `${type.group}/${version}` };
    respond(response, 200, { ...what, metadata, items: (items as KubeObject[]).map(present) });
  }

  async #write(
    resource: ResourcePath,
    method: string,
    url: URL,
    request: IncomingMessage,
    response: ServerResponse,
    user: UserInfo,
  ): Promise<void> {
    const { type, version, namespace, name, subresource } = resource;
    const query = url.searchParams;
    const target: WriteTarget = {
      ...resource,
      user,
      manager: query.get('fieldManager') ?? (request.headers['user-agent'] ?? 'unknown').split('/')[0] ?? 'unknown',
      isDryRun: query.get('dryRun') === 'All',
    };
    const body = await readBody(request);
    if (subresource === 'token' && type.plural === 'serviceaccounts' && method === 'POST') {
      respond(response, 201, await this.#tokenRequest(namespace ?? '', name ?? '', body));
      return;
    }
    if (subresource !== undefined && !(subresource === 'status' && type.hasStatus) && subresource !== 'finalize') {
      throw errors.noSuchPath();
    }
    if (method === 'DELETE') {
      if (name !== undefined) {
        const { object, isGone } = await this.#writer.delete(target, body);
        respond(response, 200, isGone ? { ...SUCCESS } : inVersion(object, type, version));
        return;
      }
      const filter = parseSelectors(query.get('labelSelector'), query.get('fieldSelector'));
      for (const { metadata } of this.store.list(typeKey(type)).filter(filter)) {
        if (namespace !== undefined && metadata.namespace !== namespace) continue;
        await this.#writer.delete({ ...target, namespace: metadata.namespace, name: metadata.name }, {});
      }
      respond(response, 200, { ...SUCCESS });
      return;
    }
    if (type.namespaced && namespace === undefined) throw errors.methodNotAllowed();
    const contentType = (request.headers['content-type'] ?? '').split(';')[0] ?? '';
    const { object, isNew, warnings } = await this.#dispatch(target, method, contentType, body, query);
    for (const warning of warnings) response.appendHeader('warning', `299 - ${JSON.stringify(warning)}`);
    respond(response, isNew ? 201 : 200, inVersion(object, type, version));
  }

  async #dispatch(target: WriteTarget, method: string, contentType: string, body: Fields, query: URLSearchParams) {
    switch (method) {
      case 'POST':
        if (target.name !== undefined) throw errors.methodNotAllowed();
        return this.#writer.create(target, body);
      case 'PUT':
        return this.#writer.update(target, body);
      case 'PATCH':
        if (contentType !== 'application/apply-patch+yaml') return this.#writer.patch(target, contentType, body);
        if (!query.get('fieldManager')) {
          throw errors.invalid(
            'PatchOptions.meta.k8s.io ""',
            'fieldManager: Required value: is required for apply patch',
          );
        }
        return this.#writer.apply(target, body, query.get('force') === 'true');
      default:
        throw errors.methodNotAllowed();
    }
  }

  async #tokenRequest(namespace: string, name: string, body: Fields): Promise<Fields> {
    if (this.store.get('/serviceaccounts', `${namespace}/${name}`) === undefined) {
      throw errors.notFound('serviceaccounts', '', name);
    }
    const spec = isFields(body.spec) ? body.spec : {};
    const ttlS = typeof spec.expirationSeconds === 'number' ? spec.expirationSeconds : 3600;
    const audiences =
      Array.isArray(spec.audiences) && spec.audiences.length > 0 ? spec.audiences.map(String) : undefined;
    const token = await this.authentication.serviceAccountToken(namespace, name, {
      ttlS,
      ...(audiences === undefined ? {} : { audiences }),
    });
    return { ...body, kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', status: { token } };
  }
}

function partial({ metadata }: KubeObject): Fields {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata };
}

/** Every version of a kind has the same fields here, as where the conversion strategy is None. */
function inVersion(object: KubeObject, { group }: ResourceType, version: string): Fields {
  return { ...object, apiVersion: group === '' ? version : `${group}/${version}` };
}

/** JSON or YAML; a JSON patch is a list. */
async function readBody(request: IncomingMessage): Promise<Fields> {
  const body = await text(request);
  if (body === '') return {};
  try {
    return (body.startsWith('{') || body.startsWith('[') ? JSON.parse(body) : parseYaml(body)) as Fields;
  } catch (error) {
    throw errors.badRequest(`the body cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function respond(response: ServerResponse, code: number, body: Fields, headers: Record<string, string> = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}
