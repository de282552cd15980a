import { type Log, NO_LOG } from '../../../ca/log.ts';
import { type AnyKind, type AnyResource, isKind, kinds } from '../../../resources/kinds.ts';
import { Debounce, type DebounceOptions, PUSH_DEBOUNCE } from '../../debounce.ts';
import type { KubeClient } from '../../kubernetes/kube-client.ts';
import type { RefusedObject } from '../../status/compute-statuses.ts';
import type { Source, SourceState } from '../source.ts';
import { KindCache } from './kind-cache.ts';
import { READ_KINDS, type ReadKind } from './read-kinds.ts';
import { Reflector, type ReflectorOptions, type ReflectorState } from './reflector.ts';

export interface KubernetesSourceOptions {
  readonly client: KubeClient;
  readonly kinds?: readonly ReadKind[];
  readonly debounce?: DebounceOptions;
  readonly reading?: ReadingOptions;
  readonly log?: Log;
}

type ReadingOptions = Pick<ReflectorOptions, 'retry' | 'pageSize' | 'watchTimeoutS' | 'watchListSilenceMs'>;

interface Watched {
  readonly read: ReadKind;
  readonly cache: KindCache;
  readonly reflector: Reflector;
  state: ReflectorState | undefined;
  problem: string | undefined;
}

/** Groups whose kinds come by definitions, and may go with them. */
const CUSTOM_GROUP = /\.istio\.io$|^gateway\.networking\./;

/**
 * Resources from an API server: every kind is listed and watched by itself. A kind whose definition is missing counts as
 * empty until it comes; what was read goes on while the server cannot be reached.
 */
export class KubernetesSource implements Source {
  readonly name: string;
  readonly #watched: readonly Watched[];
  readonly #log: Log;
  readonly #debounce: DebounceOptions;
  readonly #listeners = new Set<() => void>();
  readonly #synced = Promise.withResolvers<void>();
  #running: Promise<unknown> | undefined;
  #revision = 0;

  constructor(options: KubernetesSourceOptions) {
    const { client, log = NO_LOG } = options;
    this.name = client.name;
    this.#log = log;
    this.#debounce = options.debounce ?? PUSH_DEBOUNCE;
    this.#watched = (options.kinds ?? READ_KINDS).map((read) => this.#watch(read, options));
  }

  /** Whether every kind has been read once, or is not there. */
  get isSynced(): boolean {
    return this.#watched.every(({ state }) => state?.kind === 'synced' || state?.kind === 'missing');
  }

  /** Resolves with the first read once the API server has answered for every kind. */
  async read(): Promise<SourceState> {
    this.#running ??= Promise.all(this.#watched.map(({ reflector }) => reflector.run()));
    await this.#synced.promise;
    return {
      resources: this.resources,
      findings: this.#watched.flatMap(({ cache }) => cache.findings),
      skipped: [],
      unreadFiles: [],
      revision: this.#revision,
    };
  }

  watch(onChange: () => void): () => void {
    const debounce = new Debounce(this.#debounce, async () => onChange());
    const listener = (): void => debounce.happened();
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      debounce.stop();
    };
  }

  /** As far as they are known now. */
  get resources(): readonly AnyResource[] {
    return this.#watched.flatMap(({ cache }) => cache.resources);
  }

  /** The same list until something of the kind changes. */
  ofKind(definition: AnyKind): readonly AnyResource[] {
    return this.#watched.find(({ read }) => read.definition === definition)?.cache.resources ?? [];
  }

  get revision(): number {
    return this.#revision;
  }

  /** Why some kind cannot be read at the moment. */
  get problem(): string | undefined {
    return this.#watched.find(({ problem }) => problem !== undefined)?.problem;
  }

  /** Objects that cannot be used as they are now; of some the last good version goes on. */
  get refused(): readonly RefusedObject[] {
    return this.#watched.flatMap(({ read: { definition }, cache }) =>
      cache.refused.map(({ key, uid, generation, findings }) => {
        const [namespace = '', name = ''] = key.split('/');
        return { target: { definition, namespace, name, uid, generation }, findings };
      }),
    );
  }

  async stop(): Promise<void> {
    for (const { reflector } of this.#watched) reflector.stop();
    this.#synced.resolve();
    await this.#running;
  }

  #watch(read: ReadKind, { client, reading }: KubernetesSourceOptions): Watched {
    const { definition, metadataOnly, fieldSelector } = read;
    const { group, versions, plural } = definition;
    const cache = new KindCache(definition);
    const reflector = new Reflector({
      client,
      resources: versions.map((version) => ({ group, version, plural })),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...reading,
      onList: (objects) => this.#changed(watched, cache.replace(objects)),
      onObject: (object) => this.#changed(watched, cache.put(object)),
      onDelete: (object) => this.#changed(watched, cache.delete(object)),
      onState: (state) => this.#settled(watched, state),
    });
    const watched: Watched = { read, cache, reflector, state: undefined, problem: undefined };
    return watched;
  }

  #changed({ read }: Watched, hasChanged: boolean): void {
    if (!hasChanged) return;
    this.#revision += 1;
    // A definition has come, perhaps that of a kind that is waited for.
    if (read.definition === kinds.customResourceDefinition) {
      for (const { state, reflector } of this.#watched) if (state?.kind === 'missing') reflector.poke();
    }
    for (const listener of this.#listeners) listener();
  }

  #settled(watched: Watched, state: ReflectorState): void {
    const { kind, group } = watched.read.definition;
    if (state.kind === 'failing') {
      const { error, retryInMs } = state;
      const why = error instanceof Error ? error.message : String(error);
      watched.problem = `${kind}: ${why}`;
      this.#log('kind_not_read', { source: this.name, kind, group, why, retryInMs });
    } else if (state.kind !== watched.state?.kind) {
      this.#log(state.kind === 'synced' ? 'kind_synced' : 'kind_missing', { source: this.name, kind, group });
    }
    if (state.kind !== 'failing') watched.problem = undefined;
    // A failure does not undo what was read.
    if (state.kind === 'failing' && watched.state !== undefined) return;
    watched.state = state;
    // With its definition its objects are deleted. Another 404, of a server that is just coming up, is no deletion.
    if (state.kind === 'missing' && !this.#isDefined(watched)) this.#changed(watched, watched.cache.replace([]));
    if (this.isSynced) this.#synced.resolve();
  }

  #isDefined({ read: { definition } }: Watched): boolean {
    if (!CUSTOM_GROUP.test(definition.group)) return true;
    const name = `${definition.plural}.${definition.group}`;
    return this.#watched.some(({ cache }) =>
      cache.resources.some(
        (resource) => isKind(resource, kinds.customResourceDefinition) && resource.metadata.name === name,
      ),
    );
  }
}
