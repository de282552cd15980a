import { BinaryWriter } from '@bufbuild/protobuf/wire';
import type { XdsResource } from '../resource.ts';

/** What a message to a client is made of; equal contents have equal nonces, so that clients can share the bytes. */
export interface ResponseContent {
  readonly typeUrl: string;
  readonly version: string;
  readonly nonce: string;
  readonly resources: readonly XdsResource[];
  /** Only in the incremental protocol. */
  readonly removed: readonly string[];
}

/** Enough for the answers of one change to most groups of clients, and nothing beside the resources themselves. */
const MAX_CACHED_BYTES = 32 * 1024 * 1024;

/** Messages, made for the first client that needs one; the same bytes for others that need it soon after. */
export class Responses {
  readonly #cached = new Map<string, Uint8Array>();
  #cachedBytes = 0;
  /** How many were made, for who wants to know whether they are shared. */
  made = 0;

  stateOfTheWorld(content: ResponseContent): Uint8Array {
    return this.#cachedOr(`sotw ${content.typeUrl} ${content.nonce}`, () => encodeDiscoveryResponse(content));
  }

  delta(content: ResponseContent): Uint8Array {
    const { typeUrl, nonce, removed } = content;
    return this.#cachedOr(`delta ${typeUrl} ${nonce} ${removed.join(' ')}`, () => encodeDeltaResponse(content));
  }

  #cachedOr(key: string, encode: () => Uint8Array): Uint8Array {
    const known = this.#cached.get(key);
    if (known !== undefined) return known;
    const bytes = encode();
    this.made += 1;
    this.#cached.set(key, bytes);
    this.#cachedBytes += bytes.length;
    for (const [oldest, { length }] of this.#cached) {
      if (this.#cachedBytes <= MAX_CACHED_BYTES) break;
      this.#cached.delete(oldest);
      this.#cachedBytes -= length;
    }
    return bytes;
  }
}

const LENGTH_DELIMITED = 2;

/** envoy.service.discovery.v3.DiscoveryResponse. By hand: resources are bytes already, and there are very many. */
function encodeDiscoveryResponse({ typeUrl, version, nonce, resources }: ResponseContent): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, LENGTH_DELIMITED).string(version);
  for (const { bytes } of resources) writeAny(writer.tag(2, LENGTH_DELIMITED), typeUrl, bytes);
  return writer.tag(4, LENGTH_DELIMITED).string(typeUrl).tag(5, LENGTH_DELIMITED).string(nonce).finish();
}

/** envoy.service.discovery.v3.DeltaDiscoveryResponse. */
function encodeDeltaResponse({ typeUrl, version, nonce, resources, removed }: ResponseContent): Uint8Array {
  const writer = new BinaryWriter();
  writer.tag(1, LENGTH_DELIMITED).string(version);
  for (const resource of resources) {
    writer.tag(2, LENGTH_DELIMITED).fork();
    writer.tag(1, LENGTH_DELIMITED).string(resource.version);
    writeAny(writer.tag(2, LENGTH_DELIMITED), typeUrl, resource.bytes);
    writer.tag(3, LENGTH_DELIMITED).string(resource.name).join();
  }
  writer.tag(4, LENGTH_DELIMITED).string(typeUrl).tag(5, LENGTH_DELIMITED).string(nonce);
  for (const name of removed) writer.tag(6, LENGTH_DELIMITED).string(name);
  return writer.finish();
}

function writeAny(writer: BinaryWriter, typeUrl: string, bytes: Uint8Array): void {
  writer.fork().tag(1, LENGTH_DELIMITED).string(typeUrl).tag(2, LENGTH_DELIMITED).bytes(bytes).join();
}
