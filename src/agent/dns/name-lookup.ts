import type { NamedHost } from '../../xds/name-table.ts';
import type { DnsAnswer } from './dns-message.ts';

export interface LookupScope {
  /** Of the workload: short names are those of its own namespace first. */
  readonly namespace: string;
  /** `cluster.local` */
  readonly domain: string;
}

/** Finds what the mesh knows of a name, in the spellings that a resolver of a pod comes up with. */
export class NameLookup {
  readonly #hosts = new Map<string, NamedHost>();
  readonly #suffixes: readonly string[];
  #turn = 0;

  constructor(table: ReadonlyMap<string, NamedHost>, { namespace, domain }: LookupScope) {
    // What resolv.conf's search list appends to names that have too few dots to be taken as they are.
    this.#suffixes = [`.${namespace}.svc.${domain}`, `.svc.${domain}`, `.${domain}`];
    for (const [host, named] of table) this.#hosts.set(host.toLowerCase(), named);
    for (const [, named] of table) {
      if (named.shortName === undefined || named.namespace === undefined) continue;
      const inNamespace = `${named.shortName}.${named.namespace}`;
      const spellings = [inNamespace, `${inNamespace}.svc`];
      if (named.namespace === namespace) spellings.push(named.shortName);
      // A host that is called so itself is meant.
      for (const spelling of spellings) if (!this.#hosts.has(spelling)) this.#hosts.set(spelling, named);
    }
  }

  /** `name`: lower case, without the dot at the end. Undefined: the mesh does not know it. */
  find(name: string): DnsAnswer | undefined {
    const named = this.#named(name);
    if (named !== undefined) return { alias: undefined, addresses: this.#inTurn(named.addresses) };
    for (const suffix of this.#suffixes) {
      if (!name.endsWith(suffix)) continue;
      const host = name.slice(0, -suffix.length);
      const meant = this.#named(host);
      // Otherwise an upstream server would say that there is no such name, and the client would ask again and again.
      if (meant !== undefined) return { alias: host, addresses: this.#inTurn(meant.addresses) };
    }
    return undefined;
  }

  /** The host itself, else the closest wildcard above it. */
  #named(name: string): NamedHost | undefined {
    const exact = this.#hosts.get(name);
    if (exact !== undefined) return exact;
    for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
      const wildcard = this.#hosts.get(`*${name.slice(dot)}`);
      if (wildcard !== undefined) return wildcard;
    }
    return undefined;
  }

  /** Clients take the first: each answer begins with another. */
  #inTurn(addresses: readonly string[]): readonly string[] {
    if (addresses.length < 2) return addresses;
    this.#turn += 1;
    const first = this.#turn % addresses.length;
    return [...addresses.slice(first), ...addresses.slice(0, first)];
  }
}
