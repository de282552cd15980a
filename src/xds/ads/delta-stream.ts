import type { DeltaDiscoveryRequest } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { CLUSTER, ENDPOINTS, type XdsResource } from '../resource.ts';
import { differenceOf } from './difference.ts';
import type { ResourcesByName } from './resources-by-name.ts';
import { contentVersion } from './snapshot.ts';
import { XdsStream } from './stream.ts';

interface Subscription {
  isWildcard: boolean;
  readonly names: Set<string>;
  /** What the client has, or is being sent, as far as it wants it: the snapshot's own, which a thousand clients share. */
  held: ResourcesByName;
  /** What it may have dropped of that. */
  readonly dropped: Set<string>;
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
    const { awaited, dropped, names } = subscription;
    const sent = awaited.get(responseNonce);
    if (sent !== undefined || errorDetail !== undefined) this.taken(typeUrl, errorDetail?.message, sent ?? []);
    awaited.delete(responseNonce);
    for (const name of request.resourceNamesSubscribe) {
      if (name === EVERYTHING) wantEverything(subscription);
      // The snapshot's own string: a thousand clients name the same thing.
      else names.add(this.snapshot.of(typeUrl).get(name)?.name ?? name);
      // "the server MUST send it, even if the client has it": it may have dropped it.
      if (!isFirst) dropped.add(name);
    }
    for (const name of request.resourceNamesUnsubscribe) {
      if (name === EVERYTHING) subscription.isWildcard = false;
      names.delete(name);
      dropped.delete(name);
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

  #subscription(request: DeltaDiscoveryRequest): Subscription {
    const { typeUrl, resourceNamesSubscribe } = request;
    let subscription = this.#subscriptions.get(typeUrl);
    if (subscription === undefined) {
      subscription = {
        isWildcard: resourceNamesSubscribe.length === 0,
        names: new Set(),
        held: broughtAlong(request),
        dropped: new Set(),
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
    const { held, dropped, awaited } = subscription;
    const available = this.snapshot.of(typeUrl);
    const difference = differenceOf(held, available);
    const changed = difference.changed.filter(({ name }) => wants(subscription, name));
    if (dropped.size > 0) {
      const isSent = new Set(changed);
      for (const name of dropped) {
        const resource = available.get(name);
        if (resource !== undefined && !isSent.has(resource)) changed.push(resource);
      }
      dropped.clear();
    }
    const removed = new Set(asked.filter((name) => name !== EVERYTHING && !available.has(name)));
    for (const name of difference.removed) if (wants(subscription, name)) removed.add(name);
    subscription.held = available;
    if (changed.length === 0 && removed.size === 0 && !isOwed) return;

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
    const { held, dropped } = subscription;
    for (const { name } of clusters) if (wants(subscription, name) && held.has(name)) dropped.add(name);
    if (dropped.size > 0) this.#send(ENDPOINTS, subscription, []);
  }

  /** Made from the content, so that clients can share the message; told apart only where a stream repeats itself. */
  #nonce(version: string, awaited: ReadonlyMap<string, unknown>): string {
    if (!awaited.has(version)) return version;
    this.#messages++;
    return `${version}.${this.#messages}`;
  }
}

function wants({ isWildcard, names }: Subscription, name: string): boolean {
  return isWildcard || names.has(name);
}

/** What it has then is what it has named before. */
function wantEverything(subscription: Subscription): void {
  if (subscription.isWildcard) return;
  const { held, names } = subscription;
  const named = [...names].flatMap((name) => held.get(name) ?? []);
  subscription.held = new Map(named.map((resource) => [resource.name, resource]));
  subscription.isWildcard = true;
}

/** Of an earlier stream. */
function broughtAlong({ typeUrl, initialResourceVersions }: DeltaDiscoveryRequest): ResourcesByName {
  const held = new Map<string, XdsResource>();
  for (const [name, version] of Object.entries(initialResourceVersions)) {
    held.set(name, { typeUrl, name, version, bytes: NO_BYTES, origin: undefined });
  }
  return held;
}

const NO_BYTES = new Uint8Array();
