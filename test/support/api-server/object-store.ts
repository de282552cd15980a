import { errors } from './api-error.ts';
import type { KubeObject } from './kube-object.ts';

export interface ChangeRecord {
  readonly resourceVersion: number;
  readonly object: KubeObject;
  /** Undefined: the object was created. */
  readonly before: KubeObject | undefined;
  readonly isDeleted: boolean;
}

interface Collection {
  readonly objects: Map<string, KubeObject>;
  /** Oldest first. */
  changes: ChangeRecord[];
}

type Listener = (type: string, change: ChangeRecord) => void;

/** Objects by type and key with the history that watches resume from, as etcd and its watch cache keep them. */
export class ObjectStore {
  readonly #collections = new Map<string, Collection>();
  readonly #listeners = new Set<Listener>();
  readonly #maxHistory: number;
  #resourceVersion = 1000;
  #compactedVersion = 0;

  constructor(maxHistory = 100_000) {
    this.#maxHistory = maxHistory;
  }

  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** Watches from before here are too old. */
  get compactedVersion(): number {
    return this.#compactedVersion;
  }

  types(): string[] {
    return [...this.#collections.keys()];
  }

  get(type: string, key: string): KubeObject | undefined {
    return this.#collection(type).objects.get(key);
  }

  /** In the order of keys, as etcd lists them. */
  list(type: string): KubeObject[] {
    return [...this.#collection(type).objects]
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, object]) => object);
  }

  put(type: string, key: string, object: KubeObject): KubeObject {
    const collection = this.#collection(type);
    const resourceVersion = ++this.#resourceVersion;
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(resourceVersion) } };
    const before = collection.objects.get(key);
    collection.objects.set(key, stored);
    this.#record(type, collection, { resourceVersion, object: stored, before, isDeleted: false });
    return stored;
  }

  remove(type: string, key: string): void {
    const collection = this.#collection(type);
    const before = collection.objects.get(key);
    if (before === undefined) return;
    const resourceVersion = ++this.#resourceVersion;
    collection.objects.delete(key);
    const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(resourceVersion) } };
    this.#record(type, collection, { resourceVersion, object, before, isDeleted: true });
  }

  /** What has happened since; refuses when that is forgotten. */
  changesSince(type: string, resourceVersion: number): readonly ChangeRecord[] {
    if (resourceVersion < this.#compactedVersion) {
      throw errors.expired(`too old resource version: ${resourceVersion} (${this.#compactedVersion})`);
    }
    return this.#collection(type).changes.filter((change) => change.resourceVersion > resourceVersion);
  }

  /** Forgets what has happened until now. */
  compact(): void {
    this.#compactedVersion = this.#resourceVersion;
    for (const collection of this.#collections.values()) collection.changes = [];
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #record(type: string, collection: Collection, change: ChangeRecord): void {
    collection.changes.push(change);
    if (collection.changes.length > this.#maxHistory) {
      const dropped = collection.changes.splice(0, collection.changes.length - this.#maxHistory);
      this.#compactedVersion = Math.max(this.#compactedVersion, dropped.at(-1)?.resourceVersion ?? 0);
    }
    for (const listener of this.#listeners) listener(type, change);
  }

  #collection(type: string): Collection {
    let collection = this.#collections.get(type);
    if (collection === undefined) {
      collection = { objects: new Map(), changes: [] };
      this.#collections.set(type, collection);
    }
    return collection;
  }
}
