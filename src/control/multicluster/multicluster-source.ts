import type { AnyResource } from '../../resources/kinds.ts';
import { kinds, resourcesOf } from '../../resources/kinds.ts';
import { KubeClient } from '../kubernetes/kube-client.ts';
import { KubernetesSource, type KubernetesSourceOptions } from '../sources/kubernetes/kubernetes-source.ts';
import { REMOTE_KINDS } from '../sources/kubernetes/read-kinds.ts';
import type { Source, SourceState } from '../sources/source.ts';
import type { RefusedObject } from '../status/compute-statuses.ts';
import { type RemoteClusterStatus, RemoteClusters } from './remote-clusters.ts';
import { remoteEntries } from './remote-secrets.ts';

export interface MulticlusterSourceOptions extends KubernetesSourceOptions {
  readonly clusterId: string;
  readonly rootNamespace: string;
  readonly remotePatienceMs?: number;
}

/** The mesh's own API server, and those that its remote secrets name. */
export class MulticlusterSource implements Source {
  readonly name: string;
  readonly #own: KubernetesSource;
  readonly #remotes: RemoteClusters;
  readonly #rootNamespace: string;
  readonly #listeners = new Set<() => void>();
  #seen: readonly unknown[] = [];
  #revision = 0;

  constructor(options: MulticlusterSourceOptions) {
    const { clusterId, rootNamespace, remotePatienceMs, log, kinds: _, ...rest } = options;
    const logged = log === undefined ? {} : { log };
    this.#own = new KubernetesSource(options);
    this.name = this.#own.name;
    this.#rootNamespace = rootNamespace;
    this.#remotes = new RemoteClusters({
      clusterId,
      sourceOf: (config) =>
        new KubernetesSource({ ...rest, ...logged, client: new KubeClient(config), kinds: REMOTE_KINDS }),
      onChange: () => {
        for (const listener of this.#listeners) listener();
      },
      ...logged,
      ...(remotePatienceMs === undefined ? {} : { patienceMs: remotePatienceMs }),
    });
  }

  /** Waits for remote clusters that are new, but not for long. */
  async read(): Promise<SourceState> {
    const isFirst = this.#seen.length === 0;
    const own = await this.#own.read();
    this.#remotes.follow(remoteEntries(resourcesOf(this.#own.ofKind(kinds.secret), kinds.secret), this.#rootNamespace));
    // Later ones come with a change of their own: nothing waits for them.
    if (isFirst) await this.#remotes.settled();
    const { clusters, findings } = this.#remotes;
    const seen = [own.revision, clusters, findings.length];
    if (seen.some((value, index) => value !== this.#seen[index])) this.#revision += 1;
    this.#seen = seen;
    return { ...own, remotes: clusters, findings: [...own.findings, ...findings], revision: this.#revision };
  }

  watch(onChange: () => void): () => void {
    this.#listeners.add(onChange);
    const unwatch = this.#own.watch(onChange);
    return () => {
      this.#listeners.delete(onChange);
      unwatch();
    };
  }

  /** Of the own cluster, as far as they are known now. */
  get resources(): readonly AnyResource[] {
    return this.#own.resources;
  }

  get refused(): readonly RefusedObject[] {
    return this.#own.refused;
  }

  get remoteClusters(): readonly RemoteClusterStatus[] {
    return this.#remotes.statuses;
  }

  async stop(): Promise<void> {
    await Promise.all([this.#own.stop(), this.#remotes.stop()]);
  }
}
