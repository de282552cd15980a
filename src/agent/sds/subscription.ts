import type { DiscoveryResponse, Resource } from './discovery-messages.ts';

export interface SubscriptionOptions {
  readonly isDelta: boolean;
  readonly find: (name: string) => Resource | undefined;
  readonly send: (response: DiscoveryResponse) => void;
  /** Envoy has taken, or refused, versions. */
  readonly onAnswer: (error: string | undefined) => void;
}

/** What one stream of an Envoy wants, has been sent and has taken. The same for both forms of the protocol. */
export class Subscription {
  readonly #options: SubscriptionOptions;
  readonly #wanted = new Set<string>();
  readonly #sent = new Map<string, string>();
  readonly #acked = new Map<string, string>();
  #typeUrl = '';
  #lastNonce = 0;
  #inFlight: { readonly nonce: string; readonly versions: ReadonlyMap<string, string> } | undefined;

  constructor(options: SubscriptionOptions) {
    this.#options = options;
  }

  get wanted(): ReadonlySet<string> {
    return this.#wanted;
  }

  ackedVersion(name: string): string | undefined {
    return this.#acked.get(name);
  }

  /** State of the world: the names are all that is wanted. An answer to an older response still changes the names. */
  want(names: readonly string[], typeUrl: string): void {
    this.#typeUrl = typeUrl;
    for (const name of this.#wanted) if (!names.includes(name)) this.unsubscribe(name);
    for (const name of names) this.#wanted.add(name);
  }

  /** Delta: one more name. A client that comes back says which version it has. Asking again means: send again. */
  subscribe(name: string, typeUrl: string, hasVersion: string | undefined): void {
    this.#typeUrl = typeUrl;
    this.#wanted.add(name);
    this.#sent.delete(name);
    if (hasVersion === undefined) return;
    this.#sent.set(name, hasVersion);
    this.#acked.set(name, hasVersion);
  }

  unsubscribe(name: string): void {
    this.#wanted.delete(name);
    this.#sent.delete(name);
    this.#acked.delete(name);
  }

  answer(nonce: string, error: string | undefined): void {
    if (this.#inFlight === undefined || this.#inFlight.nonce !== nonce) return;
    if (error === undefined) {
      for (const [name, version] of this.#inFlight.versions) if (this.#wanted.has(name)) this.#acked.set(name, version);
    }
    this.#inFlight = undefined;
    this.#options.onAnswer(error);
  }

  /** Sends what is new; what Envoy has refused is not sent again until it changes. */
  push(): void {
    const all = [...this.#wanted].map(this.#options.find).filter((resource) => resource !== undefined);
    const fresh = all.filter(({ name, version }) => this.#sent.get(name) !== version);
    if (fresh.length === 0) return;
    const resources = this.#options.isDelta ? fresh : all;
    for (const { name, version } of resources) this.#sent.set(name, version);
    this.#lastNonce += 1;
    const nonce = String(this.#lastNonce);
    this.#inFlight = { nonce, versions: new Map(resources.map(({ name, version }) => [name, version])) };
    this.#options.send({ version: nonce, typeUrl: this.#typeUrl, nonce, resources });
  }
}
