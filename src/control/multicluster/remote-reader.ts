import type { RemoteCluster } from '../../mesh/multicluster/model.ts';
import { ResourceSets } from '../../mesh/resource-sets.ts';
import type { KubernetesSource } from '../sources/kubernetes/kubernetes-source.ts';

/** Follows one remote API server. */
export class RemoteReader {
  readonly clusterId: string;
  readonly digest: string;
  /** Settled when everything has been read once, or after so long that nobody waits any more. */
  readonly settled: Promise<void>;
  readonly #source: KubernetesSource;
  readonly #sets = new ResourceSets();
  readonly #patience = new AbortController();
  #read: { readonly revision: number; readonly cluster: RemoteCluster } | undefined;
  #isLate = false;

  constructor(clusterId: string, digest: string, source: KubernetesSource, patienceMs: number) {
    this.clusterId = clusterId;
    this.digest = digest;
    this.#source = source;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      this.#isLate = true;
      resolve();
    }, patienceMs);
    this.#patience.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
    this.settled = promise;
    void source.read().then(() => this.#patience.abort());
  }

  /** Undefined until everything has been read once: half of a cluster would look like one that has lost the rest. */
  get cluster(): RemoteCluster | undefined {
    const { clusterId } = this;
    const { revision, isSynced } = this.#source;
    if (this.#read === undefined && !isSynced) return undefined;
    if (this.#read?.revision !== revision) {
      this.#read = { revision, cluster: { clusterId, resources: this.#sets.next(this.#source.resources) } };
    }
    return this.#read.cluster;
  }

  get state(): 'synced' | 'syncing' | 'timeout' {
    if (this.cluster !== undefined) return 'synced';
    return this.#isLate ? 'timeout' : 'syncing';
  }

  /** Why something of it cannot be read at the moment. */
  get problem(): string | undefined {
    return this.#source.problem;
  }

  async stop(): Promise<void> {
    this.#patience.abort();
    await this.#source.stop();
  }
}
