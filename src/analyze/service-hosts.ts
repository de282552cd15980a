import { resolveHost } from '../mesh/host-names.ts';
import type { ResourceSet } from '../mesh/resource-set.ts';
import { kinds } from '../resources/kinds.ts';

/** What a destination can name: a Service, or a host of a ServiceEntry. */
export interface KnownHost {
  readonly ports: readonly number[];
  /** Of the ServiceEntry, whose pods a subset selects. */
  readonly workloadSelector: Readonly<Record<string, string>> | undefined;
}

const EXPORT_TO = 'networking.istio.io/exportTo';
const EVERYWHERE = '*';

/**
 * Hosts by the namespaces that see them, as istioctl's analyzers look them up (util.GetDestinationHost). Not the
 * registry of the mesh: an analyzer does not know the mesh's defaults for exportTo, and takes short names in a
 * ServiceEntry for names of its namespace.
 */
export class ServiceHosts {
  readonly #byScope = new Map<string, Map<string, KnownHost>>();
  readonly #domainSuffix: string;

  constructor(resources: ResourceSet, domainSuffix: string) {
    this.#domainSuffix = domainSuffix;
    for (const { metadata, spec } of resources.of(kinds.serviceEntry)) {
      const ports = (spec.ports ?? []).map(({ number }) => number);
      const known = { ports, workloadSelector: spec.workloadSelector?.labels };
      for (const host of spec.hosts) this.#add(spec.exportTo, metadata.namespace, host, known);
    }
    for (const { metadata, spec } of resources.of(kinds.service)) {
      const known = { ports: (spec.ports ?? []).map(({ port }) => port), workloadSelector: undefined };
      this.#add(metadata.annotations[EXPORT_TO]?.split(','), metadata.namespace, metadata.name, known);
    }
  }

  #add(exportTo: readonly string[] | undefined, namespace: string, host: string, known: KnownHost): void {
    const isPublic = exportTo === undefined || exportTo.length === 0 || exportTo.includes(EVERYWHERE);
    const scopes = isPublic ? [EVERYWHERE] : exportTo.map((scope) => (scope === '.' ? namespace : scope.trim()));
    for (const scope of scopes) {
      let hosts = this.#byScope.get(scope);
      if (hosts === undefined) {
        hosts = new Map();
        this.#byScope.set(scope, hosts);
      }
      hosts.set(this.fullName(host, namespace), known);
    }
  }

  fullName(host: string, namespace: string): string {
    return resolveHost(host, namespace, this.#domainSuffix);
  }

  /** `exportTo`: of the resource that names the host; who sees it must see the host too. */
  find(host: string, namespace: string, exportTo: readonly string[] = []): KnownHost | undefined {
    const name = this.fullName(host, namespace);
    const scopes = exportTo.length === 0 ? [namespace] : exportTo.map((scope) => (scope === '.' ? namespace : scope));
    for (const scope of [EVERYWHERE, ...scopes]) {
      const known = this.#byScope.get(scope)?.get(name);
      if (known !== undefined) return known;
    }
    return this.#findWildcard(host.replace(/^\*/, '').toLowerCase(), namespace);
  }

  #findWildcard(suffix: string, namespace: string): KnownHost | undefined {
    for (const scope of [EVERYWHERE, namespace]) {
      for (const [name, known] of this.#wildcards(scope)) {
        if (suffix.endsWith(name.slice(1))) return known;
      }
    }
    return undefined;
  }

  readonly #wildcardsByScope = new Map<string, readonly (readonly [string, KnownHost])[]>();

  #wildcards(scope: string): readonly (readonly [string, KnownHost])[] {
    let wildcards = this.#wildcardsByScope.get(scope);
    if (wildcards === undefined) {
      wildcards = [...(this.#byScope.get(scope) ?? [])].filter(([name]) => name.startsWith('*'));
      this.#wildcardsByScope.set(scope, wildcards);
    }
    return wildcards;
  }
}
