import { CLUSTER, ENDPOINTS, PUSH_ORDER, type XdsResource } from '../resource.ts';
import { type Rejection, rejection } from './rejection.ts';
import type { Responses } from './responses.ts';
import { XdsSnapshot } from './snapshot.ts';

export interface StreamEvents {
  readonly rejected?: (rejection: Rejection) => void;
  /** Everything of the snapshot that the client asks for has been answered for. */
  readonly settled?: (client: string, snapshot: XdsSnapshot) => void;
}

/** What a stream needs of its transport. */
export interface StreamOptions {
  readonly send: (bytes: Uint8Array) => void;
  /** The client has answered everything that it was sent. */
  readonly idle: () => void;
  readonly responses: Responses;
  readonly events: StreamEvents;
}

/** How a client stands to what it should have of one type. */
export interface TypeStatus {
  readonly typeUrl: string;
  /** `stale`: sent and not answered, or not sent yet because an answer is missing. */
  readonly state: 'synced' | 'stale' | 'refused';
  /** Of `refused`: what the client said, and what of. */
  readonly rejection?: Rejection;
}

const EMPTY = new XdsSnapshot([]);

/**
 * One client's stream, apart from how its protocol words things. A new snapshot comes in two steps: first what is
 * new, in an order in which nothing points into the void; what is gone only after the client has taken that. What is
 * newer still waits until the client has answered, and passes over what lies between.
 */
export abstract class XdsStream {
  readonly client: string;
  protected snapshot: XdsSnapshot;
  protected readonly options: StreamOptions;
  readonly #refusals = new Map<string, Rejection>();
  #target: XdsSnapshot;
  /** The target whose new resources have been sent, so that old ones can go. */
  #introduced: XdsSnapshot;

  /** `client`: its node id. Without a snapshot it waits for one. */
  constructor(options: StreamOptions, client: string, snapshot: XdsSnapshot = EMPTY) {
    this.options = options;
    this.client = client;
    this.snapshot = snapshot;
    this.#target = snapshot;
    this.#introduced = snapshot;
  }

  /** Of this type something was sent which has not been answered. */
  protected abstract isAwaited(typeUrl: string): boolean;
  /** Sends what of this type the client wants and does not have. */
  protected abstract push(typeUrl: string): void;
  abstract types(): Iterable<string>;

  get isBusy(): boolean {
    for (const typeUrl of this.types()) if (this.isAwaited(typeUrl)) return true;
    return false;
  }

  get statuses(): readonly TypeStatus[] {
    return [...this.types()].map((typeUrl): TypeStatus => {
      const rejection = this.#refusals.get(typeUrl);
      if (rejection !== undefined) return { typeUrl, state: 'refused', rejection };
      const isStale = this.isAwaited(typeUrl) || this.snapshot.of(typeUrl) !== this.#target.of(typeUrl);
      return { typeUrl, state: isStale ? 'stale' : 'synced' };
    });
  }

  apply(target: XdsSnapshot): void {
    this.#target = target;
    if (!this.isBusy) this.#advance();
  }

  /** To be called when the client has taken or refused what it was sent of a type. */
  protected taken(typeUrl: string, error: string | undefined, sent: readonly XdsResource[]): void {
    if (error === undefined) {
      this.#refusals.delete(typeUrl);
      return;
    }
    const refusal = rejection(this.client, typeUrl, error, sent);
    this.#refusals.set(typeUrl, refusal);
    this.options.events.rejected?.(refusal);
  }

  /** To be called whenever the client has answered. */
  protected answered(): void {
    if (this.isBusy) return;
    if (this.snapshot !== this.#target) {
      this.#advance();
      return;
    }
    this.options.idle();
    this.options.events.settled?.(this.client, this.snapshot);
  }

  #advance(): void {
    const before = this.snapshot;
    const isIntroduced = this.#introduced === this.#target;
    this.snapshot = isIntroduced ? this.#target : this.#target.keeping(before, [CLUSTER, ENDPOINTS]);
    this.#introduced = this.#target;
    const subscribed = new Set(this.types());
    const inOrder = [...PUSH_ORDER, ...[...subscribed].filter((typeUrl) => !PUSH_ORDER.includes(typeUrl))];
    for (const typeUrl of inOrder) {
      if (subscribed.has(typeUrl) && before.of(typeUrl) !== this.snapshot.of(typeUrl)) this.push(typeUrl);
    }
    this.answered();
  }
}
