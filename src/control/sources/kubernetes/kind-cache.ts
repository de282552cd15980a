import type { Finding } from '../../../resources/finding.ts';
import type { KindDefinition } from '../../../resources/kind.ts';
import type { AnyResource } from '../../../resources/kinds.ts';
import { asFields } from '../../../resources/metadata.ts';
import { parseObject } from '../../../resources/parse-object.ts';
import { keepLastGood } from '../last-good.ts';
import type { ObservedObject } from './observed-object.ts';
import { compareResourceVersions } from './resource-version.ts';
import { fingerprint, trimObject } from './trim.ts';

/** An object that cannot be used as it is now. */
export interface RefusedEntry {
  readonly key: string;
  readonly uid: string;
  readonly generation: number;
  readonly findings: readonly Finding[];
}

interface Entry {
  readonly uid: string;
  readonly generation: number;
  readonly resourceVersion: string;
  readonly fingerprint: string;
  readonly resources: readonly AnyResource[];
  readonly findings: readonly Finding[];
}

/** Deliveries that are older than a deletion are remembered to be so, for so many deletions. */
const MAX_TOMBSTONES = 10_000;

/** The objects of one kind, parsed once for each change of what the mesh reads of them. */
export class KindCache {
  readonly #definition: KindDefinition;
  readonly #entries = new Map<string, Entry>();
  readonly #tombstones = new Map<string, string>();
  #resources: readonly AnyResource[] | undefined;
  #findings: readonly Finding[] | undefined;
  #refused: readonly RefusedEntry[] | undefined;

  constructor(definition: KindDefinition) {
    this.#definition = definition;
  }

  /** The same array until something changes. */
  get resources(): readonly AnyResource[] {
    this.#resources ??= [...this.#entries.values()].flatMap((entry) => entry.resources);
    return this.#resources;
  }

  get findings(): readonly Finding[] {
    this.#findings ??= [...this.#entries.values()].flatMap((entry) => entry.findings);
    return this.#findings;
  }

  get refused(): readonly RefusedEntry[] {
    this.#refused ??= [...this.#entries].flatMap(([key, { uid, generation, findings }]) => {
      const isRefused = findings.some(({ level }) => level === 'Error');
      return isRefused ? [{ key, uid, generation, findings }] : [];
    });
    return this.#refused;
  }

  /** All that there is; true when something is not as it was. */
  replace(objects: readonly ObservedObject[]): boolean {
    const gone = new Set(this.#entries.keys());
    let hasChanged = false;
    for (const object of objects) {
      gone.delete(object.key);
      if (this.#take(object)) hasChanged = true;
    }
    for (const key of gone) this.#entries.delete(key);
    this.#tombstones.clear();
    if (hasChanged || gone.size > 0) this.#forgetLists();
    return hasChanged || gone.size > 0;
  }

  put(object: ObservedObject): boolean {
    if (!this.#isNews(object) || !this.#take(object)) return false;
    this.#forgetLists();
    return true;
  }

  delete(object: ObservedObject): boolean {
    if (!this.#isNews(object)) return false;
    this.#bury(object);
    if (!this.#entries.delete(object.key)) return false;
    this.#forgetLists();
    return true;
  }

  /** Events may come twice, and late ones after what they led to. */
  #isNews({ key, resourceVersion }: ObservedObject): boolean {
    const known = this.#entries.get(key)?.resourceVersion ?? this.#tombstones.get(key);
    return known === undefined || compareResourceVersions(resourceVersion, known) > 0;
  }

  #take({ key, uid, resourceVersion, object }: ObservedObject): boolean {
    const before = this.#entries.get(key);
    if (before?.resourceVersion === resourceVersion && before.uid === uid) return false;
    this.#tombstones.delete(key);
    const trimmed = trimObject(object, this.#definition);
    const print = fingerprint(trimmed);
    if (before?.fingerprint === print) {
      this.#entries.set(key, { ...before, uid, resourceVersion });
      return false;
    }
    const parsed = parseObject(trimmed);
    const { resources, findings } =
      before === undefined || before.uid !== uid ? parsed : keepLastGood(parsed, before.resources);
    const { generation } = asFields(object.metadata) ?? {};
    this.#entries.set(key, {
      uid,
      generation: typeof generation === 'number' ? generation : 0,
      resourceVersion,
      fingerprint: print,
      resources,
      findings,
    });
    return true;
  }

  #bury({ key, resourceVersion }: ObservedObject): void {
    this.#tombstones.set(key, resourceVersion);
    if (this.#tombstones.size <= MAX_TOMBSTONES) return;
    const [oldest] = this.#tombstones.keys();
    if (oldest !== undefined) this.#tombstones.delete(oldest);
  }

  #forgetLists(): void {
    this.#resources = undefined;
    this.#findings = undefined;
    this.#refused = undefined;
  }
}
