import { errors } from './api-error.ts';
import type { Fields, KubeObject } from './kube-object.ts';
import type { ObjectStore } from './object-store.ts';
import { type ResourceType, typeKey } from './resource-types.ts';
import type { Filter } from './selectors.ts';

interface Chunked {
  readonly resourceVersion: number;
  readonly rest: readonly KubeObject[];
}

/** Lists, whole or in chunks. A chunked list stays on the version that it began on, until that is compacted. */
export class Lister {
  readonly #store: ObjectStore;
  readonly #chunked = new Map<string, Chunked>();
  #tokens = 0;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  list(type: ResourceType, namespace: string | undefined, filter: Filter, query: URLSearchParams): Fields {
    const limit = Number(query.get('limit') ?? 0);
    const token = query.get('continue');
    const wanted = Number(query.get('resourceVersion') ?? 0);
    if (wanted > this.#store.resourceVersion) throw errors.expired(`Too large resource version: ${wanted}`);
    if (query.get('resourceVersionMatch') === 'Exact' && wanted < this.#store.compactedVersion) {
      throw errors.expired(`The provided resource version ${wanted} is too old`);
    }
    const { resourceVersion, rest } = token ? this.#continued(token) : this.#fresh(type, namespace, filter);
    const items = limit > 0 ? rest.slice(0, limit) : rest;
    const left = rest.slice(items.length);
    const metadata: Fields = { resourceVersion: String(resourceVersion) };
    if (left.length > 0) {
      const next = `chunk-${++this.#tokens}`;
      this.#chunked.set(next, { resourceVersion, rest: left });
      metadata.continue = next;
      metadata.remainingItemCount = left.length;
    }
    return { metadata, items };
  }

  #fresh(type: ResourceType, namespace: string | undefined, filter: Filter): Chunked {
    const rest = this.#store
      .list(typeKey(type))
      .filter((object) => (namespace === undefined || object.metadata.namespace === namespace) && filter(object));
    return { resourceVersion: this.#store.resourceVersion, rest };
  }

  #continued(token: string): Chunked {
    const chunked = this.#chunked.get(token);
    this.#chunked.delete(token);
    if (chunked === undefined || chunked.resourceVersion < this.#store.compactedVersion) {
      throw errors.expired(
        'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter.',
      );
    }
    return chunked;
  }
}
