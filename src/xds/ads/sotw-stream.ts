import type { DiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import type { XdsResource } from '../resource.ts';
import { contentVersion } from './snapshot.ts';
import { XdsStream } from './stream.ts';

interface Subscription {
  /** Undefined: everything (the client has never named any). */
  names: ReadonlySet<string> | undefined;
  sentVersion: string | undefined;
  sent: readonly XdsResource[];
  nonce: string;
  isAwaited: boolean;
  repeats: number;
}

/** State of the world: every answer holds all resources of a type that the client has asked for. */
export class SotwStream extends XdsStream {
  readonly #subscriptions = new Map<string, Subscription>();

  receive(request: DiscoveryRequest): void {
    const { typeUrl, responseNonce, errorDetail } = request;
    const known = this.#subscriptions.get(typeUrl);
    if (known === undefined) {
      this.#subscriptions.set(typeUrl, {
        names: request.resourceNames.length === 0 ? undefined : new Set(request.resourceNames),
        sentVersion: undefined,
        sent: [],
        nonce: '',
        isAwaited: false,
        repeats: 0,
      });
      this.push(typeUrl);
      return;
    }
    // An answer to something older than what is on its way: the client will speak again, unless it wants nothing more.
    if (responseNonce !== known.nonce) {
      if (known.names === undefined || request.resourceNames.length > 0) return;
      known.names = new Set();
      known.isAwaited = false;
      this.answered();
      return;
    }
    const isAnswer = known.isAwaited;
    known.isAwaited = false;
    if (isAnswer || errorDetail !== undefined) this.taken(typeUrl, errorDetail?.message, known.sent);
    const isChanged = rename(known, request.resourceNames);
    // Asked again for what it has: a cluster that is being replaced waits for its endpoints anew.
    if (!isAnswer && !isChanged) this.#send(typeUrl, known, known.repeats + 1);
    else this.push(typeUrl);
    this.answered();
  }

  protected override push(typeUrl: string): void {
    const subscription = this.#subscriptions.get(typeUrl);
    if (subscription !== undefined) this.#send(typeUrl, subscription, undefined);
  }

  protected override isAwaited(typeUrl: string): boolean {
    return this.#subscriptions.get(typeUrl)?.isAwaited ?? false;
  }

  override types(): Iterable<string> {
    return this.#subscriptions.keys();
  }

  /** `repeat`: also when nothing has changed. */
  #send(typeUrl: string, subscription: Subscription, repeat: number | undefined): void {
    const { names } = subscription;
    // Who wants nothing of a type any more answers nothing that is said of it.
    if (names?.size === 0) return;
    const resources = [...this.snapshot.of(typeUrl).values()].filter(({ name }) => names?.has(name) ?? true);
    const version = contentVersion(resources);
    if (version === subscription.sentVersion && repeat === undefined) return;
    // Named resources of which none is here yet: the client goes on waiting.
    if (names !== undefined && resources.length === 0 && subscription.sentVersion === undefined) return;
    if (repeat !== undefined) subscription.repeats = repeat;
    const nonce = subscription.repeats === 0 ? version : `${version}.${subscription.repeats}`;
    Object.assign(subscription, { sentVersion: version, sent: resources, nonce, isAwaited: true });
    this.options.send(this.options.responses.stateOfTheWorld({ typeUrl, version, nonce, resources, removed: [] }));
  }
}

/** Whether the client wants others than before. A client that has named some and names none wants none. */
function rename(subscription: Subscription, resourceNames: readonly string[]): boolean {
  if (subscription.names === undefined && resourceNames.length === 0) return false;
  const names = new Set(resourceNames);
  const isSame =
    names.size === subscription.names?.size && resourceNames.every((name) => subscription.names?.has(name));
  subscription.names = names;
  return !isSame;
}
