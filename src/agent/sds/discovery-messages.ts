import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { eachField } from '../../ca/each-field.ts';

/**
 * The part of envoy/service/discovery/v3/discovery.proto that SDS needs, by hand: with the generated types an agent beside
 * every Envoy would take 20 MB more.
 */
export interface DiscoveryRequest {
  readonly names: readonly string[];
  readonly typeUrl: string;
  /** Empty in a stream's first request. */
  readonly nonce: string;
  /** Why Envoy refuses the last answer. */
  readonly error: string | undefined;
}

export interface DeltaRequest {
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initialVersions: ReadonlyMap<string, string>;
  readonly typeUrl: string;
  readonly nonce: string;
  readonly error: string | undefined;
}

export interface Resource {
  readonly name: string;
  readonly version: string;
  /** The encoded message. */
  readonly bytes: Uint8Array;
}

export interface DiscoveryResponse {
  readonly version: string;
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly Resource[];
}

export function decodeDiscoveryRequest(bytes: Uint8Array): DiscoveryRequest {
  const names: string[] = [];
  const request: { typeUrl: string; nonce: string; error: string | undefined } = {
    typeUrl: '',
    nonce: '',
    error: undefined,
  };
  eachField(bytes, (field, reader) => {
    if (field === 3) names.push(reader.string());
    else if (field === 4) request.typeUrl = reader.string();
    else if (field === 5) request.nonce = reader.string();
    else if (field === 6) request.error = readStatusMessage(reader.bytes());
    else return false;
    return true;
  });
  return { ...request, names };
}

export function encodeDiscoveryResponse({ version, typeUrl, nonce, resources }: DiscoveryResponse): Buffer {
  const writer = new BinaryWriter().tag(1, 2).string(version);
  for (const { bytes } of resources) writeAny(writer.tag(2, 2), typeUrl, bytes);
  return Buffer.from(writer.tag(4, 2).string(typeUrl).tag(5, 2).string(nonce).finish());
}

export function decodeDeltaRequest(bytes: Uint8Array): DeltaRequest {
  const subscribe: string[] = [];
  const unsubscribe: string[] = [];
  const initialVersions = new Map<string, string>();
  const request: { typeUrl: string; nonce: string; error: string | undefined } = {
    typeUrl: '',
    nonce: '',
    error: undefined,
  };
  eachField(bytes, (field, reader) => {
    if (field === 2) request.typeUrl = reader.string();
    else if (field === 3) subscribe.push(reader.string());
    else if (field === 4) unsubscribe.push(reader.string());
    else if (field === 5) readMapEntry(reader.bytes(), initialVersions);
    else if (field === 6) request.nonce = reader.string();
    else if (field === 7) request.error = readStatusMessage(reader.bytes());
    else return false;
    return true;
  });
  return { ...request, subscribe, unsubscribe, initialVersions };
}

export function encodeDeltaResponse({ version, typeUrl, nonce, resources }: DiscoveryResponse): Buffer {
  const writer = new BinaryWriter().tag(1, 2).string(version);
  for (const resource of resources) {
    writer.tag(2, 2).fork().tag(1, 2).string(resource.version);
    writeAny(writer.tag(2, 2), typeUrl, resource.bytes);
    writer.tag(3, 2).string(resource.name).join();
  }
  return Buffer.from(writer.tag(4, 2).string(typeUrl).tag(5, 2).string(nonce).finish());
}

function writeAny(writer: BinaryWriter, typeUrl: string, bytes: Uint8Array): void {
  writer.fork().tag(1, 2).string(typeUrl).tag(2, 2).bytes(bytes).join();
}

function readStatusMessage(bytes: Uint8Array): string {
  let message = 'refused without a reason';
  eachField(bytes, (field, reader) => {
    if (field !== 2) return false;
    message = reader.string();
    return true;
  });
  return message;
}

function readMapEntry(bytes: Uint8Array, into: Map<string, string>): void {
  let key = '';
  let value = '';
  eachField(bytes, (field, reader) => {
    if (field === 1) key = reader.string();
    else if (field === 2) value = reader.string();
    else return false;
    return true;
  });
  into.set(key, value);
}
