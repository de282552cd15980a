import type { Node } from '../gen/envoy/config/core/v3/base_pb.ts';
import { CLUSTER, ENDPOINTS, PUSH_ORDER } from '../resource.ts';
import type { Rejection } from './rejection.ts';
import { XdsSnapshot } from './snapshot.ts';

export interface StreamEvents {
  readonly rejected?: (rejection: Rejection) => void;
  /** Everything of the snapshot that the client asks for has been answered for. */
  readonly settled?: (client: string, snapshot: XdsSnapshot) => void;
}

/** What a stream needs of its transport. */
export interface StreamOptions {
  readonly send: (bytes: Uint8Array) => void;
  /** Called once, when the client has said who it is. */
  readonly identified: (node: Node) => XdsSnapshot | undefined;
  readonly events: StreamEvents;
}

const EMPTY = new XdsSnapshot([]);

/**
 * One client's stream, apart from how its protocol words things. A new snapshot comes in two steps: first what is
 * new, in an order in which nothing points into the void; what is gone only after the client has taken that.
 */
export abstract class XdsStream {
  client = '';
  protected snapshot = EMPTY;
  protected readonly options: StreamOptions;
  #target: XdsSnapshot | undefined;
  #isIdentified = false;

  constructor(options: StreamOptions) {
    this.options = options;
  }

  /** Types that were sent something which has not been answered. */
  protected abstract isAwaited(): boolean;
  /** Sends what of this type the client wants and does not have. */
  protected abstract push(typeUrl: string): void;
  protected abstract types(): Iterable<string>;

  apply(target: XdsSnapshot): void {
    this.#target = target;
    this.#advance(target.keeping(this.snapshot, [CLUSTER, ENDPOINTS]));
  }

  protected identify(node: Node | undefined): void {
    if (this.#isIdentified || node === undefined) return;
    this.#isIdentified = true;
    this.client = node.id;
    const snapshot = this.options.identified(node);
    if (snapshot === undefined) return;
    this.snapshot = snapshot;
    this.#target = snapshot;
  }

  /** To be called whenever the client has answered. */
  protected answered(): void {
    if (this.isAwaited() || this.#target === undefined) return;
    if (this.snapshot !== this.#target) this.#advance(this.#target);
    else this.options.events.settled?.(this.client, this.snapshot);
  }

  #advance(snapshot: XdsSnapshot): void {
    this.snapshot = snapshot;
    const subscribed = new Set(this.types());
    for (const typeUrl of PUSH_ORDER) if (subscribed.has(typeUrl)) this.push(typeUrl);
    this.answered();
  }
}
