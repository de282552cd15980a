import type { MeshCa } from '../../ca/authority/mesh-ca.ts';
import type { Log } from '../../ca/log.ts';
import { asFields } from '../../resources/metadata.ts';
import type { RetryPolicy } from '../../store/retry.ts';
import { Debounce } from '../debounce.ts';
import type { ObservedObject } from '../sources/kubernetes/observed-object.ts';
import { Reflector } from '../sources/kubernetes/reflector.ts';
import type { KubeClient } from './kube-client.ts';
import { isKubeError } from './kube-error.ts';
import { RESOURCES, resourcePath } from './resource-path.ts';

export const ROOT_CONFIG_MAP = 'istio-ca-root-cert';
const ROOT_KEY = 'root-cert.pem';
const FIELD_MANAGER = 'foresail-root-certificates';
/** As istiod leaves them alone. */
const SYSTEM_NAMESPACES = new Set(['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']);
const RETRY_MS = 5_000;
const DEBOUNCE = { quietMs: 50, maxMs: 1_000 };

export interface RootCertificatesOptions {
  readonly client: KubeClient;
  readonly ca: MeshCa;
  isLeader(): boolean;
  readonly log: Log;
  readonly retry?: Partial<RetryPolicy>;
}

/** Keeps the mesh's roots in a ConfigMap of every namespace, where proxies and Istio's own agents look for them. */
export class RootCertificates {
  readonly #options: RootCertificatesOptions;
  readonly #namespaces = new Set<string>();
  /** Text by namespace. */
  readonly #written = new Map<string, string>();
  readonly #reflectors: readonly Reflector[];
  readonly #unfollow: () => void;
  readonly #debounce = new Debounce(DEBOUNCE, () => this.#write());
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RootCertificatesOptions) {
    this.#options = options;
    const { client, retry } = options;
    const shared = { client, onState: () => {}, ...(retry === undefined ? {} : { retry }) };
    this.#reflectors = [
      new Reflector({
        ...shared,
        resources: [{ group: '', version: 'v1', plural: 'namespaces' }],
        metadataOnly: true,
        onList: (objects) => {
          this.#namespaces.clear();
          for (const object of objects) this.#take(object);
        },
        onObject: (object) => this.#take(object),
        onDelete: ({ key }) => this.#namespaces.delete(key.slice(1)),
      }),
      new Reflector({
        ...shared,
        resources: [RESOURCES.configMaps],
        fieldSelector: `metadata.name=${ROOT_CONFIG_MAP}`,
        onList: (objects) => {
          this.#written.clear();
          for (const object of objects) this.#see(object);
        },
        onObject: (object) => this.#see(object),
        onDelete: ({ key }) => {
          this.#written.delete(key.split('/')[0] ?? '');
          this.reconcile();
        },
      }),
    ];
    this.#unfollow = options.ca.onChange(() => this.reconcile());
  }

  start(): void {
    for (const reflector of this.#reflectors) void reflector.run();
  }

  stop(): void {
    this.#debounce.stop();
    clearTimeout(this.#retry);
    this.#unfollow();
    for (const reflector of this.#reflectors) reflector.stop();
  }

  /** Soon: what comes together is done together. */
  reconcile(): void {
    this.#debounce.happened();
  }

  #take({ key, object }: ObservedObject): void {
    const name = key.slice(1);
    const isLeaving = asFields(object.metadata)?.deletionTimestamp !== undefined;
    if (isLeaving || SYSTEM_NAMESPACES.has(name)) this.#namespaces.delete(name);
    else this.#namespaces.add(name);
    this.reconcile();
  }

  #see({ key, object }: ObservedObject): void {
    const text = asFields(object.data)?.[ROOT_KEY];
    this.#written.set(key.split('/')[0] ?? '', typeof text === 'string' ? text : '');
    this.reconcile();
  }

  async #write(): Promise<void> {
    const { client, ca, isLeader, log } = this.#options;
    if (!isLeader()) return;
    const text = ca.bundle.pem;
    let hasFailed = false;
    for (const namespace of [...this.#namespaces].filter((name) => this.#written.get(name) !== text)) {
      const body = {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: ROOT_CONFIG_MAP, namespace, labels: { 'istio.io/config': 'true' } },
        data: { [ROOT_KEY]: text },
      };
      try {
        const path = resourcePath(RESOURCES.configMaps, { namespace, name: ROOT_CONFIG_MAP });
        await client.patch(path, 'apply', body, { query: { fieldManager: FIELD_MANAGER, force: true } });
        this.#written.set(namespace, text);
      } catch (error) {
        // The namespace is going.
        if (isKubeError(error, 404)) continue;
        log('root_certificate_not_written', { namespace, why: error instanceof Error ? error.message : String(error) });
        hasFailed = true;
      }
    }
    if (hasFailed) this.#retry = setTimeout(() => this.reconcile(), RETRY_MS);
  }
}
