import type { Finding } from '../resources/finding.ts';
import { finding, messages } from '../resources/finding-messages.ts';
import type { KindDefinition, ResourceOf } from '../resources/kind.ts';
import { type AnyResource, splitApiVersion } from '../resources/kinds.ts';
import { describeOrigin, formatLocation } from '../resources/origin.ts';

/** All resources that take part, by kind, each list in conflict order: the oldest first (ISTIO.md 1.0). */
export class ResourceSet {
  readonly #byKind = new Map<string, AnyResource[]>();
  readonly findings: readonly Finding[];

  constructor(resources: Iterable<AnyResource>) {
    const findings: Finding[] = [];
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
      const list = this.#byKind.get(kind);
      if (list === undefined) this.#byKind.set(kind, [resource]);
      else list.push(resource);
    }
    for (const list of this.#byKind.values()) list.sort(byAge);
    this.findings = findings;
  }

  of<D extends KindDefinition>(definition: D): readonly ResourceOf<D>[] {
    // The list holds nothing but this kind: it was filed under the same group and kind.
    return (this.#byKind.get(groupKind(definition.group, definition.kind)) ?? []) as unknown as ResourceOf<D>[];
  }
}

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

function groupKind(group: string, kind: string): string {
  return `${group}/${kind}`;
}
