import type { DeltaDiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CLUSTER, ENDPOINTS, type XdsResource } from '../resource.ts';
import { contentVersion } from './snapshot.ts';
import { XdsStream } from './stream.ts';

interface Subscription {
  isWildcard: boolean;
  readonly names: Set<string>;
  /** Version of each resource that the client has, or is being sent. */
  readonly held: Map<string, string>;
  /** What each unanswered message carried, by nonce. */
  readonly awaited: Map<string, readonly XdsResource[]>;
}

const EVERYTHING = '*';

/** Incremental: only what the client does not have, and the names of what is gone. */
export class DeltaStream extends XdsStream {
  readonly #subscriptions = new Map<string, Subscription>();
  #messages = 0;

  receive(request: DeltaDiscoveryRequest): void {
    const { typeUrl, responseNonce, errorDetail } = request;
    const isFirst = !this.#subscriptions.has(typeUrl);
    const subscription = this.#subscription(request);
    const { awaited, held, names } = subscription;
    const sent = awaited.get(responseNonce);
    if (sent !== undefined || errorDetail !== undefined) this.taken(typeUrl, errorDetail?.message, sent ?? []);
    awaited.delete(responseNonce);
    for (const name of request.resourceNamesSubscribe) {
      if (name === EVERYTHING) subscription.isWildcard = true;
      // The snapshot's own string: a thousand clients name the same thing.
      else names.add(this.snapshot.of(typeUrl).get(name)?.name ?? name);
      // "the server MUST send it, even if the client has it": it may have dropped it.
      held.delete(name);
    }
    for (const name of request.resourceNamesUnsubscribe) {
      if (name === EVERYTHING) subscription.isWildcard = false;
      names.delete(name);
      held.delete(name);
    }
    this.#send(typeUrl, subscription, request.resourceNamesSubscribe, isFirst && subscription.isWildcard);
    this.answered();
  }

  protected override push(typeUrl: string): void {
    const subscription = this.#subscriptions.get(typeUrl);
    if (subscription !== undefined) this.#send(typeUrl, subscription, []);
  }

  protected override isAwaited(typeUrl: string): boolean {
    return (this.#subscriptions.get(typeUrl)?.awaited.size ?? 0) > 0;
  }

  override types(): Iterable<string> {
    return this.#subscriptions.keys();
  }

  #subscription({ typeUrl, resourceNamesSubscribe, initialResourceVersions }: DeltaDiscoveryRequest): Subscription {
    let subscription = this.#subscriptions.get(typeUrl);
    if (subscription === undefined) {
      subscription = {
        isWildcard: resourceNamesSubscribe.length === 0,
        names: new Set(),
        held: new Map(Object.entries(initialResourceVersions)),
        awaited: new Map(),
      };
      this.#subscriptions.set(typeUrl, subscription);
    }
    return subscription;
  }

  /**
   * `asked`: names that are owed an answer even when there is no such resource. `isOwed`: a client that wants
   * everything waits until it hears that there is nothing.
   */
  #send(typeUrl: string, subscription: Subscription, asked: readonly string[], isOwed = false): void {
    const { isWildcard, names, held, awaited } = subscription;
    const available = this.snapshot.of(typeUrl);
    const changed: XdsResource[] = [];
    for (const resource of available.values()) {
      const { name, version } = resource;
      if ((isWildcard || names.has(name)) && held.get(name) !== version) changed.push(resource);
    }
    const removed = new Set(asked.filter((name) => name !== EVERYTHING && !available.has(name)));
    for (const name of held.keys()) if (!available.has(name)) removed.add(name);
    if (changed.length === 0 && removed.size === 0 && !isOwed) return;
    for (const { name, version } of changed) held.set(name, version);
    for (const name of removed) held.delete(name);

    const version = contentVersion(changed);
    const nonce = this.#nonce(version, awaited);
    awaited.set(nonce, changed);
    this.options.send(
      this.options.responses.delta({ typeUrl, version, nonce, resources: changed, removed: [...removed] }),
    );
    if (typeUrl === CLUSTER) this.#repeatEndpoints(changed);
  }

  /**
   * A cluster that is replaced waits for its endpoints anew, but Envoy does not ask for what it has subscribed to
   * already: without this it would wait forever, and the old one would go on.
   */
  #repeatEndpoints(clusters: readonly XdsResource[]): void {
    const subscription = this.#subscriptions.get(ENDPOINTS);
    if (subscription === undefined) return;
    let isOwed = false;
    for (const { name } of clusters) isOwed = subscription.held.delete(name) || isOwed;
    if (isOwed) this.#send(ENDPOINTS, subscription, []);
  }

  /** Made from the content, so that clients can share the message; told apart only where a stream repeats itself. */
  #nonce(version: string, awaited: ReadonlyMap<string, unknown>): string {
    if (!awaited.has(version)) return version;
    this.#messages++;
    return `${version}.${this.#messages}`;
  }
}
