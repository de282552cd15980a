import * as z from 'zod';
import { asFields } from '../../resources/metadata.ts';
import type { CloudflareClient } from '../../store/cloudflare-client.ts';

const namespaces = z.array(z.object({ id: z.string(), title: z.string() }));
const settings = z.object({ bindings: z.array(z.looseObject({ type: z.string(), name: z.string() })).default([]) });
const secrets = z.array(z.object({ name: z.string() }));
const certificates = z.array(
  z.object({ id: z.string(), name: z.string().optional(), expires_on: z.string().optional() }),
);
const zones = z.array(z.object({ id: z.string(), name: z.string() }));
const routes = z.array(z.object({ id: z.string(), pattern: z.string(), script: z.string().nullish() }));

export type Binding = z.output<typeof settings>['bindings'][number];
export type Route = z.output<typeof routes>[number];

const PAGE_SIZE = 100;

export interface Script {
  readonly code: string;
  readonly compatibilityDate: string;
  readonly bindings: readonly object[];
}

/** The few things of a Cloudflare account that an edge consists of. Nothing here deletes anything. */
export class EdgeAccount {
  readonly #account: CloudflareClient;
  readonly #api: CloudflareClient;

  /** `account` is below `/accounts/<id>`, `api` below `/client/v4`. */
  constructor(account: CloudflareClient, api: CloudflareClient) {
    this.#account = account;
    this.#api = api;
  }

  async kvNamespace(title: string): Promise<string | undefined> {
    const found = await this.#pages(this.#account, 'storage/kv/namespaces', namespaces, 'list KV namespaces of');
    return found.find((one) => one.title === title)?.id;
  }

  async createKvNamespace(title: string): Promise<string> {
    const body = { title };
    const envelope = await this.#account.envelope({
      method: 'POST',
      path: 'storage/kv/namespaces',
      body,
      verb: 'make a KV namespace in',
    });
    return resultOf(envelope, z.object({ id: z.string() })).id;
  }

  /** Undefined: there is no worker of this name. */
  async bindings(script: string): Promise<readonly Binding[] | undefined> {
    const path = `workers/scripts/${encodeURIComponent(script)}/settings`;
    const text = await this.#account.text({ method: 'GET', path, verb: 'read the worker in' }, true);
    return text === undefined ? undefined : resultOf(JSON.parse(text), settings).bindings;
  }

  async upload(script: string, { code, compatibilityDate, bindings }: Script): Promise<void> {
    const form = new FormData();
    const metadata = {
      main_module: 'worker.js',
      compatibility_date: compatibilityDate,
      bindings,
      // Secrets are set by themselves, and an upload would lose them.
      keep_bindings: ['secret_text', 'secret_key'],
    };
    form.set('metadata', new Blob([JSON.stringify(metadata)], { type: 'application/json' }));
    form.set('worker.js', new Blob([code], { type: 'application/javascript+module' }), 'worker.js');
    const path = `workers/scripts/${encodeURIComponent(script)}`;
    await this.#account.envelope({ method: 'PUT', path, body: form, verb: 'upload the worker to' });
  }

  async secretNames(script: string): Promise<readonly string[]> {
    const path = `workers/scripts/${encodeURIComponent(script)}/secrets`;
    const envelope = await this.#account.envelope({ method: 'GET', path, verb: 'list secrets in' });
    return resultOf(envelope, secrets).map(({ name }) => name);
  }

  async putSecret(script: string, name: string, text: string): Promise<void> {
    const path = `workers/scripts/${encodeURIComponent(script)}/secrets`;
    const body = { name, text, type: 'secret_text' };
    await this.#account.envelope({ method: 'PUT', path, body, verb: `set the secret ${name} in` });
  }

  async clientCertificate(name: string): Promise<string | undefined> {
    const found = await this.#pages(this.#account, 'mtls_certificates', certificates, 'list client certificates of');
    return found.find((one) => one.name === name)?.id;
  }

  async uploadClientCertificate(name: string, certificatesPem: string, privateKeyPem: string): Promise<string> {
    const body = { name, ca: false, certificates: certificatesPem, private_key: privateKeyPem };
    const envelope = await this.#account.envelope({
      method: 'POST',
      path: 'mtls_certificates',
      body,
      verb: 'upload a client certificate to',
    });
    return resultOf(envelope, z.object({ id: z.string() })).id;
  }

  async zoneId(name: string): Promise<string | undefined> {
    const path = `zones?name=${encodeURIComponent(name)}`;
    const envelope = await this.#api.envelope({ method: 'GET', path, verb: 'look for the zone in' });
    return resultOf(envelope, zones).find((zone) => zone.name === name)?.id;
  }

  async routes(zoneId: string): Promise<readonly Route[]> {
    const envelope = await this.#api.envelope({
      method: 'GET',
      path: `zones/${zoneId}/workers/routes`,
      verb: 'list routes of',
    });
    return resultOf(envelope, routes);
  }

  async createRoute(zoneId: string, pattern: string, script: string): Promise<void> {
    const body = { pattern, script };
    await this.#api.envelope({ method: 'POST', path: `zones/${zoneId}/workers/routes`, body, verb: 'make a route in' });
  }

  async #pages<S extends z.ZodArray>(
    client: CloudflareClient,
    path: string,
    schema: S,
    verb: string,
  ): Promise<z.output<S>[number][]> {
    const all: z.output<S>[number][] = [];
    for (let page = 1; ; page++) {
      const query = `per_page=${PAGE_SIZE}&page=${page}`;
      const found = resultOf(await client.envelope({ method: 'GET', path: `${path}?${query}`, verb }), schema);
      all.push(...found);
      if (found.length < PAGE_SIZE) return all;
    }
  }
}

function resultOf<S extends z.ZodType>(envelope: unknown, schema: S): z.output<S> {
  return schema.parse(asFields(envelope)?.result);
}
