import type { ConfigOrigin } from '../../engine/values.ts';
import type { HttpChain, ListenerBind, OutboundChain, OutboundListener, TcpChain } from './model.ts';

/** Puts together what several services have on one address and port. */
export class ListenerSet {
  readonly #drafts = new Map<string, Draft>();

  /** The listener of that name, made for the first who asks. */
  at(name: string, make: () => Omit<OutboundListener, 'chains' | 'name'>): Draft {
    let draft = this.#drafts.get(name);
    if (draft === undefined) {
      draft = new Draft(name, make());
      this.#drafts.set(name, draft);
    }
    return draft;
  }

  get listeners(): OutboundListener[] {
    return [...this.#drafts.values()]
      .map((draft) => draft.listener)
      .filter(({ chains }) => chains.length > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/**
 * A listener while services join it. HTTP of all of them shares one chain; of TCP, what an older service takes a newer
 * one cannot have: Envoy refuses a listener on which two chains would take the same connection.
 */
class Draft {
  readonly #name: string;
  readonly #rest: Omit<OutboundListener, 'chains' | 'name'>;
  #http: HttpChain | undefined;
  readonly #tcp: TcpChain[] = [];
  readonly #taken = new Set<string>();

  constructor(name: string, rest: Omit<OutboundListener, 'chains' | 'name'>) {
    this.#name = name;
    this.#rest = rest;
  }

  add(chains: readonly OutboundChain[]): void {
    for (const chain of chains) {
      if (chain.kind === 'http') this.#http ??= chain;
      else this.#addTcp(chain);
    }
  }

  #addTcp(chain: TcpChain): void {
    const subnets = chain.subnets.length === 0 ? ['*'] : chain.subnets;
    const isFree = (name: string): boolean => subnets.every((subnet) => !this.#taken.has(`${subnet} ${name}`));
    const names = usableNames(chain.serverNames);
    const free = names.filter(isFree);
    // A chain for some names only must not become one for all.
    if (free.length === 0) return;
    for (const name of free) for (const subnet of subnets) this.#taken.add(`${subnet} ${name}`);
    this.#tcp.push({ ...chain, serverNames: free.filter((name) => name !== ANY_NAME) });
  }

  get listener(): OutboundListener {
    const chains = [...(this.#http === undefined ? [] : [this.#http]), ...this.#tcp];
    return { name: this.#name, ...this.#rest, chains };
  }
}

const ANY_NAME = '';

/** Envoy knows wildcards of whole labels only; `*` is any name. */
function usableNames(names: readonly string[]): string[] {
  if (names.length === 0 || names.includes('*')) return [ANY_NAME];
  const lower = names.map((name) => name.toLowerCase());
  return [...new Set(lower.filter((name) => !name.startsWith('*') || name.startsWith('*.')))];
}

export function addressListener(
  address: string,
  port: number,
  origin: ConfigOrigin,
  bindsToPort = false,
): Omit<OutboundListener, 'chains' | 'name'> {
  const bind: ListenerBind = { kind: 'address', address, port };
  const fallsThrough = !bindsToPort && (address === '0.0.0.0' || address === '::');
  return { bind, bindsToPort, fallsThrough, origin };
}
