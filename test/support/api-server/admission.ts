import { randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { ApiError } from './api-error.ts';
import type { UserInfo } from './authentication.ts';
import { type Fields, isFields, type KubeObject } from './kube-object.ts';
import { jsonPatch } from './patch.ts';
import type { ResourceType } from './resource-types.ts';
import { matchesLabelSelector } from './selectors.ts';

export interface AdmissionRequest {
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE';
  readonly type: ResourceType;
  readonly version: string;
  readonly name: string;
  readonly namespace: string | undefined;
  readonly subresource: string | undefined;
  readonly object: KubeObject | undefined;
  readonly oldObject: KubeObject | undefined;
  readonly user: UserInfo;
  readonly isDryRun: boolean;
}

export interface AdmissionWorld {
  readonly configurations: readonly KubeObject[];
  readonly namespaceLabels: Readonly<Record<string, string>>;
  /** Where a service of the cluster really listens; undefined: nobody answers there. */
  serviceAddress(namespace: string, name: string, port: number): string | undefined;
}

export interface Admitted {
  readonly object: KubeObject | undefined;
  readonly warnings: readonly string[];
}

/** Calls the webhooks that a request matches, in the order of their configurations' names; a refusal is thrown. */
export async function callWebhooks(request: AdmissionRequest, world: AdmissionWorld): Promise<Admitted> {
  let { object } = request;
  const warnings: string[] = [];
  const configurations = [...world.configurations].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  for (const { webhooks } of configurations) {
    for (const webhook of Array.isArray(webhooks) ? webhooks.filter(isFields) : []) {
      if (!isMatched(webhook, { ...request, object }, world)) continue;
      try {
        const response = await review(webhook, { ...request, object }, world);
        warnings.push(...(Array.isArray(response.warnings) ? response.warnings.map(String) : []));
        if (response.allowed !== true) throw refusal(webhook, response);
        if (typeof response.patch === 'string') {
          const operations: unknown = JSON.parse(Buffer.from(response.patch, 'base64').toString());
          object = jsonPatch(object, operations) as KubeObject;
        }
      } catch (error) {
        if (error instanceof ApiError) throw error;
        if (webhook.failurePolicy === 'Ignore') continue;
        const why = error instanceof Error ? error.message : String(error);
        throw new ApiError(500, 'InternalError', `failed calling webhook "${String(webhook.name)}": ${why}`);
      }
    }
  }
  return { object, warnings };
}

function isMatched(webhook: Fields, request: AdmissionRequest, { namespaceLabels }: AdmissionWorld): boolean {
  const { type, version, operation, subresource } = request;
  const resource = subresource === undefined ? type.plural : `${type.plural}/${subresource}`;
  const rules = Array.isArray(webhook.rules) ? webhook.rules.filter(isFields) : [];
  const versions = webhook.matchPolicy === 'Exact' ? [version] : type.versions;
  const isRuled = rules.some(
    (rule) =>
      includes(rule.operations, [operation]) &&
      includes(rule.apiGroups, [type.group]) &&
      includes(rule.apiVersions, versions) &&
      includes(rule.resources, [resource, ...(subresource === undefined ? [] : [`${type.plural}/*`])]) &&
      (rule.scope === undefined || rule.scope === '*' || (rule.scope === 'Namespaced') === type.namespaced),
  );
  if (!isRuled) return false;
  const labels = type.plural === 'namespaces' && type.group === '' ? labelsOf(request) : namespaceLabels;
  const hasNamespace = type.namespaced || type.plural === 'namespaces';
  if (hasNamespace && !matchesLabelSelector(webhook.namespaceSelector, labels)) return false;
  return matchesLabelSelector(webhook.objectSelector, labelsOf(request));
}

function labelsOf({ object, oldObject }: AdmissionRequest): Readonly<Record<string, string>> {
  return (object ?? oldObject)?.metadata.labels ?? {};
}

function includes(list: unknown, wanted: readonly string[]): boolean {
  return Array.isArray(list) && (list.includes('*') || wanted.some((value) => list.includes(value)));
}

async function review(webhook: Fields, request: AdmissionRequest, world: AdmissionWorld): Promise<Fields> {
  const { type, version, operation, name, namespace, subresource, object, oldObject, user, isDryRun } = request;
  const uid = randomUUID();
  const kind = { group: type.group, version, kind: type.kind };
  const resource = { group: type.group, version, resource: type.plural };
  const body = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind,
      resource,
      requestKind: kind,
      requestResource: resource,
      ...(subresource === undefined ? {} : { subResource: subresource }),
      name,
      ...(namespace === undefined ? {} : { namespace }),
      operation,
      userInfo: { username: user.username, groups: user.groups },
      object: object ?? null,
      oldObject: oldObject ?? null,
      dryRun: isDryRun,
      options: null,
    },
  };
  const clientConfig = isFields(webhook.clientConfig) ? webhook.clientConfig : {};
  const timeoutS = typeof webhook.timeoutSeconds === 'number' ? webhook.timeoutSeconds : 10;
  const answer: unknown = JSON.parse(await post(clientConfig, JSON.stringify(body), timeoutS, world));
  const response = isFields(answer) ? answer.response : undefined;
  if (!isFields(response)) throw new Error('the answer is no AdmissionReview');
  if (response.uid !== uid) throw new Error(`expected response.uid=${uid}, got ${String(response.uid)}`);
  return response;
}

async function post(clientConfig: Fields, body: string, timeoutS: number, world: AdmissionWorld): Promise<string> {
  const { url, servername } = addressOf(clientConfig, world);
  const { caBundle } = clientConfig;
  const isTls = url.protocol === 'https:';
  const options = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(timeoutS * 1000),
    ...(typeof caBundle === 'string' ? { ca: Buffer.from(caBundle, 'base64').toString() } : {}),
    ...(servername === undefined ? {} : { servername }),
    agent: false,
  } as const;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = isTls ? httpsRequest(url, options) : httpRequest(url, options);
  call.on('error', reject);
  call.on('response', (response) => {
    text(response).then((answer) => {
      if (response.statusCode === 200) resolve(answer);
      else reject(new Error(`the webhook answered ${response.statusCode}`));
    }, reject);
  });
  call.end(body);
  return promise;
}

function addressOf(clientConfig: Fields, world: AdmissionWorld): { url: URL; servername?: string } {
  if (typeof clientConfig.url === 'string') return { url: new URL(clientConfig.url) };
  const { service } = clientConfig;
  if (!isFields(service)) throw new Error('clientConfig has neither url nor service');
  const namespace = String(service.namespace);
  const name = String(service.name);
  const port = typeof service.port === 'number' ? service.port : 443;
  const address = world.serviceAddress(namespace, name, port);
  if (address === undefined) throw new Error(`service "${name}" not found`);
  const path = typeof service.path === 'string' ? service.path : '/';
  return { url: new URL(path, address), servername: `${name}.${namespace}.svc` };
}

function refusal(webhook: Fields, response: Fields): ApiError {
  const status = isFields(response.status) ? response.status : {};
  const code = typeof status.code === 'number' && status.code >= 400 ? status.code : 403;
  const why = typeof status.message === 'string' ? status.message : 'without explanation';
  const reason = typeof status.reason === 'string' ? status.reason : 'Forbidden';
  return new ApiError(code, reason, `admission webhook "${String(webhook.name)}" denied the request: ${why}`);
}
