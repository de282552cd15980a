import type { CaStore } from '../../ca/store/ca-store.ts';
import type { KubeClient } from './kube-client.ts';
import { isKubeError } from './kube-error.ts';
import { withLeaseLock } from './lease-lock.ts';
import { RESOURCES, resourcePath } from './resource-path.ts';

interface Secret {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly data?: Readonly<Record<string, string>>;
}

export const CA_SECRET = 'foresail-ca';
const MAX_RACES = 20;

/** The CA's files as keys of one Secret. Every write is against the version that was read, and done again when it is old. */
export class SecretCaStore implements CaStore {
  readonly name: string;
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #secret: string;
  /** Lines that wait for the next write, by file: many certificates are one write. */
  #waiting: { readonly lines: Map<string, string>; readonly done: Promise<void> } | undefined;
  #lastAppend: Promise<void> = Promise.resolve();
  #lastWork: Promise<unknown> = Promise.resolve();

  constructor(client: KubeClient, namespace: string, secret = CA_SECRET) {
    this.#client = client;
    this.#namespace = namespace;
    this.#secret = secret;
    this.name = `Secret ${namespace}/${secret}`;
  }

  async read(name: string): Promise<string | undefined> {
    const encoded = (await this.#get())?.data?.[name];
    return encoded === undefined ? undefined : decode(encoded);
  }

  async write(name: string, text: string): Promise<void> {
    await this.#change((data) => ({ ...data, [name]: encode(text) }));
  }

  async remove(name: string): Promise<void> {
    await this.#change(({ [name]: _, ...others }) => others);
  }

  async list(): Promise<readonly string[]> {
    return Object.keys((await this.#get())?.data ?? {});
  }

  appendLine(name: string, line: string): Promise<void> {
    this.#waiting ??= this.#nextAppend();
    const { lines, done } = this.#waiting;
    lines.set(name, `${lines.get(name) ?? ''}${line}\n`);
    return done;
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const lease = { namespace: this.#namespace, name: `${this.#secret}-lock` };
    const done = this.#lastWork.then(() => withLeaseLock(this.#client, lease, work));
    this.#lastWork = done.catch(() => {});
    return done;
  }

  #nextAppend(): { lines: Map<string, string>; done: Promise<void> } {
    const lines = new Map<string, string>();
    const done = this.#lastAppend.then(async () => {
      this.#waiting = undefined;
      await this.#change((data) => {
        const appended = [...lines].map(([name, text]) => [name, encode(decode(data[name] ?? '') + text)]);
        return { ...data, ...Object.fromEntries(appended) };
      });
    });
    this.#lastAppend = done.catch(() => {});
    return { lines, done };
  }

  async #change(change: (data: Readonly<Record<string, string>>) => Readonly<Record<string, string>>): Promise<void> {
    const namespace = this.#namespace;
    for (let race = 1; ; race++) {
      const before = await this.#get();
      const data = change(before?.data ?? {});
      const metadata = { name: this.#secret, namespace, ...before?.metadata };
      const body = { apiVersion: 'v1', kind: 'Secret', type: 'foresail.dev/ca', ...before, metadata, data };
      try {
        if (before === undefined) await this.#client.post(resourcePath(RESOURCES.secrets, { namespace }), body);
        else await this.#client.put(resourcePath(RESOURCES.secrets, { namespace, name: this.#secret }), body);
        return;
      } catch (error) {
        if (!isKubeError(error, 409) || race >= MAX_RACES) throw error;
      }
    }
  }

  async #get(): Promise<Secret | undefined> {
    return getSecret(this.#client, this.#namespace, this.#secret);
  }
}

export async function getSecret(client: KubeClient, namespace: string, name: string): Promise<Secret | undefined> {
  try {
    return await client.get<Secret>(resourcePath(RESOURCES.secrets, { namespace, name }));
  } catch (error) {
    if (isKubeError(error, 404)) return undefined;
    throw error;
  }
}

export function decode(base64: string): string {
  return Buffer.from(base64, 'base64').toString('utf8');
}

function encode(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
