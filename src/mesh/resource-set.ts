import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { KindDefinition, ResourceOf } from '../resources/kind.ts';
import { type AnyResource, splitApiVersion } from '../resources/kinds.ts';
import { describeOrigin, formatLocation } from '../resources/origin.ts';

/** All resources that take part, by kind, each list in conflict order: the oldest first (ISTIO.md 1.0). */
export class ResourceSet {
  readonly #byKind: Map<string, readonly AnyResource[]>;
  readonly findings: readonly Finding[];

  constructor(resources: Iterable<AnyResource>) {
    const findings: Finding[] = [];
    const byKind = new Map<string, AnyResource[]>();
    const seen = new Map<string, AnyResource>();
    for (const resource of resources) {
      const { namespace, name } = resource.metadata;
      const kind = groupKind(splitApiVersion(resource.apiVersion).group, resource.kind);
      const key = `${kind}|${namespace}|${name}`;
      const first = seen.get(key);
      if (first !== undefined) {
        findings.push(
          finding(messages.DuplicateObject, resource.originOf(), {
            object: describeOrigin(resource.originOf()),
            first: formatLocation(first.originOf()),
          }),
        );
        continue;
      }
      seen.set(key, resource);
      const list = byKind.get(kind);
      if (list === undefined) byKind.set(kind, [resource]);
      else list.push(resource);
    }
    for (const list of byKind.values()) list.sort(byAge);
    this.#byKind = byKind;
    this.findings = findings;
  }

  /** The list of a kind as `groupKind` names it. */
  ofKind(kind: string): readonly AnyResource[] {
    return this.#byKind.get(kind) ?? NONE;
  }

  /** The same set with other lists of some kinds; they are in conflict order, without two of one name. */
  with(lists: readonly (readonly [kind: string, list: readonly AnyResource[]])[]): ResourceSet {
    const set = new ResourceSet([]);
    for (const [kind, list] of [...this.#byKind, ...lists]) set.#byKind.set(kind, list);
    return set;
  }

  of<D extends KindDefinition>(definition: D): readonly ResourceOf<D>[] {
    // The list holds nothing but this kind: it was filed under the same group and kind.
    return this.ofKind(groupKind(definition.group, definition.kind)) as unknown as ResourceOf<D>[];
  }
}

/** One empty list, so that what does not exist does not change. */
const NONE: readonly AnyResource[] = [];

/** Creation time, then name, then namespace: times have a granularity of seconds, so ties are normal. */
export function byAge(a: AnyResource, b: AnyResource): number {
  return (
    a.metadata.creationTimestampMs - b.metadata.creationTimestampMs ||
    compare(a.metadata.name, b.metadata.name) ||
    compare(a.metadata.namespace, b.metadata.namespace)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function groupKind(group: string, kind: string): string {
  return `${group}/${kind}`;
}
